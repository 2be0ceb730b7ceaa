/** The reference page in a browser: what is described there can be tried there. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { findBrowser, noBrowser, startBrowser } from "../support/browser.ts";
import { newDomain, stack } from "./service.ts";

/** `PICTURE=docs/pictures/reference.png` keeps a picture of the page. */
const { CI, PICTURE } = process.env;

const hasBrowser = findBrowser() !== undefined;

// On a busy machine, each function that a page calls first starts slowly.
vi.setConfig({ testTimeout: 240_000 });

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
    page.setDefaultTimeout(60_000);
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

  /** Opens an operation where it is not open, and sends its example, or what is made of it, from there. */
  async function execute(
    operationId: string,
    change?: (message: Record<string, unknown>) => object,
  ): Promise<{ status: number; sent: Record<string, unknown>; body: unknown }> {
    const operation = page.locator(`[id$="-${operationId}"].opblock`);
    const editor = operation.locator("textarea.body-param__text");
    if (!(await editor.isVisible())) await operation.locator(".opblock-summary-control").click();
    const example: Record<string, unknown> = JSON.parse(await editor.inputValue());
    if (change !== undefined) await editor.fill(JSON.stringify(change(example), null, 2));
    const sent: Record<string, unknown> = JSON.parse(await editor.inputValue());
    const answered = page.waitForResponse(
      (response) => response.request().postData() === JSON.stringify(sent, null, 2),
    );
    await operation.getByRole("button", { name: "Execute" }).click();
    const response = await answered;
    const answer = operation.locator(".live-responses-table .response", {
      hasText: (await response.headerValue("x-request-id")) ?? "",
    });
    const body = await answer.locator(".highlight-code code").first().innerText();
    return { status: response.status(), sent, body: JSON.parse(body) };
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

    const created = await execute("createSecret");
    if (PICTURE !== undefined) writeFileSync(PICTURE, await picture());
    const { secret_id } = created.body as { secret_id: string };
    const read = await execute("getSecretData", () => ({ secret_id }));

    expect(created).toMatchObject({
      status: 200,
      body: expect.objectContaining({ secret_id: expect.stringMatching(/^secret-/), domain_id: domain }),
    });
    expect(read).toMatchObject({
      status: 200,
      body: expect.objectContaining({ data: { user: "ada", password: "s3cr3t" }, version: 1 }),
    });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  it("has examples that work again and again, in any order", async () => {
    const domain = newDomain();
    await authorized("domain-sample");
    await page.getByLabel("Domain").fill(domain);
    await page.getByRole("button", { name: "Use a token" }).click();
    await authorized(domain);
    const order = ["delete", "create", "create", "update", "delete", "update"].map((verb) => `${verb}Secret`);

    const outcomes = [];
    for (const operation of order) outcomes.push(await execute(operation));

    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 200));
    const [, first, second, update, deleted, last] = outcomes;
    expect(first?.sent["name"]).not.toBe(second?.sent["name"]);
    const { secret_id }: { readonly secret_id?: unknown } = Object(second?.body);
    expect([update, deleted].map((each) => each?.sent["secret_id"])).toEqual([secret_id, secret_id]);
    expect(last?.sent["secret_id"]).not.toBe(secret_id);
    expect(complaints).toEqual([]);
  });

  it("keeps what is being edited, apart from the id that changes", async () => {
    await authorized("domain-sample");
    const edited = page.locator('[id$="-updateSecret"].opblock textarea.body-param__text');
    await execute("updateSecret", ({ secret_id }) => ({ secret_id, tags: { mine: true } }));

    const { body } = await execute("createSecret");

    const { secret_id } = body as { secret_id: string };
    expect(JSON.parse(await edited.inputValue())).toEqual({ secret_id, tags: { mine: true } });
    await expect.poll(async () => await page.locator("#secret-id").innerText()).toBe(secret_id);
  });

  it.each(["light", "dark"] as const)("fits on a phone, in its %s theme", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await authorized("domain-sample");
    await execute("listSecrets");

    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.swagger-ui')).backgroundColor")).toBe(
      colorScheme === "dark" ? "rgb(28, 32, 34)" : "rgba(0, 0, 0, 0)",
    );
    const heights = await page
      .locator("header input, header button, .opblock-summary, .execute, textarea")
      .evaluateAll((targets) => targets.map((target) => target.getBoundingClientRect().height));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  });
});
