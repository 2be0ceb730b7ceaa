/** A program on a pseudo-terminal, made by util-linux's `script`: what is typed to it, and what its screen gets. */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";

/** Whether there is one here: another system's `script` takes other options. */
export const hasTerminal: boolean = /util-linux/.test(String(spawnSync("script", ["--version"]).stdout));

export class Terminal {
  screen = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #look: () => void = () => undefined;

  constructor(command: string, environment: { readonly [name: string]: string }) {
    this.#child = spawn("script", ["-qefc", command, "/dev/null"], { env: environment });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.#ended = promise;
    this.#child.on("close", resolve);
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.screen += text;
      this.#look();
    });
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Until the screen got the text, since the last time; a test that waits in vain ends by its own limit. */
  async sees(text: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#look = () => {
      const end = this.screen.indexOf(text);
      if (end === -1) return;
      const seen = this.screen.slice(0, end + text.length);
      this.screen = this.screen.slice(end + text.length);
      this.#look = () => undefined;
      resolve(seen);
    };
    this.#look();
    return await promise;
  }

  /** @returns the exit code of the command */
  async end(): Promise<number | null> {
    return await this.#ended;
  }
}
