/** Asks for a text on the terminal and does not show what is typed. */

import { CliError } from "../failure.ts";
import { toLine } from "../output/text.ts";

const interrupt = "\u0003";
const endOfInput = "\u0004";
const eraseLine = "\u0015";
const erasers: ReadonlySet<string> = new Set(["\u007f", "\b"]);
const enders: ReadonlySet<string> = new Set(["\r", "\n", endOfInput]);

/** A line for each question. @throws CliError on Ctrl-C */
export async function askHidden(questions: readonly string[]): Promise<readonly string[]> {
  const keys = readKeys();
  const lines: string[] = [];
  // Before the first question, and until after the last answer: what is typed early is not shown either.
  process.stdin.setEncoding("utf8").setRawMode(true);
  try {
    for (const question of questions) {
      process.stderr.write(`${toLine(question)} (hidden): `);
      lines.push(await readLine(keys).finally(() => process.stderr.write("\n")));
    }
    return lines;
  } finally {
    process.stdin.setRawMode(false).pause();
  }
}

async function readLine(keys: AsyncIterator<string, void>): Promise<string> {
  let typed: readonly string[] = [];
  for (;;) {
    const { value: key = endOfInput } = await keys.next();
    if (key === interrupt) throw new CliError("Interrupted.", "interrupted", "INTERRUPTED");
    if (enders.has(key)) return typed.join("");
    typed = edit(typed, key);
  }
}

function edit(typed: readonly string[], key: string): readonly string[] {
  if (key === eraseLine) return [];
  return erasers.has(key) ? typed.slice(0, -1) : [...typed, key];
}

/** One after the other, however many a terminal hands over at once. */
async function* readKeys(): AsyncGenerator<string, void> {
  for await (const chunk of process.stdin) yield* String(chunk);
}
