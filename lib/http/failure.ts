/** From whatever was thrown to an error of the contract: the one place where that happens. */

import { SecretError } from "../base/errors.ts";

const maxErrors = 5;
const maxFrames = 8;

/** What is told to the caller. An unexpected error tells nothing but the request id. */
export function toSecretError(error: unknown, requestId: string): SecretError {
  if (error instanceof SecretError) return error as SecretError;
  return new SecretError("ERROR_UNKNOWN", { request_id: requestId }, { cause: error });
}

/** Which service was unavailable, `null` for any other failure: an alarm on one must not count the others' failures. */
export function serviceOf({ details }: SecretError): string | null {
  return "service" in details ? details.service : null;
}

/**
 * What operators are told of a failure: the names of the error and its causes, and where it was thrown. Never a
 * message: those of libraries quote what they were given.
 */
export function describeFailure(error: unknown): {
  readonly errors: readonly string[];
  readonly at: readonly string[];
} {
  const names: string[] = [];
  let at: readonly string[] = [];
  for (let next = error; next instanceof Error && names.length < maxErrors; next = next.cause) {
    names.push(next.name);
    at = framesOf(next);
  }
  return { errors: names, at };
}

/** A stack begins with the message, whose own lines may look like frames: nothing of one without the message in it. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const lines = start === -1 ? [] : stack.slice(start + message.length).split("\n");
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}
