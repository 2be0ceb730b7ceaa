/** Idempotency tokens: what is stored of them, for how long, and when a repeat counts as another request. */

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
 * request's digest, so a reader of the table cannot test guesses of the data.
 * @param operation the method and what it works on: one text used for two operations makes two tokens
 */
export function clientToken(request: TokenRequest, operation: readonly string[], now: Date): ClientToken | null {
  const { client_token: text, ...content } = request;
  if (text === null) return null;
  const seconds = Math.floor(now.getTime() / 1000);
  const digest = createHash("sha256")
    .update(JSON.stringify([...operation, text]))
    .digest("base64url");
  // Unset fields do not count: a release that knows one more field still knows the repeats of the one before.
  const sent = Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null));
  const contentDigest = createHmac("sha256", text).update(canonical(sent)).digest("base64url");
  return { digest, contentDigest, now: seconds, expiresAt: seconds + keptSeconds };
}

/**
 * A row of before contents were compared has no digest: its repeat is taken for the same request, as it was then.
 * @throws ERROR_INVALID_PARAMETER when the first request under the token was another one
 */
export function assertRepeats({ contentDigest }: ClientToken, first: TokenRecord): void {
  if (first.contentDigest !== null && first.contentDigest !== contentDigest) throw usedForAnother();
}

export function usedForAnother(): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key: "client_token", reason: "was used for another request" });
}

/** One text for each request, whatever the order of its members; data counts as it was sent, since it comes back so. */
function canonical(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}
