/** How long a call may take, and when it is repeated. */

import { setTimeout as sleep } from "node:timers/promises";
import { isTransient, SecretApiError } from "./secret-api-error.ts";
import { unlessAborted } from "./shared-work.ts";

export interface CallOptions {
  /** Ends the call and its retries, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Ends the call and its retries with `ERROR_REQUEST_TIMEOUT`. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number;
}

/** How much time a part of a call has. */
export interface CallTime {
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
}

export interface RetryOptions {
  /** Includes the first attempt; 1 means no retries. Default 4. */
  readonly attempts?: number;
  /** The longest wait before the second attempt. It doubles for each further attempt. Default 100. */
  readonly delayMs?: number;
}

export interface RetryCall extends CallTime {
  /** Whether doing it twice has the same effect as doing it once. */
  readonly isRepeatable: boolean;
}

/** Node's limit: a longer timer would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1;

const maxDelayMs = 5000;

/** @throws ERROR_REQUEST_TIMEOUT, or the signal's reason, even if the work itself does not end */
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

/**
 * Repeats an attempt that failed for a temporary reason, if a repeat is safe. Waits as long as the service asks for,
 * plus a random part of the delay ("full jitter").
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  { isRepeatable, signal, endsAt }: RetryCall,
  { attempts = 4, delayMs = 100 }: RetryOptions,
): Promise<Result> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (made >= attempts || !mayRepeat(error, isRepeatable)) throw error;
      const jitterMs = Math.random() * Math.min(maxDelayMs, delayMs * 2 ** (made - 1));
      await pause((error.retryAfterMs ?? 0) + jitterMs, { signal, endsAt }, error);
    }
  }
}

function outOfTime(timeoutMs: number): SecretApiError {
  return new SecretApiError("ERROR_REQUEST_TIMEOUT", `The call did not end in time. (timeout = ${timeoutMs} ms)`);
}

function mayRepeat(error: unknown, isRepeatable: boolean): error is SecretApiError {
  return isTransient(error) && (isRepeatable || error.isUnprocessed);
}

/** @throws the signal's reason; or the error, at once, if the call would end before the wait does */
async function pause(ms: number, { signal, endsAt }: CallTime, error: SecretApiError): Promise<void> {
  if (performance.now() + ms >= endsAt) throw error;
  try {
    await sleep(ms, undefined, { signal });
  } catch (reason) {
    signal.throwIfAborted();
    throw reason;
  }
}
