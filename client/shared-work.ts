/** Work that several wait for at once is done once ("single flight"). */

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

/** Waits for work that others may wait for too: the signal ends the waiting alone. @throws the signal's reason */
export async function unlessAborted<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (signal === undefined) return await work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // Handles the work's failure too where the signal came first.
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
