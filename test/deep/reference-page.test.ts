/** The reference page in a browser, and on a phone. */

import { writeFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findBrowser, noBrowser, startBrowser } from "../support/browser.ts";
import { openReference } from "../support/reference-page.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

/** `PICTURE=docs/pictures/reference.png` saves a picture of the page. */
const { CI, PICTURE } = process.env;

const hasBrowser = findBrowser() !== undefined;

// On a busy machine, each function starts slowly when the page first calls it.
vi.setConfig({ testTimeout: 240_000 });

// In CI, a missing browser is a failure.
describe.skipIf(!hasBrowser && CI === undefined)(`the reference page${hasBrowser ? "" : ` (${noBrowser})`}`, () => {
  let browser: Browser;
  let stack: TestStack;

  beforeAll(async () => {
    [browser, stack] = await Promise.all([startBrowser(), startTestStack()]);
  });
  afterAll(async () => {
    await Promise.all([browser.close(), stack.close()]);
  });

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
    const { page, complaints, foreign, authorize, execute } = await openReference(browser, stack.description.reference);
    await authorize("domain-1");

    const created = await execute("createSecret");
    if (PICTURE !== undefined) writeFileSync(PICTURE, await picture(page));
    const { secret_id } = created.body as { secret_id: string };
    const read = await execute("getSecretData", () => ({ secret_id }));

    expect(created).toMatchObject({
      status: 200,
      body: expect.objectContaining({ secret_id: expect.stringMatching(/^secret-/), domain_id: "domain-1" }),
    });
    expect(read).toMatchObject({
      status: 200,
      body: expect.objectContaining({ data: { user: "ada", password: "s3cr3t" }, version: 1 }),
    });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  it("has examples that work again and again, in any order", async () => {
    const { complaints, authorize, execute } = await openReference(browser, stack.description.reference);
    await authorize("domain-1");
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

  it("keeps an edited request, except for the id", async () => {
    const { page, authorized, execute } = await openReference(browser, stack.description.reference);
    await authorized("domain-sample");
    const edited = page.locator('[id$="-updateSecret"].opblock textarea.body-param__text');
    await execute("updateSecret", ({ secret_id }) => ({ secret_id, tags: { mine: true } }));

    const { body } = await execute("createSecret");

    const { secret_id } = body as { secret_id: string };
    expect(JSON.parse(await edited.inputValue())).toEqual({ secret_id, tags: { mine: true } });
    await expect.poll(async () => await page.locator("#secret-id").innerText()).toBe(secret_id);
  });

  it.each(["light", "dark"] as const)("fits on a phone, in its %s theme", async (colorScheme) => {
    const { page, authorized, execute } = await openReference(browser, stack.description.reference);
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
