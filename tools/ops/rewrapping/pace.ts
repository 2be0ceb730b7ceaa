/** Lets things through one after another, no faster than a rate. */

import { setTimeout } from "node:timers/promises";

/** Ends early when the signal fires: what has been let through is for its takers to finish. */
export async function* paced<Thing>(
  things: AsyncIterable<Thing>,
  perSecond: number,
  signal: AbortSignal,
): AsyncGenerator<Thing> {
  let next = performance.now();
  for await (const thing of things) {
    const waitMs = Math.max(0, next - performance.now());
    // It rejects when the signal ends it.
    await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    next = Math.max(next, performance.now() - 1000) + 1000 / perSecond;
    yield thing;
  }
}
