/** The file that keeps the local KMS's keys across restarts, readable by its owner only. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";

export interface StoredKey {
  readonly id: string;
  readonly createdAt: string;
  enabled: boolean;
  /** Key material, base64, oldest first: a rotation adds one, and the last one wraps. */
  readonly generations: string[];
}

export interface KeyFile {
  readonly keys: StoredKey[];
  /** Alias (`alias/…`) → key id. */
  readonly aliases: { [alias: string]: string };
}

const keyFileSchema: v.GenericSchema<unknown, KeyFile> = v.strictObject({
  keys: v.array(
    v.strictObject({
      id: v.pipe(v.string(), v.uuid()),
      createdAt: v.pipe(v.string(), v.isoTimestamp()),
      enabled: v.boolean(),
      generations: v.pipe(v.array(v.string()), v.minLength(1)),
    }),
  ),
  aliases: v.record(v.string(), v.string()),
});

/**
 * Reads the keys; none where the file does not exist.
 * @throws Error naming the file when it is damaged: new keys in its place would make all stored data unreadable.
 */
export function readKeyFile(path: string): KeyFile {
  if (!existsSync(path)) {
    return { keys: [], aliases: {} };
  }
  try {
    return v.parse(keyFileSchema, JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new Error(`The local KMS's key file ${path} is damaged. Restore it, or start with --fresh.`, { cause });
  }
}

/** Replaces the file as a whole, so that a kill in between leaves the old keys or the new ones. */
export function writeKeyFile(path: string, content: KeyFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify(content, null, 2), { mode: 0o600, flush: true });
  renameSync(draft, path);
}
