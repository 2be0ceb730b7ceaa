/** Idempotency tokens: what is stored, for how long, and when a repeat counts as a different request. */

import { createHash, createHmac } from "node:crypto";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { JsonText } from "../base/json-text.ts";
import type { ClientToken, TokenRecord } from "../store/secret-store.ts";

/** Longer than any client retries, including Lambda's asynchronous invocations (6 hours). */
const keptSeconds = 24 * 60 * 60;

interface TokenRequest {
  readonly client_token: string | null;
}

/**
 * What is stored for a request's token; `null` if it has none. The token itself is not stored. It is the key of the
 * request's digest, so that an attacker who can read the table cannot test guesses at the data.
 * @param operation the method and what it works on: the same token in two operations counts as two tokens
 */
export function clientToken(request: TokenRequest, operation: readonly string[], now: Date): ClientToken | null {
  const { client_token: text, ...content } = request;
  if (text === null) return null;
  const seconds = Math.floor(now.getTime() / 1000);
  const digest = createHash("sha256")
    .update(JSON.stringify([...operation, text]))
    .digest("base64url");
  // Unset fields do not count, so that a release with a new field still recognizes repeats of older requests.
  const sent = Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null));
  const contentDigest = createHmac("sha256", text).update(canonical(sent)).digest("base64url");
  return { digest, contentDigest, now: seconds, expiresAt: seconds + keptSeconds };
}

/**
 * Rows of releases that did not compare requests have no digest: any repeat counts as the same request.
 * @throws ERROR_INVALID_PARAMETER if the first request under the token was a different one
 */
export function assertRepeats({ contentDigest }: ClientToken, first: TokenRecord): void {
  if (first.contentDigest !== null && first.contentDigest !== contentDigest) throw usedForAnother();
}

export function usedForAnother(): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key: "client_token", reason: "was used for another request" });
}

/** The same string for equal requests, whatever the order of their members. In data the order counts. */
function canonical(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}
