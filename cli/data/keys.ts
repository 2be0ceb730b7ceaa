/** The keys of a terminal, one after the other, however many it hands over at once. */

import { on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../failure.ts";

/** Ctrl-D; the end of the stream is one too. */
export const endOfInput = "\u0004";

/** Ctrl-C and Ctrl-\, which are keys like others while a terminal is raw. */
const interrupts: ReadonlySet<string> = new Set(["\u0003", "\u001c"]);

/** A person's next key takes longer than this, a paste's does not, also over a network. */
const instantMs = 100;

export class Keys {
  readonly #keys: AsyncIterator<string, void>;
  #pending: Promise<string> | undefined;

  constructor(stream: NodeJS.ReadableStream) {
    // By its events: an iterator of the stream itself would keep on reading what is for the shell.
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
