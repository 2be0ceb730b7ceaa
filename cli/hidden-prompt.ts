/** Asks for input on the terminal, and does not show what is typed or pasted. */

import { on } from "node:events";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "./failure.ts";
import { toLine } from "./text.ts";

const eraseLine = "\u0015";
const erasers: ReadonlySet<string> = new Set(["\u007f", "\b"]);
const lineEnds: ReadonlySet<string> = new Set(["\r", "\n"]);
const paste = { on: "\x1b[?2004h", off: "\x1b[?2004l", begin: "\x1b[200~", end: "\x1b[201~" } as const;
/** Signals that would end the process before it can restore the terminal. */
const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const satisfies NodeJS.Signals[];

/** Ctrl-D; also stands for the end of the stream. */
const endOfInput = "\u0004";

/** Ctrl-C and Ctrl-\, which send no signal while the terminal is in raw mode. */
const interrupts: ReadonlySet<string> = new Set(["\u0003", "\u001c"]);

/** A person types the next key later than this. The next character of a paste comes sooner, even over a network. */
const instantMs = 100;

/**
 * Returns one answer for each question: a typed line, or a whole paste.
 * @throws CliError on Ctrl-C, and on more lines than were asked for
 */
export async function askHidden(questions: readonly string[]): Promise<readonly string[]> {
  const leave = hideInput();
  try {
    const keys = new Keys(process.stdin);
    const answers: string[] = [];
    for (const question of questions) {
      process.stderr.write(`${toLine(question)} (hidden): `);
      answers.push(await readAnswer(keys).finally(() => process.stderr.write("\n")));
    }
    return answers;
  } finally {
    leave();
  }
}

/**
 * Hides input from before the first question until after the last answer, so that early typing is not shown either.
 * Asks the terminal to mark pastes.
 * @returns a function that ends this; the end of the process does so as well
 */
function hideInput(): () => void {
  const marks = process.stderr.isTTY ? paste : { on: "", off: "" };
  const end = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);
  const leave = (): void => {
    process.off("exit", leave);
    for (const signal of signals) process.off(signal, end);
    process.stderr.write(marks.off);
    process.stdin.setRawMode(false).pause();
  };
  process.on("exit", leave);
  for (const signal of signals) process.on(signal, end);
  process.stdin.setEncoding("utf8").setRawMode(true);
  process.stderr.write(marks.on);
  return leave;
}

async function readAnswer(keys: Keys): Promise<string> {
  const typed: string[] = [];
  for (;;) {
    const key = await keys.next();
    if (key === endOfInput) return typed.join("");
    if (lineEnds.has(key)) {
      await refuseMore(keys);
      return typed.join("");
    }
    edit(typed, key);
    if (!takeMark(typed, paste.begin)) continue;
    for (const pasted of await readPasted(keys)) typed.push(pasted);
  }
}

function edit(typed: string[], key: string): void {
  if (key === eraseLine) typed.length = 0;
  else if (erasers.has(key)) typed.pop();
  else typed.push(key);
}

/**
 * Restores line ends to `\n`, which terminals change. Drops the one after a single line: it was selected by accident.
 */
async function readPasted(keys: Keys): Promise<string> {
  const pasted: string[] = [];
  while (!takeMark(pasted, paste.end)) {
    const key = await keys.next();
    if (key === endOfInput) break;
    pasted.push(key);
  }
  const text = pasted.join("").replace(/\r\n?/g, "\n");
  return text.replace(/^([^\n]*)\n$/, "$1");
}

/** Whether the keys end with the mark, which is then removed. */
function takeMark(keys: string[], mark: string): boolean {
  if (keys.slice(-mark.length).join("") !== mark) return false;
  keys.length -= mark.length;
  return true;
}

/** Detects a paste that the terminal did not mark. Its other lines must be read here, or the shell would run them. */
async function refuseMore(keys: Keys): Promise<void> {
  let hasMore = false;
  while (await keys.isNextAtHand()) {
    const key = await keys.next();
    if (key === endOfInput) break;
    hasMore ||= !lineEnds.has(key);
  }
  if (!hasMore) return;
  throw new CliError("More than one line was pasted for one answer. Use --file or --data-file for several lines.");
}

class Keys {
  readonly #keys: AsyncIterator<string, void>;
  #pending: Promise<string> | undefined;

  constructor(stream: NodeJS.ReadableStream) {
    // Uses events, because an iterator of the stream would go on and read input that is meant for the shell.
    this.#keys = split(on(stream, "data", { close: ["end"] }));
  }

  /** @throws CliError on Ctrl-C */
  async next(): Promise<string> {
    const key = await this.#peek();
    this.#pending = undefined;
    if (interrupts.has(key)) throw new CliError("Interrupted.", "interrupted", "INTERRUPTED");
    return key;
  }

  async isNextAtHand(): Promise<boolean> {
    return await Promise.race([this.#peek().then(() => true), sleep(instantMs, false)]);
  }

  #peek(): Promise<string> {
    this.#pending ??= this.#keys.next().then(({ value }) => value ?? endOfInput);
    return this.#pending;
  }
}

async function* split(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string, void> {
  for await (const [chunk] of chunks) yield* String(chunk);
}
