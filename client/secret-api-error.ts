import type { ErrorCode } from "../lib/base/errors.ts";

export interface SecretApiErrorOptions extends ErrorOptions {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly isUnprocessed?: boolean;
}

/**
 * A call that failed. `code` is one of the API's, even if the gateway, Lambda or the network failed:
 * `ERROR_UNAVAILABLE` if nobody answered.
 */
export class SecretApiError extends Error {
  override readonly name = "SecretApiError";
  /** One of the API's codes, or one of a newer service. */
  readonly code: ErrorCode | (string & Record<never, never>);
  /** The HTTP status; `undefined` if an invoked function failed, or nobody answered. */
  readonly status: number | undefined;
  /** Operators of the service find the call by this id. */
  readonly requestId: string | undefined;
  /** How long the service asks callers to wait. */
  readonly retryAfterMs: number | undefined;
  /** Whether the call certainly had no effect, so that any call is safe to repeat. */
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
