/** Puts a result or a failure into the form of its way in. */

import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { holdsInexactNumber, JsonText, stringifyObject } from "../base/json-text.ts";
import { assertAnswerFits, maxAnswerBytes } from "../method/call.ts";

const retryAfterSeconds = 1;

/** The most bytes that a UTF-16 unit of JSON takes, in UTF-8 or in the JSON string that Lambda makes of a body. */
export const maxBytesPerUnit = 3;

/** The error that a direct invocation throws. Lambda returns its name as `errorType`, its message as `errorMessage`. */
export class InvocationError extends Error {
  constructor(error: SecretError) {
    super(`${error.code}: ${error.message}`);
    this.name = error.code;
    // Lambda sends the stack to the caller as well.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/**
 * @throws ERROR_DB_QUERY if the answer is larger than a function may return, ERROR_INVALID_PARAMETER if it holds a
 *   number that Lambda would change
 */
export function toDirectResult(result: object): object {
  const answer = toDirectForm(result);
  assertAnswerFits(Buffer.byteLength(stringifyObject(result)));
  return answer;
}

/**
 * Like `toDirectResult`, for a result of any size.
 * @throws ERROR_INVALID_PARAMETER if it holds a number that Lambda would change
 */
export function toDirectForm(result: object): object {
  return Object.fromEntries(
    Object.entries(result).map(([key, value]) => [key, value instanceof JsonText ? toValues(value) : value]),
  );
}

/** @throws ERROR_DB_QUERY if the answer is larger than a function may return */
export function toHttpResult(result: object, requestId: string): APIGatewayProxyStructuredResultV2 {
  const body = stringifyObject(result);
  // Checks a cheap upper bound first.
  if (body.length * maxBytesPerUnit > maxAnswerBytes) assertAnswerFits(Buffer.byteLength(JSON.stringify(body)));
  return { statusCode: 200, headers: headersOf(requestId), body };
}

export function toHttpFailure(error: SecretError, requestId: string): APIGatewayProxyStructuredResultV2 {
  const headers = headersOf(requestId);
  return {
    statusCode: error.status,
    headers: error.status === 503 ? { ...headers, "retry-after": String(retryAfterSeconds) } : headers,
    body: JSON.stringify({ detail: { code: error.code, message: error.message } }),
  };
}

function headersOf(requestId: string): Record<string, string> {
  return { "content-type": "application/json", "cache-control": "no-store", "x-request-id": requestId };
}

/** Lambda's runtime serializes the returned object, and knows only JavaScript's numbers. */
function toValues(text: JsonText): JsonObject {
  if (!holdsInexactNumber(text.text)) return text.parse();
  throw new SecretError("ERROR_INVALID_PARAMETER", {
    key: "sealed",
    reason: "the data holds a number that Lambda would change: ask for it sealed, or over HTTP",
  });
}
