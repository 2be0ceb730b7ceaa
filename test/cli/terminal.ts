/** Runs a program on a pseudo-terminal of util-linux's `script`: types input, and reads the screen. */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";

/** Whether `script` is that of util-linux: others take different options. */
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

  /** Waits until the screen shows the text, after the last match. The test's timeout limits the wait. */
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
