/** The folder that a local stack keeps everything in, and the file in it that says where everything of it is. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import type { TableNames } from "./deployment.ts";

/** What `stack.json` says: where everything is, for tools and tests. */
export interface StackDescription {
  readonly api: string;
  readonly lambda: string;
  readonly dynamodb: string;
  readonly kms: string;
  readonly issuer: string;
  /** The page that shows and tries the API. */
  readonly reference: string;
  readonly region: string;
  readonly tables: TableNames;
  readonly key_id: string;
  /** Route → name to invoke the function by. */
  readonly functions: { readonly [route: string]: string };
}

const text = v.string();
const stackSchema: v.GenericSchema<unknown, StackDescription> = v.object({
  ...{ api: text, lambda: text, dynamodb: text, kms: text, issuer: text, reference: text, region: text, key_id: text },
  tables: v.object({ secrets: text, names: text, data: text, tokens: text }),
  functions: v.record(text, text),
});

/** Nobody checks them, but an AWS client signs with some. */
export const credentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

const description = "stack.json";
const keptFiles = ["dynamodb", "kms-keys.json", "issuer-key.json"];

/** What AWS clients find in their environment on the local stack. */
export function awsEnvironment({
  region,
  dynamodb,
  kms,
}: Pick<StackDescription, "region" | "dynamodb" | "kms">): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_KMS: kms,
  };
}

/**
 * Makes the folder where it is missing, and takes it until the function returned is called or the process ends.
 * @throws Error with a sentence for the user
 */
export function prepareFolder(dir: string, { fresh = false }: { readonly fresh?: boolean }): () => void {
  mkdirSync(dir, { recursive: true });
  const unlock = lockFolder(dir);
  for (const name of fresh ? [description, ...keptFiles] : [description]) {
    rmSync(join(dir, name), { recursive: true, force: true });
  }
  return () => {
    rmSync(join(dir, description), { force: true });
    unlock();
  };
}

/** Complete or not there at all: others wait for it. */
export function writeDescription(dir: string, stack: StackDescription): void {
  const draft = join(dir, `${description}.tmp`);
  writeFileSync(draft, JSON.stringify(stack, null, 2));
  renameSync(draft, join(dir, description));
}

/**
 * What the stack that runs in a folder says of itself.
 * @returns undefined where none runs there
 */
export function findStack(dir: string): StackDescription | undefined {
  const path = join(dir, description);
  try {
    return v.parse(stackSchema, JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (Reflect.get(Object(error), "code") === "ENOENT") return undefined;
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/**
 * SQLite's lock on a file is the system's, so that none is ever left behind, however the process ends.
 * @throws Error with a sentence for the user, when another stack has it
 */
function lockFolder(dir: string): () => void {
  const database = new DatabaseSync(join(dir, "lock"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new Error(`Another stack works in ${dir}: end it, or choose another folder with LOCAL_DIR.`, { cause });
  }
  return () => database.close();
}
