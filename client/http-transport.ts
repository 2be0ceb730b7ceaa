/** Calls through API Gateway, with the global `fetch`. */

import type { ErrorCode } from "../lib/base/errors.ts";
import { isObject } from "../lib/base/json.ts";
import { stringifyObject } from "../lib/base/json-text.ts";
import { SecretApiError, type SecretApiErrorOptions } from "./secret-api-error.ts";
import { describeForeign, noAnswer, parseAnswer, parseJson, type Transport } from "./transport.ts";

export interface TokenRequest {
  /** The token that the service has just rejected, so that another one is needed. */
  readonly rejected?: string;
  /** The call's signal. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns a valid token, kept or new. `clientCredentials` makes such a function. */
export type TokenSource = (request: TokenRequest) => Promise<string>;

export interface HttpTransportOptions {
  /** Base URL of the API. */
  readonly url: string;
  /**
   * A function is called before each request, and once more if the service rejects the token (401). A rejected call did
   * nothing, so any call is safe to send again with the other token. If the function returns the same token, the call
   * fails.
   */
  readonly token: string | TokenSource;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * The meaning of an answer that comes from the gateway or a proxy. Any other status from 500 on is ERROR_UNAVAILABLE:
 * the gateway answers 500 if Lambda throttles an invocation.
 */
const codeByStatus = new Map<number, ErrorCode>([
  [401, "ERROR_AUTHENTICATE_FAILURE"],
  [403, "ERROR_PERMISSION_DENIED"],
  [413, "ERROR_INVALID_PARAMETER"],
  [429, "ERROR_UNAVAILABLE"],
  [504, "ERROR_REQUEST_TIMEOUT"],
]);

/** RFC 6750, section 2.1. */
const bearerPattern = /^[\w.~+/-]+=*$/;

/** @throws TypeError for an invalid URL, and for one with user and password, which `fetch` would refuse */
export function httpTransport({ url, token }: HttpTransportOptions): Transport {
  const base = new URL(url.endsWith("/") ? url : `${url}/`);
  if (base.username || base.password)
    throw new TypeError("The URL of the API must not have credentials in it: use a token.");
  return async (route, message, signal) => {
    const url = new URL(`secret/v1/secret/${route}`, base);
    const send = async (bearer: string) => await post(url, message, bearer, signal);
    const first = await tokenOf(token, { signal });
    let answer = await send(first);
    if (answer.status === 401) {
      const other = await tokenOf(token, { signal, rejected: first });
      if (other !== first) answer = await send(other);
    }
    if (answer.status === 200) return parseAnswer(answer.text, { route, message, target: url.href }, factsOf(answer));
    throw toError(answer, url);
  };
}

/** @throws TypeError that does not quote the token, as `fetch` would */
async function tokenOf(token: HttpTransportOptions["token"], request: TokenRequest): Promise<string> {
  const bearer = typeof token === "string" ? token : await token(request);
  if (!bearerPattern.test(bearer))
    throw new TypeError("The token is not a bearer token: it has characters that no bearer token has.");
  return bearer;
}

async function post(url: URL, message: object, token: string, signal?: AbortSignal): Promise<Answer> {
  const request = {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: stringifyObject(message),
    // The gateway never redirects, and no other server must get the token and the message.
    redirect: "manual",
    ...(signal !== undefined && { signal }),
  } as const;
  try {
    const response = await fetch(url, request);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (failure) {
    signal?.throwIfAborted();
    throw noAnswer(failure, url.href);
  }
}

function toError(answer: Answer, url: URL): SecretApiError {
  const { status, text } = answer;
  const body = parseJson(text);
  const detail = isObject(body) && isObject(body["detail"]) ? body["detail"] : undefined;
  const [code, message] = [textMember(detail, "code"), textMember(detail, "message")];
  if (code !== undefined && message !== undefined) return new SecretApiError(code, message, factsOf(answer));
  const sentence = textMember(body, "message") ?? redirection(answer, url) ?? "The answer is not the service's.";
  const foreign = describeForeign(sentence, { target: url.href, status });
  return new SecretApiError(codeOf(status), foreign, factsOf(answer));
}

function codeOf(status: number): ErrorCode {
  return codeByStatus.get(status) ?? (status >= 500 ? "ERROR_UNAVAILABLE" : "ERROR_UNKNOWN");
}

/** Leaves out the query of the target, which may be confidential. */
function redirection({ status, headers }: Answer, url: URL): string | undefined {
  if (status < 300 || status > 399) return undefined;
  const target = URL.parse(headers.get("location") ?? "", url.href);
  return `The request is redirected${target === null ? "" : ` to ${target.origin}${target.pathname}`}, and not sent there.`;
}

function factsOf({ status, headers }: Answer): SecretApiErrorOptions {
  const seconds = headers.get("retry-after") ?? "";
  return {
    status,
    requestId: headers.get("x-request-id") ?? headers.get("apigw-requestid") ?? undefined,
    retryAfterMs: /^\d{1,3}$/.test(seconds) ? Number(seconds) * 1000 : undefined,
    // Rejected or throttled before it reached a function.
    isUnprocessed: status === 401 || status === 429,
  };
}

function textMember(value: unknown, name: string): string | undefined {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === "string" ? member : undefined;
}
