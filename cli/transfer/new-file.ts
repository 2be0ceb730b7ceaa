/** Writes a file that only its owner can read. It never replaces a file, and leaves no partial file. */

import { unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { CliError } from "../failure.ts";
import { reasonOf } from "../io.ts";

/** Signals that end a process by default, with the usual exit codes: 128 plus the signal's number. */
const signals = { SIGHUP: 129, SIGTERM: 143 } as const;

/** @throws CliError if the file exists, or cannot be written; then the partial file is removed */
export async function writeNewFile(path: string, texts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const file = await openNew(path);
  const remove = () => unlinkSync(path);
  const handlers = Object.entries(signals).map(([signal, code]) => ({ signal, end: () => process.exit(code) }));
  // Ctrl-C also ends the process by `process.exit`.
  process.once("exit", remove);
  for (const { signal, end } of handlers) process.once(signal, end);
  let isWhole = false;
  try {
    for await (const text of texts) await file.write(text);
    await file.sync();
    isWhole = true;
  } catch (error) {
    throw toCliError(error, path);
  } finally {
    process.off("exit", remove);
    for (const { signal, end } of handlers) process.off(signal, end);
    await file.close();
    if (!isWhole) remove();
  }
}

async function openNew(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    throw toCliError(error, path);
  }
}

/** Errors of the given iterable stay unchanged. */
function toCliError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EEXIST")
    return new CliError(`${path} already exists, and an export never replaces a file.`, "conflict");
  return syscall === undefined
    ? error
    : new CliError(`${path} cannot be written: ${reasonOf(error)}.`, "other", "ERROR_OUTPUT");
}
