/** Work that several callers wait for is done once ("single flight"). */

export class SharedWork<Result> {
  #underWay: Promise<Result> | undefined;
  #next: Promise<Result> | undefined;

  get isUnderWay(): boolean {
    return this.#underWay !== undefined || this.#next !== undefined;
  }

  /** Joins the work under way, or begins it. The signal ends only this wait: others may need the result. */
  async run(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    this.#underWay ??= work().finally(() => {
      this.#underWay = undefined;
    });
    return await unlessAborted(this.#underWay, signal);
  }

  /**
   * Never joins work that began earlier: waits for its end, then shares one new run with all who wait in the same way.
   */
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

/** Waits for work that others may wait for, too. The signal ends only this wait. @throws the signal's reason */
export async function unlessAborted<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (signal === undefined) return await work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // If the signal came first, the race still handles a later failure of the work.
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
