/** Tries again what the service could not do just now, where that cannot do it twice. */

import { setTimeout } from "node:timers/promises";
import { SecretApiError } from "./secret-api-error.ts";

export interface RetryOptions {
  /** The first one included; 1 for no retries. Default 4. */
  readonly attempts?: number;
  /** Longest wait before the second attempt; it doubles from one to the next. Default 100. */
  readonly delayMs?: number;
}

export interface RetryCall {
  /** Whether doing it twice is the same as doing it once. */
  readonly isRepeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

const maxDelayMs = 5000;
const transientCodes: ReadonlySet<string> = new Set(["ERROR_UNAVAILABLE", "ERROR_REQUEST_TIMEOUT"]);

/** Waits a random part of the delay ("full jitter"), and what the service asks for besides. */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  { isRepeatable, signal }: RetryCall,
  { attempts = 4, delayMs = 100 }: RetryOptions,
): Promise<Result> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (made >= attempts || !isTransient(error, isRepeatable)) throw error;
      const jitterMs = Math.random() * Math.min(maxDelayMs, delayMs * 2 ** (made - 1));
      await pause((error.retryAfterMs ?? 0) + jitterMs, signal);
    }
  }
}

/** What was throttled at the door (429) did not happen at all, and may be repeated whatever it is. */
function isTransient(error: unknown, isRepeatable: boolean): error is SecretApiError {
  if (!(error instanceof SecretApiError)) return false;
  return error.status === 429 || (isRepeatable && transientCodes.has(error.code));
}

/** @throws the signal's reason */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
