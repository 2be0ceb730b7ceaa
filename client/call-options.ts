/** How long a call may take: the caller's signal and a limit of time, as one. */

import { SecretApiError } from "./secret-api-error.ts";

export interface CallOptions {
  /** Ends the call, retries included, with its reason. */
  readonly signal?: AbortSignal;
  /** Ends the call, retries included, with `ERROR_REQUEST_TIMEOUT`. The client's own where left out. */
  readonly timeoutMs?: number;
}

/** What a piece of a call is given. */
export interface CallTime {
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

/** A timer that is set later fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** @throws ERROR_REQUEST_TIMEOUT, or the signal's reason, even where the work itself does not end */
export async function withinTime<Result>(
  work: (time: CallTime) => Promise<Result>,
  { signal, timeoutMs }: CallOptions & { readonly timeoutMs: number },
): Promise<Result> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const passOn = () => ended.abort(signal?.reason);
  signal?.addEventListener("abort", passOn, { once: true });
  const timer = setTimeout(() => ended.abort(outOfTime(timeoutMs)), Math.min(timeoutMs, maxTimeoutMs));
  try {
    const time = { signal: ended.signal, endsAt: performance.now() + timeoutMs };
    return await unlessAborted(work(time), ended.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", passOn);
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

function outOfTime(timeoutMs: number): SecretApiError {
  return new SecretApiError("ERROR_REQUEST_TIMEOUT", `The call did not end in time. (timeout = ${timeoutMs} ms)`);
}
