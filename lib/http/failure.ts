/** From whatever was thrown to an error of the contract: the one place where that happens. */

import { SecretError } from "../base/errors.ts";

/** What is told to the caller. An unexpected error tells nothing but the request id. */
export function toSecretError(error: unknown, requestId: string): SecretError {
  if (error instanceof SecretError) return error;
  return new SecretError("ERROR_UNKNOWN", { request_id: requestId }, { cause: error });
}

/**
 * What operators are told of a failure: the names of the error and its causes, and where it was thrown. Never a
 * message: those of libraries quote what they were given.
 */
export function describeFailure(error: unknown): { readonly errors: readonly string[]; readonly at: readonly string[] } {
  const names: string[] = [];
  let at: readonly string[] = [];
  for (let next = error; next instanceof Error && names.length < 5; next = next.cause) {
    names.push(next.name);
    at = (next.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).slice(0, 8).map((line) => line.trim());
  }
  return { errors: names, at };
}
