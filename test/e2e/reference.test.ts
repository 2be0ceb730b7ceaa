/** The reference page in a browser: its requests can be sent. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findBrowser, noBrowser, startBrowser } from "../support/browser.ts";
import { openReference } from "../support/reference-page.ts";
import { newDomain, stack } from "./service.ts";

/** `PICTURE=docs/pictures/reference.png` saves a picture of the page. */
const { CI, PICTURE } = process.env;

const hasBrowser = findBrowser() !== undefined;

// On a busy machine, each function starts slowly when the page first calls it.
vi.setConfig({ testTimeout: 240_000 });

describe("the server of the reference page", () => {
  it("passes the API's answers on unchanged", async () => {
    const answer = await fetch(`${stack.reference}/secret/v1/secret/get`, { method: "POST", body: "{}" });
    const direct = await fetch(`${stack.api}/secret/v1/secret/get`, { method: "POST", body: "{}" });

    expect([answer.status, await answer.json()]).toEqual([direct.status, await direct.json()]);
    expect(answer.status).toBe(401);
  });

  it.each(["localhost", "evil.example:80"])("refuses requests for the host %j", async (host) => {
    // Under another host name for this address, a foreign page would be of the same origin, and could get tokens.
    const asked = request(`${stack.reference}/token`, { method: "POST", headers: { host } }).end();

    const [answer]: [IncomingMessage] = (await once(asked, "response")) as never;

    answer.resume();
    expect(answer.statusCode).toBe(421);
  });

  it("lets the page load nothing from other hosts, and lets nobody frame it", async () => {
    const { headers } = await fetch(stack.reference);

    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self';");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

// In CI, a missing browser is a failure.
describe.skipIf(!hasBrowser && CI === undefined)(`the reference page${hasBrowser ? "" : ` (${noBrowser})`}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => await browser.close());

  /** Down to the answer's body. */
  async function picture(page: Page): Promise<Uint8Array> {
    const { y = 0, height = 0 } =
      (await page.locator(".live-responses-table .highlight-code").first().boundingBox()) ?? {};
    const scrolled = Number(await page.evaluate("scrollY"));
    await page.evaluate("scrollTo(0, 0)");
    return await page.screenshot({
      fullPage: true,
      clip: { x: 0, y: 0, width: 1280, height: scrolled + y + height },
    });
  }

  it("sends the shown request for the chosen domain", async () => {
    const domain = PICTURE === undefined ? newDomain() : "domain-1";
    const { page, complaints, foreign, authorize, execute } = await openReference(browser, stack.reference);
    await authorize(domain);

    const created = await execute("createSecret");
    if (PICTURE !== undefined) writeFileSync(PICTURE, await picture(page));
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
});
