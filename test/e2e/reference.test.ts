/** The reference page in a browser: what is described there can be tried there. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findBrowser, noBrowser, startBrowser } from "../support/browser.ts";
import { newDomain, stack } from "./service.ts";

/** `PICTURE=docs/pictures/reference.png` keeps a picture of the page. */
const { CI, PICTURE } = process.env;

const hasBrowser = findBrowser() !== undefined;

describe("the server of the reference page", () => {
  it("passes the API's answers on as they are", async () => {
    const answer = await fetch(`${stack.reference}/secret/v1/secret/get`, { method: "POST", body: "{}" });
    const direct = await fetch(`${stack.api}/secret/v1/secret/get`, { method: "POST", body: "{}" });

    expect([answer.status, await answer.json()]).toEqual([direct.status, await direct.json()]);
    expect(answer.status).toBe(401);
  });

  it.each(["localhost", "evil.example:80"])("refuses requests for the host %j", async (host) => {
    // By another name for this address, somebody else's page would be of the same origin, and get tokens.
    const asked = request(`${stack.reference}/token`, { method: "POST", headers: { host } }).end();

    const [answer]: [IncomingMessage] = (await once(asked, "response")) as never;

    answer.resume();
    expect(answer.statusCode).toBe(421);
  });

  it("lets the page load nothing from elsewhere, and nobody frame it", async () => {
    const { headers } = await fetch(stack.reference);

    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self';");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

// A machine that must have one fails without.
describe.skipIf(!hasBrowser && CI === undefined)(`the reference page${hasBrowser ? "" : ` (${noBrowser})`}`, () => {
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let foreign: string[];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => await browser.close());

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    complaints = [];
    foreign = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== stack.reference && !request.url().startsWith("data:"))
        foreign.push(request.url());
    });
    await page.goto(stack.reference);
  });

  /** Opens an operation, and sends a request from there. */
  async function execute(
    operationId: string,
    change: (message: Record<string, unknown>) => object,
  ): Promise<{ status: string; body: unknown }> {
    const operation = page.locator(`[id$="-${operationId}"].opblock`);
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    const editor = operation.locator("textarea.body-param__text");
    await editor.fill(JSON.stringify(change(JSON.parse(await editor.inputValue())), null, 2));
    await operation.getByRole("button", { name: "Execute" }).click();
    const answer = operation.locator(".live-responses-table .response");
    const status = await answer.locator(".response-col_status").innerText();
    return {
      status: status.trim().slice(0, 3),
      body: JSON.parse(await answer.locator(".highlight-code code").first().innerText()),
    };
  }

  /** Of all down to the answer's body. */
  async function picture(): Promise<Uint8Array> {
    const { y = 0, height = 0 } =
      (await page.locator(".live-responses-table .highlight-code").first().boundingBox()) ?? {};
    const scrolled = Number(await page.evaluate("scrollY"));
    await page.evaluate("scrollTo(0, 0)");
    return await page.screenshot({
      fullPage: true,
      clip: { x: 0, y: 0, width: 1280, height: scrolled + y + height },
    });
  }

  /** Waits until requests carry a token for the domain. */
  async function authorized(domainId: string): Promise<void> {
    await page.locator("#token-note", { hasText: `a token for ${domainId} with secret:read` }).waitFor();
  }

  it("sends what it shows, for the domain that is chosen", async () => {
    const domain = PICTURE === undefined ? newDomain() : "domain-1";
    await authorized("domain-sample");
    await page.getByLabel("Domain").fill(domain);
    await page.getByRole("button", { name: "Use a token" }).click();
    await authorized(domain);

    const created = await execute("createSecret", (message) => message);
    if (PICTURE !== undefined) writeFileSync(PICTURE, await picture());
    const { secret_id } = created.body as { secret_id: string };
    const read = await execute("getSecretData", () => ({ secret_id }));

    expect(created).toEqual({
      status: "200",
      body: expect.objectContaining({ secret_id: expect.stringMatching(/^secret-/), domain_id: domain }),
    });
    expect(read).toEqual({
      status: "200",
      body: expect.objectContaining({ data: { user: "ada", password: "s3cr3t" }, version: 1 }),
    });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  it("reads the sample secret with the token that it begins with", async () => {
    await authorized("domain-sample");

    const read = await execute("getSecret", (message) => message);

    expect(read).toMatchObject({ status: "200", body: { name: "sample", domain_id: "domain-sample" } });
    expect(complaints).toEqual([]);
  });
});
