/** Does asynchronous tasks side by side, and gives their results in order. */

import type { CallOptions } from "../base/call.ts";

/** Is told to stop by the signal: the caller's has fired, or nobody waits for the result any more. */
export type Task<Result> = (options: { readonly signal: AbortSignal }) => Promise<Result>;

/**
 * At most `width` tasks run or wait to be taken at a time, which bounds what is kept in memory. The first that fails,
 * in order, ends it; those under way are told to stop then, as when the caller takes no more.
 */
export async function* inOrder<Result>(
  tasks: readonly Task<Result>[],
  width: number,
  { signal }: CallOptions,
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
