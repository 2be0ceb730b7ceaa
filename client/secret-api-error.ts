/** What the client throws of a call that failed. */

import type { ErrorCode } from "../lib/base/errors.ts";

export interface SecretApiErrorOptions extends ErrorOptions {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly isUnprocessed?: boolean;
}

/**
 * A call that failed. `code` is the contract's, also where the gateway, Lambda or the network failed:
 * `ERROR_UNAVAILABLE` where nobody answered.
 */
export class SecretApiError extends Error {
  override readonly name = "SecretApiError";
  /** One of the contract's codes, or one that a newer service has. */
  readonly code: ErrorCode | (string & Record<never, never>);
  /** Of HTTP; `undefined` where a function failed, or nobody answered. */
  readonly status: number | undefined;
  /** By which the operators of the service find the call. */
  readonly requestId: string | undefined;
  /** How long the service asks to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Whether it is certain that nothing was done: such a call may be repeated whatever it is. */
  readonly isUnprocessed: boolean;

  constructor(code: SecretApiError["code"], message: string, options: SecretApiErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    this.isUnprocessed = options.isUnprocessed ?? false;
  }
}

const transientCodes: ReadonlySet<string> = new Set(["ERROR_UNAVAILABLE", "ERROR_REQUEST_TIMEOUT"]);

/** Whether the same call may succeed later: the service is unavailable, throttles, or did not answer in time. */
export function isTransient(error: unknown): error is SecretApiError {
  return error instanceof SecretApiError && transientCodes.has(error.code);
}
