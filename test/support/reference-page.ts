/** The reference page of a stack, opened in a browser. */

import type { Browser, Page } from "playwright-core";

export interface Executed {
  readonly status: number;
  readonly sent: Record<string, unknown>;
  readonly body: unknown;
}

export interface ReferencePage {
  readonly page: Page;
  /** Errors and warnings in the page's console. */
  readonly complaints: readonly string[];
  /** Requested URLs of other origins. */
  readonly foreign: readonly string[];
  /** Opens an operation if needed, and sends its example, or the changed example. */
  execute(operationId: string, change?: (message: Record<string, unknown>) => object): Promise<Executed>;
  /** Waits until requests carry a token for the domain. */
  authorized(domainId: string): Promise<void>;
  /** Requests a token for the domain, and waits until requests carry it. */
  authorize(domainId: string): Promise<void>;
}

export async function openReference(browser: Browser, url: string): Promise<ReferencePage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== url && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  await page.goto(url);
  const authorized: ReferencePage["authorized"] = async (domainId) =>
    await page.locator("#token-note", { hasText: `a token for ${domainId} with secret:read` }).waitFor();
  return {
    page,
    complaints,
    foreign,
    execute: async (operationId, change) => await execute(page, operationId, change),
    authorized,
    async authorize(domainId) {
      await authorized("domain-sample");
      await page.getByLabel("Domain").fill(domainId);
      await page.getByRole("button", { name: "Use a token" }).click();
      await authorized(domainId);
    },
  };
}

async function execute(
  page: Page,
  operationId: string,
  change?: (message: Record<string, unknown>) => object,
): Promise<Executed> {
  const operation = page.locator(`[id$="-${operationId}"].opblock`);
  const editor = operation.locator("textarea.body-param__text");
  if (!(await editor.isVisible())) await operation.locator(".opblock-summary-control").click();
  const example: Record<string, unknown> = JSON.parse(await editor.inputValue());
  if (change !== undefined) await editor.fill(JSON.stringify(change(example), null, 2));
  const sent: Record<string, unknown> = JSON.parse(await editor.inputValue());
  const answered = page.waitForResponse((response) => response.request().postData() === JSON.stringify(sent, null, 2));
  await operation.getByRole("button", { name: "Execute" }).click();
  const response = await answered;
  const answer = operation.locator(".live-responses-table .response", {
    hasText: (await response.headerValue("x-request-id")) ?? "",
  });
  const body = await answer.locator(".highlight-code code").first().innerText();
  return { status: response.status(), sent, body: JSON.parse(body) };
}
