/** Starts the stack that all end-to-end tests share, and ends it after the last. */

import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { StackDescription } from "../../tools/local/folder.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly stack: StackDescription & { readonly dir: string; readonly log: string };
    /** An origin whose web pages may call. */
    readonly origin: string;
  }
}

const origin = "https://console.example.com";

/** The environment variable with the stack as JSON, which projects that run together share. */
const shared = "TEST_STACK";

let stack: TestStack | undefined;

export async function setup(project: TestProject): Promise<void> {
  if (process.env[shared] === undefined) {
    stack = await startTestStack({ corsOrigins: origin });
    const { dir, description } = stack;
    process.env[shared] = JSON.stringify({ ...description, dir, log: join(dir, "functions.log") });
  }
  project.provide("stack", JSON.parse(process.env[shared] ?? ""));
  project.provide("origin", origin);
}

export async function teardown(): Promise<void> {
  await stack?.close();
}
