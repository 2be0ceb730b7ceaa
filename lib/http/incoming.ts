/** The two forms of an event, read into one. */

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { JsonTextError, parseObject } from "../base/json-text.ts";
import { limits } from "../secret/secret.ts";

/** What an event asks; `claims` is what the gateway verified, `null` for a direct invocation. */
export interface Incoming {
  readonly kind: "http" | "direct";
  readonly requestId: string;
  readonly claims: unknown;
  readonly idempotencyKey: string | null;
  /** Reads the request message; later than the caller is known. */
  readonly readBody: () => unknown;
}

/**
 * The largest body that is read, in bytes: the largest data with every character escaped, which takes up to six bytes
 * for one, would be more; what clients send escapes two or three.
 */
const maxBodyBytes = 2 * 1024 * 1024;

/** A body's own object, and as deep as data may nest. */
const maxBodyDepth = 1 + limits.dataDepth;

export function readEvent(event: unknown, context: Partial<Context>): Incoming {
  const awsRequestId = context.awsRequestId ?? "";
  if (!isHttpEvent(event)) {
    return { kind: "direct", requestId: awsRequestId, claims: null, idempotencyKey: null, readBody: () => event };
  }
  const authorizer: unknown = Reflect.get(event.requestContext, "authorizer");
  const jwt = isObject(authorizer) ? authorizer["jwt"] : undefined;
  return {
    kind: "http",
    requestId: event.requestContext.requestId || awsRequestId,
    claims: isObject(jwt) ? jwt["claims"] : undefined,
    idempotencyKey: headerOf(event, "idempotency-key"),
    readBody: () => parseBody(decodeBody(event)),
  };
}

/** Only the gateway makes these: no message of the API has such fields. */
function isHttpEvent(event: unknown): event is APIGatewayProxyEventV2 {
  return isObject(event) && event["version"] === "2.0" && isObject(event["requestContext"]) && "routeKey" in event;
}

function headerOf(event: APIGatewayProxyEventV2, name: string): string | null {
  const header = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return header?.[1] || null;
}

function decodeBody(event: APIGatewayProxyEventV2): string {
  const body = event.body ?? "";
  const bytes = Buffer.byteLength(body, event.isBase64Encoded ? "base64" : "utf8");
  if (bytes > maxBodyBytes) throw invalidBody("body", `must have at most ${maxBodyBytes} bytes`);
  if (!event.isBase64Encoded) return body;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(body, "base64"));
  } catch {
    throw invalidBody("body", "must be UTF-8");
  }
}

function parseBody(text: string): unknown {
  try {
    return parseObject(text, "data", maxBodyDepth);
  } catch (error) {
    if (error instanceof JsonTextError) throw invalidBody(error.path.slice(0, 80) || "body", error.message);
    throw error;
  }
}

function invalidBody(key: string, reason: string): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key, reason });
}
