/** The folder in which a local stack keeps everything, and its file `stack.json`, which has all addresses and names. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import type { TableNames } from "../../lib/store/client.ts";
import { tableNamesSchema } from "../deploy/tables.ts";

/** The content of `stack.json`, for tools and tests. */
export interface StackDescription {
  readonly api: string;
  readonly lambda: string;
  readonly dynamodb: string;
  readonly kms: string;
  readonly issuer: string;
  /** The page with the API's reference. */
  readonly reference: string;
  readonly region: string;
  readonly tables: TableNames;
  readonly key_id: string;
  /** The name of each route's function. */
  readonly functions: { readonly [route: string]: string };
}

const text = v.string();
const stackSchema: v.GenericSchema<unknown, StackDescription> = v.object({
  ...{ api: text, lambda: text, dynamodb: text, kms: text, issuer: text, reference: text, region: text, key_id: text },
  tables: tableNamesSchema,
  functions: v.record(text, text),
});

/** The local services check no credentials, but an AWS client needs some to sign with. */
export const credentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

const description = "stack.json";
/** SQLite's error code for a lock that another process holds. */
const busy = 5;
/** With less free space than this, the disk counts as full. */
const probeBytes = 4 * 1024 * 1024;
const keptFiles = ["dynamodb", "kms-keys.json", "issuer-key.json"];

/** The environment variables for AWS clients of the local stack. */
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

/** Reasons why a folder or a file cannot be used, by the system's error code. */
const reasons: { readonly [code: string]: string } = {
  ENOENT: "no folder can be created there",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "it is not a folder",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "the path is too long",
};

/** Why the system refused: in words if the code is known. */
export function reasonOf(error: unknown): string {
  const code = String(Reflect.get(Object(error), "code"));
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Creates the folder if it is missing, and locks it until the returned function is called or the process ends.
 * @throws Error with a sentence for the user
 */
export function takeFolder(dir: string): () => void {
  try {
    makeFolder(dir);
    // The file's name is unique, because another start may probe at the same time.
    const probe = join(dir, `probe-${process.pid}`);
    writeFileSync(probe, Buffer.alloc(probeBytes), { flush: true });
    rmSync(probe);
  } catch (cause) {
    throw unusable(dir, cause);
  }
  const unlock = lockFolder(dir);
  const release = () => {
    process.removeListener("exit", release);
    rmSync(join(dir, description), { force: true });
    unlock();
  };
  // Other programs would look for a stack that is gone.
  process.once("exit", release);
  return release;
}

/** Only for this user, because the database holds names and tags. Node's own `recursive` never returns within /proc. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), "code");
    if (code === "EEXIST" && statSync(dir).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(dir))) throw error;
    makeFolder(dirname(dir));
    makeFolder(dir);
  }
}

/** Removes an earlier stack's description from a locked folder and, with `fresh`, its data and keys. */
export function forgetEarlier(dir: string, { fresh = false }: { readonly fresh?: boolean }): void {
  for (const name of fresh ? [description, ...keptFiles] : [description]) {
    rmSync(join(dir, name), { recursive: true, force: true });
  }
}

/** Writes the whole file at once, because others wait for it to appear. */
export function writeDescription(dir: string, stack: StackDescription): void {
  const draft = join(dir, `${description}.tmp`);
  writeFileSync(draft, JSON.stringify(stack, null, 2));
  renameSync(draft, join(dir, description));
}

/**
 * The description of the stack that runs in a folder.
 * @returns `undefined` if no stack runs there
 */
export function findStack(dir: string): StackDescription | undefined {
  const path = join(dir, description);
  try {
    return v.parse(stackSchema, JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (Reflect.get(Object(error), "code") === "ENOENT") return undefined;
    throw new Error(`${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * Uses SQLite's lock on a file, which the system releases however the process ends.
 * @throws Error with a sentence for the user, if another stack holds the lock
 */
function lockFolder(dir: string): () => void {
  const database = openLock(dir);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (Reflect.get(Object(cause), "errcode") !== busy) throw unusable(dir, cause);
    const stack = findStack(dir);
    const state = stack === undefined ? "is already being started" : `is already running at ${stack.api}`;
    const message = `The stack of ${dir} ${state}: stop it first, or set LOCAL_DIR and PORT to run another one.`;
    throw new Error(message, { cause });
  }
  return () => database.close();
}

function openLock(dir: string): DatabaseSync {
  try {
    return new DatabaseSync(join(dir, "lock"), { timeout: 0 });
  } catch (cause) {
    throw unusable(dir, cause);
  }
}

function unusable(dir: string, cause: unknown): Error {
  const message = `The stack cannot keep its files in ${dir}: ${reasonOf(cause)}. Choose another folder with LOCAL_DIR.`;
  return new Error(message, { cause });
}
