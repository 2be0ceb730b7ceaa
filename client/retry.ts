/** Tries again what the service could not do just now, where that cannot do it twice. */

import { setTimeout } from "node:timers/promises";
import type { CallTime } from "./call-options.ts";
import { isTransient, type SecretApiError } from "./secret-api-error.ts";

export interface RetryOptions {
  /** The first one included; 1 for no retries. Default 4. */
  readonly attempts?: number;
  /** Longest wait before the second attempt; it doubles from one to the next. Default 100. */
  readonly delayMs?: number;
}

export interface RetryCall extends CallTime {
  /** Whether doing it twice is the same as doing it once. */
  readonly isRepeatable: boolean;
}

const maxDelayMs = 5000;

/** Waits a random part of the delay ("full jitter"), and what the service asks for besides. */
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

function mayRepeat(error: unknown, isRepeatable: boolean): error is SecretApiError {
  return isTransient(error) && (isRepeatable || error.isUnprocessed);
}

/** @throws the signal's reason, or at once the error where the call would end before the wait does */
async function pause(ms: number, { signal, endsAt }: CallTime, error: SecretApiError): Promise<void> {
  if (performance.now() + ms >= endsAt) throw error;
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (reason) {
    signal.throwIfAborted();
    throw reason;
  }
}
