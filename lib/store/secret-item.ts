/** A row of `secrets` <-> the secret. An unset field is an absent attribute. */

import type { Secret, SecretField, StoredSecret } from "../secret/secret.ts";
import { absentAs, count, jsonObject, optional, text, toAttribute } from "./attributes.ts";
import { type Item, type RowKind, readRow } from "./row.ts";
import type { Row } from "./secret-rows.ts";

const kind: RowKind<StoredSecret> = {
  name: "secrets",
  key: ["domain_id", "secret_id"],
  readers: {
    secret_id: text,
    name: text,
    secret_type: (value) => (value === "CREDENTIALS" ? value : undefined),
    tags: absentAs({}, jsonObject),
    schema: optional(text),
    provider: optional(text),
    service_account_id: optional(text),
    project_id: optional(text),
    trusted_secret_id: optional(text),
    domain_id: text,
    created_at: text,
    updated_at: optional(text),
    version: optional(count),
    dependents: absentAs(0, count),
    revision: absentAs(0, count),
  },
};

const storedFields = Object.keys(kind.readers) as (keyof StoredSecret)[];

/** All fields that callers see, in the message's order. */
export const secretFields: readonly SecretField[] = storedFields.filter(
  (field): field is SecretField => field !== "dependents" && field !== "revision",
);

export function toSecretItem(secret: Secret): Item {
  const set = secretFields.filter((field) => secret[field] !== null);
  return Object.fromEntries(set.map((field) => [field, toAttribute(secret[field])]));
}

/** @throws MalformedRowError */
export function parseStoredSecret(item: unknown): StoredSecret {
  return readRow(kind, item, storedFields);
}

/** @throws MalformedRowError */
export function parseSecret(item: unknown): Secret {
  return readRow(kind, item, secretFields);
}

/**
 * Reads just these fields, of which `secret_id` is one.
 * @throws MalformedRowError
 */
export function parseRow(item: unknown, fields: readonly SecretField[]): Row {
  return readRow(kind, item, fields);
}
