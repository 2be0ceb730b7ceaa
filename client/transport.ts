/** How a message gets to the service and its answer back; one file for each way. */

import { isObject } from "../lib/base/json.ts";
import type { Route } from "../lib/http/routes.ts";
import { SecretApiError, type SecretApiErrorOptions } from "./secret-api-error.ts";

/**
 * Calls a method once.
 * @throws SecretApiError, or the signal's reason
 */
export type Transport = (
  route: Route,
  message: object,
  signal?: AbortSignal,
) => Promise<{ readonly [field: string]: unknown }>;

/** @throws SecretApiError (by the promise) where the text is no JSON object: it is not the service that answered. */
export function parseAnswer(text: string, options: SecretApiErrorOptions): { readonly [field: string]: unknown } {
  const answer = parseJson(text);
  if (!isObject(answer)) throw new SecretApiError("ERROR_UNKNOWN", "The answer is no JSON object.", options);
  return answer;
}

/** `undefined` for what is no JSON: the engine's own message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What fails before a request is sent: names that are not found, and who accepts no connection. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The error for a call that got no answer. */
export function noAnswer(failure: unknown): SecretApiError {
  // `fetch` tells the network's failure as the cause of a failure of its own, which may quote what was to be sent.
  const cause = failure instanceof TypeError ? failure.cause : failure;
  const isUnprocessed = cause instanceof Error && "code" in cause && unsentCodes.has(cause.code);
  return new SecretApiError("ERROR_UNAVAILABLE", "The service does not answer.", { cause, isUnprocessed });
}
