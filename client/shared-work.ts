/** Work that several wait for at once is done once ("single flight"). */

import { unlessAborted } from "./call-options.ts";

export class SharedWork<Result> {
  #underWay: Promise<Result> | undefined;

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Joins the work that is under way, or begins it. The signal ends the waiting alone: others may need the result. */
  async run(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    this.#underWay ??= work().finally(() => {
      this.#underWay = undefined;
    });
    return await unlessAborted(this.#underWay, signal);
  }
}
