/** Calls through API Gateway, with the global `fetch`. */

import type { ErrorCode } from "../lib/base/errors.ts";
import { isObject } from "../lib/base/json.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { noAnswer, parseAnswer, parseJson, type Transport } from "./transport.ts";

export interface HttpTransportOptions {
  /** Base URL of the API. */
  readonly url: string;
  /** A function is asked for every request; it may keep the token while it is valid. */
  readonly token: string | (() => Promise<string>);
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What the gateway means that refuses a request by itself. */
const codeByStatus = new Map<number, ErrorCode>([
  [401, "ERROR_AUTHENTICATE_FAILURE"],
  [403, "ERROR_PERMISSION_DENIED"],
  [413, "ERROR_INVALID_PARAMETER"],
  [429, "ERROR_UNAVAILABLE"],
  [502, "ERROR_UNAVAILABLE"],
  [503, "ERROR_UNAVAILABLE"],
  [504, "ERROR_REQUEST_TIMEOUT"],
]);

export function httpTransport({ url, token }: HttpTransportOptions): Transport {
  const base = url.endsWith("/") ? url : `${url}/`;
  return async (route, message, signal) => {
    const answer = await post(new URL(`secret/v1/secret/${route}`, base), message, await tokenOf(token), signal);
    if (answer.status === 200) return parseAnswer(answer.text, factsOf(answer));
    throw toError(answer);
  };
}

async function tokenOf(token: HttpTransportOptions["token"]): Promise<string> {
  return typeof token === "string" ? token : await token();
}

async function post(url: URL, message: object, token: string, signal?: AbortSignal): Promise<Answer> {
  const request = {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(message),
    // The gateway redirects nobody; whoever does must not get the message.
    redirect: "error",
    ...(signal !== undefined && { signal }),
  } as const;
  try {
    const response = await fetch(url, request);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw noAnswer(cause);
  }
}

function toError(answer: Answer): SecretApiError {
  const { status, text } = answer;
  const body = parseJson(text);
  const detail = isObject(body) && isObject(body["detail"]) ? body["detail"] : undefined;
  const code = textMember(detail, "code") ?? codeByStatus.get(status) ?? "ERROR_UNKNOWN";
  const message = textMember(detail, "message") ?? textMember(body, "message") ?? "The answer is not the service's.";
  return new SecretApiError(code, message, factsOf(answer));
}

function factsOf({ status, headers }: Answer): {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
} {
  const seconds = headers.get("retry-after") ?? "";
  return {
    status,
    requestId: headers.get("x-request-id") ?? headers.get("apigw-requestid") ?? undefined,
    retryAfterMs: /^\d{1,3}$/.test(seconds) ? Number(seconds) * 1000 : undefined,
  };
}

function textMember(value: unknown, name: string): string | undefined {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === "string" ? member : undefined;
}
