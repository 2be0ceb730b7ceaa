/** Gets tokens by OAuth 2.0's client credentials grant (RFC 6749, section 4.4). Never logs or quotes anything. */

import { isObject } from "../lib/base/json.ts";
import type { TokenSource } from "./http-transport.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { SharedWork } from "./shared-work.ts";
import { describeForeign, noAnswer, parseJson } from "./transport.ts";

export interface ClientCredentialsOptions {
  /** The token endpoint. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Separated by spaces, e.g. `secret:read secret:data`. */
  readonly scope?: string;
  /** Further parameters that the endpoint expects, e.g. `audience`. */
  readonly parameters?: { readonly [name: string]: string };
  /** How the client authenticates: HTTP Basic (the default, which every endpoint must support), or in the body. */
  readonly authentication?: "client_secret_basic" | "client_secret_post";
  /** How long before its expiry a token is renewed; at most half its lifetime. Default 30 s. */
  readonly renewBeforeMs?: number;
  /** How long the endpoint may take to answer. Default 10 s. */
  readonly timeoutMs?: number;
}

interface Token {
  readonly text: string;
  /** `Infinity` if the endpoint does not say: then the token is used until it is rejected. */
  readonly renewAt: number;
}

/**
 * Makes a token source for `httpTransport`. It keeps the token until shortly before it expires, and sends one request
 * for all calls that need a token at the same time. It throws `SecretApiError`: `ERROR_AUTHENTICATE_FAILURE` if the
 * endpoint refuses, or `ERROR_UNAVAILABLE` if it does not answer, which the client retries.
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const requests = new SharedWork<Token>();
  let current: Token | undefined;
  const renew = async () => {
    current = await requestToken(options);
    return current;
  };
  return async ({ rejected, signal }) => {
    if (current !== undefined && current.text !== rejected && Date.now() < current.renewAt) return current.text;
    return (await requests.run(renew, signal)).text;
  };
}

async function requestToken(options: ClientCredentialsOptions): Promise<Token> {
  const { renewBeforeMs = 30_000 } = options;
  const askedAt = Date.now();
  const { status, text } = await post(options);
  const answer = parseJson(text);
  const { access_token, token_type, expires_in, error } = isObject(answer) ? answer : {};
  if (status !== 200) throw refusal(options.tokenUrl, status, error);
  if (typeof access_token !== "string" || String(token_type).toLowerCase() !== "bearer") {
    throw new SecretApiError(
      "ERROR_UNKNOWN",
      describeForeign("The token endpoint gives no bearer token.", { target: shown(options.tokenUrl), status }),
      { status },
    );
  }
  const lifeMs = Number(expires_in ?? Number.POSITIVE_INFINITY) * 1000;
  return { text: access_token, renewAt: askedAt + Math.max(lifeMs - renewBeforeMs, lifeMs / 2) };
}

async function post(options: ClientCredentialsOptions): Promise<{ readonly status: number; readonly text: string }> {
  const { tokenUrl, clientId, clientSecret, scope, parameters, authentication, timeoutMs = 10_000 } = options;
  const isInBody = authentication === "client_secret_post";
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    ...(scope !== undefined && { scope }),
    ...(isInBody && { client_id: clientId, client_secret: clientSecret }),
    ...parameters,
  });
  const headers = { accept: "application/json", ...(!isInBody && { authorization: basic(clientId, clientSecret) }) };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(tokenUrl, { method: "POST", headers, body, redirect: "manual", signal });
    return { status: response.status, text: await response.text() };
  } catch (failure) {
    const { cause, message } = noAnswer(failure, shown(tokenUrl));
    throw new SecretApiError("ERROR_UNAVAILABLE", message.replace("service", "token endpoint"), {
      cause,
      isUnprocessed: true,
    });
  }
}

/** Both parts are form-encoded first (RFC 6749, section 2.3.1). */
function basic(...parts: readonly [string, string]): string {
  const encoded = parts.map((part) => new URLSearchParams({ part }).toString().slice("part=".length));
  return `Basic ${Buffer.from(encoded.join(":")).toString("base64")}`;
}

/** Quotes only an error code in the RFC's form: anything else in the answer could quote the request. */
function refusal(tokenUrl: string, status: number, error: unknown): SecretApiError {
  const isBusy = status === 429 || status >= 500;
  const code = isBusy ? "ERROR_UNAVAILABLE" : "ERROR_AUTHENTICATE_FAILURE";
  const reason = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? ` It says ${error}.` : "";
  const message = describeForeign(`The token endpoint gives no token.${reason}`, { target: shown(tokenUrl), status });
  return new SecretApiError(code, message, { status, isUnprocessed: isBusy });
}

/** Leaves out query, user and password, which may be confidential. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
