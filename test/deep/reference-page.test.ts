/** Longer use of the reference page in a browser, and on a phone. Basic use: test/e2e/reference.test.ts. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findBrowser, noBrowser, startBrowser } from "../support/browser.ts";
import { openReference } from "../support/reference-page.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

const hasBrowser = findBrowser() !== undefined;

// On a busy machine, each function starts slowly when the page first calls it.
vi.setConfig({ testTimeout: 240_000 });

// In CI, a missing browser is a failure.
describe.skipIf(!hasBrowser && process.env["CI"] === undefined)(
  `the reference page${hasBrowser ? "" : ` (${noBrowser})`}`,
  () => {
    let browser: Browser;
    let stack: TestStack;

    beforeAll(async () => {
      [browser, stack] = await Promise.all([startBrowser(), startTestStack()]);
    });
    afterAll(async () => {
      await Promise.all([browser.close(), stack.close()]);
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
  },
);
