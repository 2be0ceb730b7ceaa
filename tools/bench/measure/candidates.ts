/** Candidates for a comparison. Each has its own process, so that none suffers from another's garbage. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Order, Report, Taken } from "./candidate.ts";

export interface CandidateOptions {
  /** CommonJS module that exports `handler`. */
  readonly path: string;
  readonly environment: { readonly [name: string]: string };
  /** File for the handler's output, because writing audit lines is part of its work. */
  readonly log: string;
}

export class Candidate {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor({ path, environment, log }: CandidateOptions) {
    const output = openSync(log, "a");
    this.#child = fork(join(import.meta.dirname, "candidate.ts"), [path], {
      env: environment,
      execArgv: ["--expose-gc"],
      stdio: ["ignore", output, "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#ended = once(this.#child, "exit");
    closeSync(output);
  }

  /** @throws Error with the message of the first failed call */
  async run(order: Order): Promise<Taken> {
    this.#child.send(order);
    const answered = once(this.#child, "message");
    await Promise.race([answered, this.#ended]);
    if (this.#child.exitCode !== null) throw new Error("A candidate has ended by itself.");
    const [report] = (await answered) as [Report];
    if ("failure" in report) throw new Error(report.failure);
    return report.taken;
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
