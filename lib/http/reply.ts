/** A result or a failure in the form that its way in expects. */

import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { holdsInexactNumber, JsonText, stringifyObject } from "../base/json-text.ts";
import { assertAnswerFits, maxAnswerBytes } from "../method/call.ts";

const retryAfterSeconds = 1;

/** Thrown out of the function: Lambda tells the caller `errorType` = its name and `errorMessage` = its message. */
export class InvocationError extends Error {
  constructor(error: SecretError) {
    super(`${error.code}: ${error.message}`);
    this.name = error.code;
    // Lambda would send the stack along.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/**
 * @throws ERROR_DB_QUERY when the answer is larger than a function may return, ERROR_INVALID_PARAMETER when it holds a
 *   number that would change.
 */
export function toDirectResult(result: object): object {
  const answer = Object.fromEntries(
    Object.entries(result).map(([key, value]) => [key, value instanceof JsonText ? toValues(value) : value]),
  );
  assertAnswerFits(Buffer.byteLength(stringifyObject(result)));
  return answer;
}

/** @throws ERROR_DB_QUERY when the answer is larger than a function may return. */
export function toHttpResult(result: object, requestId: string): APIGatewayProxyStructuredResultV2 {
  const body = stringifyObject(result);
  // The body travels as a JSON string: up to three bytes for each of its UTF-16 units, two for a quote.
  if (body.length * 3 > maxAnswerBytes) assertAnswerFits(Buffer.byteLength(JSON.stringify(body)));
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

/** Lambda's runtime writes what a function returns, and has no other numbers than JavaScript's. */
function toValues(text: JsonText): JsonObject {
  if (!holdsInexactNumber(text.text)) return text.parse();
  throw new SecretError("ERROR_INVALID_PARAMETER", {
    key: "sealed",
    reason: "the data holds a number that Lambda would change: ask for it sealed, or over HTTP",
  });
}
