/** Writes a file that nobody else may read, that replaces none, and that is there as a whole or not at all. */

import { unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { CliError } from "../failure.ts";
import { reasonOf } from "../io.ts";

/** What ends a process that does not mind it; 128 and the signal's number is its exit code. */
const signals = { SIGHUP: 129, SIGTERM: 143 } as const;

/** @throws CliError where there is a file already, or it cannot be written; then it is taken away again */
export async function writeNewFile(path: string, texts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const file = await openNew(path);
  const remove = () => unlinkSync(path);
  const handlers = Object.entries(signals).map(([signal, code]) => ({ signal, end: () => process.exit(code) }));
  // Ctrl-C ends the process as well.
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

/** What the texts' own maker throws stays as it is. */
function toCliError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EEXIST")
    return new CliError(`${path} already exists, and an export never replaces a file.`, "conflict");
  return syscall === undefined
    ? error
    : new CliError(`${path} cannot be written: ${reasonOf(error)}.`, "other", "ERROR_OUTPUT");
}
