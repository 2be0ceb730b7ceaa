/** Waiting for backing services: the signal that ends it, pauses before a repeat, tasks side by side. */

import { setTimeout } from "node:timers/promises";

export interface Abortable {
  /** Fires when the invocation has no time left; every request to a backing service is ended by it. */
  readonly signal?: AbortSignal;
}

/** Is told to stop by the signal: the caller's has fired, or nobody waits for the result any more. */
export type Task<Result> = (options: { readonly signal: AbortSignal }) => Promise<Result>;

/** How often a request is sent at most before it is given up; with the waits below about a second in all. */
export const maxAttempts = 8;

const baseMs = 20;
const capMs = 500;

/**
 * Waits between attempt `attempt` (from 1) and the next, exponentially with full jitter (AWS Architecture Blog,
 * "Exponential Backoff And Jitter"). Throws the signal's reason as soon as it fires.
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
 * Does tasks side by side, and gives their results in order. At most `width` tasks run or wait to be taken at a time,
 * which bounds what is kept in memory. The first that fails, in order, ends it; those under way are told to stop then, as
 * when the caller takes no more.
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
    // It may fail before its turn, when nothing waits for it yet.
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
    stop.abort();
  }
}
