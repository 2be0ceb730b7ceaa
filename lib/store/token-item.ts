/** A row of `client-tokens` <-> what the first call under an idempotency token did. */

import type { Secret } from "../secret/secret.ts";
import { count, type Reader } from "./attributes.ts";
import { type Item, type RowKind, readRow } from "./row.ts";
import { parseSecret, toSecretItem } from "./secret-item.ts";
import type { ClientToken, TokenRecord } from "./secret-store.ts";

interface TokenRow {
  readonly secret: Secret;
  readonly expires_at: number;
}

const secret: Reader<Secret> = (value) => (value === undefined ? undefined : parseSecret(value));

const kind: RowKind<TokenRow> = {
  name: "client-tokens",
  key: ["domain_id", "token"],
  readers: { secret, expires_at: count },
};

export function toTokenItem(token: ClientToken, answered: Secret): Item {
  return {
    domain_id: answered.domain_id,
    token: token.digest,
    secret: new Map(Object.entries(toSecretItem(answered))),
    expires_at: token.expiresAt,
  };
}

/**
 * `undefined` for a token that has expired: DynamoDB removes such a row some time later.
 * @throws MalformedRowError
 */
export function parseTokenRecord(item: unknown, now: number): TokenRecord | undefined {
  const row = readRow(kind, item, ["secret", "expires_at"]);
  return row.expires_at < now ? undefined : { secret: row.secret };
}
