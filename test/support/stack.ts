/** A whole local stack for a test file, with free ports and its own folder and rows. Removed at the end. */

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "../../tools/local/stack.ts";

/** Form fields of a token: `domain_id`, `scope` (separated by spaces), `projects` (by commas), `expires_in`, … */
export interface TokenFields {
  readonly [field: string]: string;
}

export interface TestStack extends Stack {
  /** Its folder, with the log of the functions in `functions.log`. */
  readonly dir: string;
  /** Gets a token that the API accepts. */
  token(fields: TokenFields): Promise<string>;
}

/** @param parameters of serverless.yml, e.g. `{ sealedOnly: "true" }` */
export async function startTestStack(parameters: { readonly [name: string]: string } = {}): Promise<TestStack> {
  const dir = mkdtempSync(join(tmpdir(), "stack-"));
  const stack = await startStack({ port: 0, dir, inMemory: true, parameters });
  const close = async (): Promise<void> => {
    await stack.close();
    rmSync(dir, { recursive: true });
  };
  return { ...stack, dir, token: async (fields) => await getToken(stack.description.issuer, fields), close };
}

/** Requests a token with these claims from an issuer. */
export async function getToken(issuer: string, fields: TokenFields): Promise<string> {
  const body = new URLSearchParams({ grant_type: "client_credentials", ...fields });
  const response = await fetch(`${issuer}/token`, { method: "POST", body });
  const { access_token: token }: { readonly access_token?: unknown } = Object(await response.json());
  if (typeof token !== "string") throw new Error(`The issuer answered ${response.status} without a token.`);
  return token;
}

/** Copies the sources of a stack to a new folder, for tests that change them before they start it there. */
export function copyProject(to: string): void {
  const project = join(import.meta.dirname, "../..");
  for (const name of ["events", "handlers", "lib", "tools", "package.json", "serverless.yml", "tsconfig.json"]) {
    cpSync(join(project, name), join(to, name), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(to, "node_modules"));
}
