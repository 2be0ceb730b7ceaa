/** How a message gets to the service and its answer back; one file for each way. */

import { parseObject } from "../lib/base/json-text.ts";
import type { Route } from "../lib/http/routes.ts";
import { SecretApiError, type SecretApiErrorOptions } from "./secret-api-error.ts";

/**
 * Calls a method once. Where a message or an answer has `data`, it may be `JsonText`, to be passed on as it is.
 * @throws SecretApiError, or the signal's reason
 */
export type Transport = (
  route: Route,
  message: object,
  signal?: AbortSignal,
) => Promise<{ readonly [field: string]: unknown }>;

/**
 * The answer, with `data` as the text that it came as.
 * @throws SecretApiError (by the promise) where the text is no JSON object: it is not the service that answered.
 */
export function parseAnswer(text: string, options: SecretApiErrorOptions): { readonly [field: string]: unknown } {
  try {
    return parseObject(text, "data", Number.POSITIVE_INFINITY);
  } catch {
    // The parser's own error could quote the text.
    throw new SecretApiError("ERROR_UNKNOWN", "The answer is no JSON object.", options);
  }
}

/** `undefined` for what is no JSON: the engine's own message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of the system, made before any of a request is sent: looking the name up, and connecting. */
const callsBefore: ReadonlySet<unknown> = new Set(["getaddrinfo", "connect"]);

/** The error for a call that got no answer. */
export function noAnswer(failure: unknown): SecretApiError {
  // `fetch` tells the network's failure as the cause of a failure of its own, which may quote what was to be sent.
  const cause = failure instanceof TypeError ? failure.cause : failure;
  return new SecretApiError("ERROR_UNAVAILABLE", "The service does not answer.", {
    cause,
    isUnprocessed: isUnsent(cause),
  });
}

/** By the call that failed, not by how: a network may become unreachable while an answer is waited for as well. */
function isUnsent(cause: unknown): boolean {
  // Of a name with several addresses, each of which was tried.
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnsent);
  if (!(cause instanceof Error)) return false;
  if ("code" in cause && cause.code === "UND_ERR_CONNECT_TIMEOUT") return true;
  return "syscall" in cause && callsBefore.has(cause.syscall);
}
