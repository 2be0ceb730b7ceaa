/** Starts the one stack that all end-to-end tests share, before the first of them, and ends it after the last. */

import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { StackDescription } from "../../tools/local/folder.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly stack: StackDescription & { readonly dir: string; readonly log: string };
    /** Whose pages may call. */
    readonly origin: string;
  }
}

const origin = "https://console.example.com";

let stack: TestStack;

export async function setup(project: TestProject): Promise<void> {
  stack = await startTestStack({ corsOrigins: origin });
  project.provide("stack", { ...stack.description, dir: stack.dir, log: join(stack.dir, "functions.log") });
  project.provide("origin", origin);
}

export async function teardown(): Promise<void> {
  await stack.close();
}
