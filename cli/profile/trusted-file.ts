/** Reads a file that may name programs to run: who else may write it decides what runs. */

import { closeSync, fstatSync, openSync, readFileSync, type Stats } from "node:fs";

export interface ReadFile {
  readonly text: string;
  /** Why others decide what is in it, and what helps; `undefined` where only we, or root, do. */
  readonly distrust: string | undefined;
}

/** Of one opened file, so that what was looked at is what is read. @throws an error of the file system */
export function readTrusted(path: string): ReadFile {
  const file = openSync(path, "r");
  try {
    return { distrust: findDistrust(fstatSync(file)), text: readFileSync(file, "utf8") };
  } finally {
    closeSync(file);
  }
}

/** Windows has neither owners' numbers nor modes. */
function findDistrust({ uid, mode }: Stats): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (uid !== own && uid !== 0) return "belongs to another user; `chown` it";
  return (mode & 0o022) === 0 ? undefined : "may be written by others; `chmod go-w` it";
}
