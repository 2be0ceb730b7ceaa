/** The process's own streams: the only writers to standard output and standard error. */

import { toJsonText, toLine } from "./text.ts";

/** Longest cell of a table on a terminal; a pipe gets all. */
const maxCellWidth = 48;

export function print(text: string): void {
  process.stdout.write(text);
}

export function printJson(value: unknown): void {
  print(`${toJsonText(value)}\n`);
}

/** A remark beside the answer, on standard error. */
export function remark(text: string): void {
  process.stderr.write(`secret: ${toLine(text)}\n`);
}

export function cellWidth(): number {
  return process.stdout.isTTY ? maxCellWidth : Number.POSITIVE_INFINITY;
}

let isProgressShown = false;

/** How far a long work is, in one line that replaces itself, `""` to take it away; only on a terminal. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY || (text === "" && !isProgressShown)) return;
  process.stderr.write(`\r\x1b[K${text}`);
  isProgressShown = text !== "";
}

/** Whoever reads no further (`| head`) is no error of ours. */
export function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
  }
}
