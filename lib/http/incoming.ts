/** The two forms of an event, read into one. */

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { JsonTextError, parseObject } from "../base/json-text.ts";
import { limits } from "../secret/secret.ts";
import { qualifierOf } from "./caller.ts";

/** The way in: through the gateway, by the function's name, or by one of its aliases. */
export type Via = "http" | "direct" | "alias";

/** What an event asks; `claims` is what the gateway verified, `null` for a direct invocation. */
export interface Incoming {
  readonly kind: "http" | "direct";
  readonly via: Via;
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
    // Lambda's own: its reports and traces are found by it. The gateway sends its own id along anyway.
    requestId: awsRequestId || event.requestContext.requestId,
    claims: isObject(jwt) ? jwt["claims"] : undefined,
    idempotencyKey: headerOf(event, "idempotency-key"),
    readBody: () => parseBody(decodeBody(event)),
  };
}

/** The gateway invokes no alias: an event in its form is the caller's own, and so would its claims be. */
function readDirect(event: unknown, isByAlias: boolean): unknown {
  if (isByAlias && isHttpEvent(event)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
  return event;
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
  const body: unknown = event.body ?? "";
  if (typeof body !== "string") throw invalidBody("body", "must be text");
  const bytes = Buffer.byteLength(body, event.isBase64Encoded ? "base64" : "utf8");
  if (bytes > maxBodyBytes) throw invalidBody("body", `must have at most ${maxBodyBytes} bytes`);
  if (event.isBase64Encoded) return decodeUtf8(Buffer.from(body, "base64"));
  // The gateway puts U+FFFD, three bytes, for what is no UTF-8: where the client sent fewer, that was no U+FFFD.
  const sent = headerOf(event, "content-length");
  const isReplaced = body.includes("\uFFFD") && sent !== null && Number(sent) !== bytes;
  if (isReplaced || !body.isWellFormed()) throw invalidBody("body", "must be UTF-8");
  return body;
}

/** A byte order mark is kept, so that it is refused as in any other body. */
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
