/** Limits the rate of a stream. */

import { setTimeout } from "node:timers/promises";

/** Yields at most `perSecond` things a second. Ends when the signal fires. */
export async function* paced<Thing>(
  things: AsyncIterable<Thing>,
  perSecond: number,
  signal: AbortSignal,
): AsyncGenerator<Thing> {
  let next = performance.now();
  for await (const thing of things) {
    const waitMs = Math.max(0, next - performance.now());
    // Rejects if the signal fires, which the next line handles.
    await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    next = Math.max(next, performance.now() - 1000) + 1000 / perSecond;
    yield thing;
  }
}
