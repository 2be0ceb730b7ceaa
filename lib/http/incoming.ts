/** Reads both forms of an event, HTTP and direct, into one. */

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { JsonTextError, parseObject } from "../base/json-text.ts";
import { limits } from "../secret/secret.ts";
import { qualifierOf } from "./caller.ts";

/** The way in: through the gateway, by the function's plain name, or by an alias or version. */
export type Via = "http" | "direct" | "alias";

/** A request. `claims` are those that the gateway verified, or `null` for a direct invocation. */
export interface Incoming {
  readonly kind: "http" | "direct";
  readonly via: Via;
  readonly requestId: string;
  readonly claims: unknown;
  readonly idempotencyKey: string | null;
  /** Reads the message. Called only when the caller is known: nothing is parsed for a stranger. */
  readonly readBody: () => unknown;
}

/**
 * The largest body that is read. Data of the largest size fits into it even if escapes (`\u00e9`) make it five times as
 * long.
 */
const maxBodyBytes = 2 * 1024 * 1024;

/** One level for the body itself, then as many as data may have. */
const maxBodyDepth = 1 + limits.dataDepth;

export function readEvent(event: unknown, context: Partial<Context>): Incoming {
  const awsRequestId = context.awsRequestId ?? "";
  const isByAlias = qualifierOf(context.invokedFunctionArn) !== null;
  if (isByAlias || !isHttpEvent(event)) {
    const via = isByAlias ? "alias" : "direct";
    const readBody = () => readDirect(event, isByAlias);
    return { kind: "direct", via, requestId: awsRequestId, claims: null, idempotencyKey: null, readBody };
  }
  const authorizer: unknown = Reflect.get(event.requestContext, "authorizer");
  const jwt = isObject(authorizer) ? authorizer["jwt"] : undefined;
  return {
    kind: "http",
    via: "http",
    // Lambda's logs and traces have Lambda's id. The gateway adds its own id to the answer in another header.
    requestId: awsRequestId || event.requestContext.requestId,
    claims: isObject(jwt) ? jwt["claims"] : undefined,
    idempotencyKey: headerOf(event, "idempotency-key"),
    readBody: () => parseBody(decodeBody(event)),
  };
}

/**
 * The gateway invokes no alias. So the caller of an alias made such an event itself, and may have forged its claims.
 */
function readDirect(event: unknown, isByAlias: boolean): unknown {
  if (isByAlias && isHttpEvent(event)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
  return event;
}

/** No message of the API has these fields. */
function isHttpEvent(event: unknown): event is APIGatewayProxyEventV2 {
  return isObject(event) && event["version"] === "2.0" && isObject(event["requestContext"]) && "routeKey" in event;
}

function headerOf(event: APIGatewayProxyEventV2, name: string): string | null {
  const header = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return header?.[1] || null;
}

function decodeBody(event: APIGatewayProxyEventV2): string {
  const body: unknown = event.body ?? "";
  if (typeof body !== "string") throw invalidBody("body", "must be a string");
  const bytes = Buffer.byteLength(body, event.isBase64Encoded ? "base64" : "utf8");
  if (bytes > maxBodyBytes) throw invalidBody("body", `must have at most ${maxBodyBytes} bytes`);
  if (event.isBase64Encoded) return decodeUtf8(Buffer.from(body, "base64"));
  // The gateway replaces invalid UTF-8 with U+FFFD, which is three bytes. If the length differs from what the client
  // sent, U+FFFD is not the client's own.
  const sent = headerOf(event, "content-length");
  const isReplaced = body.includes("\uFFFD") && sent !== null && Number(sent) !== bytes;
  if (isReplaced || !body.isWellFormed()) throw invalidBody("body", "must be UTF-8");
  return body;
}

/** `ignoreBOM` keeps a byte order mark, so that the JSON parser refuses it as in any other body. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
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
