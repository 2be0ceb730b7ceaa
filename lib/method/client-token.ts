/** Idempotency tokens: what is stored of them, and for how long. */

import { createHash } from "node:crypto";
import type { ClientToken } from "../store/secret-store.ts";

/** Longer than any client retries, Lambda's asynchronous invocations (6 hours) included. */
const keptSeconds = 24 * 60 * 60;

/** `operation`: the method and what it works on; one text used for two operations makes two tokens. */
export function clientToken(text: string | null, operation: readonly string[], now: Date): ClientToken | null {
  if (text === null) return null;
  const seconds = Math.floor(now.getTime() / 1000);
  const digest = createHash("sha256")
    .update(JSON.stringify([...operation, text]))
    .digest("base64url");
  return { digest, now: seconds, expiresAt: seconds + keptSeconds };
}
