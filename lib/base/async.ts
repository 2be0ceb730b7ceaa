/** Waiting for backing services: abort signals, pauses between attempts, concurrent tasks. */

import { setTimeout } from "node:timers/promises";

export interface Abortable {
  /** Fires when the invocation has no time left, and ends every request to a backing service. */
  readonly signal?: AbortSignal;
}

/** Its signal fires when the caller's does, and when the result is no longer needed. */
export type Task<Result> = (options: { readonly signal: AbortSignal }) => Promise<Result>;

/** How many times a request is sent at most. With the waits of `backOff` that takes about a second. */
export const maxAttempts = 8;

const baseMs = 20;
const capMs = 500;

/**
 * Waits after attempt number `attempt` (from 1): exponential backoff with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter").
 * @throws the signal's reason, as soon as it fires
 */
export async function backOff(attempt: number, { signal }: Abortable): Promise<void> {
  const delayMs = Math.random() * Math.min(capMs, baseMs * 2 ** attempt);
  try {
    await setTimeout(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Runs tasks concurrently, and yields their results in order. At most `width` tasks run, or hold a result that was not
 * yielded yet, which bounds the memory. The first failure, in order, ends it. Tasks that still run are then aborted, as
 * they are if the caller stops early.
 */
export async function* inOrder<Result>(
  tasks: readonly Task<Result>[],
  width: number,
  { signal }: Abortable,
): AsyncGenerator<Result> {
  const stop = new AbortController();
  const options = { signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]) };
  const start = (task: Task<Result>) => {
    const result = task(options);
    // It may fail before its turn, when nothing awaits it yet: that must not count as unhandled.
    result.catch(() => undefined);
    return result;
  };
  const waiting = tasks.slice(width).values();
  const underWay = tasks.slice(0, width).map(start);
  try {
    for (let head = underWay.shift(); head !== undefined; head = underWay.shift()) {
      const result = await head;
      const next = waiting.next();
      if (next.done !== true) underWay.push(start(next.value));
      yield result;
    }
  } finally {
    if (underWay.length > 0) stop.abort();
  }
}
