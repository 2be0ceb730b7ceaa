/** Work that several wait for at once is done once ("single flight"). */

import { unlessAborted } from "./call-options.ts";

export class SharedWork<Result> {
  #underWay: Promise<Result> | undefined;
  #next: Promise<Result> | undefined;

  get isUnderWay(): boolean {
    return this.#underWay !== undefined || this.#next !== undefined;
  }

  /** Joins the work that is under way, or begins it. The signal ends the waiting alone: others may need the result. */
  async run(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    this.#underWay ??= work().finally(() => {
      this.#underWay = undefined;
    });
    return await unlessAborted(this.#underWay, signal);
  }

  /** Joins none that was begun before: waits for it to end, and shares what follows with all who wait likewise. */
  async runAnew(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#underWay === undefined) return await this.run(work, signal);
    const follow = async () => {
      this.#next = undefined;
      return await this.run(work);
    };
    this.#next ??= this.#underWay.then(follow, follow);
    return await unlessAborted(this.#next, signal);
  }
}
