/**
 * Converts the rows of the five tables to what they stand for, and back. An unset field is an absent attribute.
 */

import { isSecretId, type Secret, type SecretField, type StoredSecret, secretFieldNames } from "../secret/secret.ts";
import {
  type AttributeReader,
  absentAs,
  bytes,
  count,
  type Item,
  jsonObject,
  optional,
  type RowKind,
  readRow,
  text,
  toAttribute,
} from "./row.ts";
import type { ClientToken, DataVersion, KeptUntil, SecretBrief, SecretRow, TokenRecord } from "./secret-store.ts";

/** The stored attributes of `secret-data`. Other tools rely on these names. */
interface DataRow {
  readonly version: number;
  readonly encrypted_data: Uint8Array;
  readonly encrypted_data_key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly encrypt_algorithm: string;
  readonly key_id: string;
  readonly created_at: string;
  readonly trusted_secret_id: string | null;
}

export interface VersionKey {
  /** As `findPartition` returns it. */
  readonly secret: string;
  readonly version: number;
}

export type NameRow = Pick<Secret, "name" | "secret_id">;

interface TokenRow {
  readonly secret: Secret;
  readonly content_digest: string | null;
  readonly expires_at: number;
}

const secretRows: RowKind<StoredSecret> = {
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
    expires_at: optional(text),
    dependents: absentAs(0, count),
    revision: absentAs(0, count),
    oldest_version: absentAs(1, count),
  },
};

const storedFields = Object.keys(secretRows.readers) as (keyof StoredSecret)[];

const dataRows: RowKind<DataRow> = {
  name: "secret-data",
  key: ["secret", "version"],
  readers: {
    version: count,
    encrypted_data: bytes,
    encrypted_data_key: bytes,
    nonce: bytes,
    salt: bytes,
    commitment: bytes,
    encrypt_algorithm: text,
    key_id: text,
    created_at: text,
    trusted_secret_id: optional(text),
  },
};

const dataAttributes = Object.keys(dataRows.readers) as (keyof DataRow)[];

const nameRows: RowKind<NameRow> = {
  name: "secret-names",
  key: ["domain_id", "name"],
  readers: { name: text, secret_id: text },
};

const secret: AttributeReader<Secret> = (value) => (value === undefined ? undefined : parseSecret(value));

const tokenRows: RowKind<TokenRow> = {
  name: "client-tokens",
  key: ["domain_id", "token"],
  readers: { secret, content_digest: optional(text), expires_at: count },
};

export function toSecretItem(secret: Secret): Item {
  const set = secretFieldNames.filter((field) => secret[field] !== null);
  return Object.fromEntries(set.map((field) => [field, toAttribute(secret[field])]));
}

/** @throws MalformedRowError */
export function parseStoredSecret(item: unknown): StoredSecret {
  return readRow(secretRows, item, storedFields);
}

/** @throws MalformedRowError */
export function parseSecret(item: unknown): Secret {
  return readRow(secretRows, item, secretFieldNames);
}

/** The attributes that `parseBrief` reads. */
export const briefAttributes = ["secret_id", "name", "project_id", "version", "trusted_secret_id"] as const;

/** @throws MalformedRowError */
export function parseBrief(item: unknown): SecretBrief {
  return readRow(secretRows, item, briefAttributes);
}

/**
 * Reads only these fields, which must include `secret_id`.
 * @throws MalformedRowError
 */
export function parseRow(item: unknown, fields: readonly SecretField[]): SecretRow {
  return readRow(secretRows, item, fields);
}

/**
 * The partition key of a secret's versions; `undefined` for a string that is not a secret's id. Because of this check,
 * the key cannot name another domain's row: a `/` can only be in `domainId`.
 */
export function findPartition(domainId: string, secretId: string): string | undefined {
  return isSecretId(secretId) ? `${domainId}/${secretId}` : undefined;
}

/**
 * The same, for data that is about to be written.
 * @throws Error for a string that is not a secret's id
 */
export function getPartition({ domainId, secretId }: Pick<DataVersion, "domainId" | "secretId">): string {
  const partition = findPartition(domainId, secretId);
  if (partition === undefined) throw new Error("Data is only stored for a secret's id.");
  return partition;
}

export function toDataItem(data: DataVersion): Item {
  const item = {
    secret: getPartition(data),
    version: data.version,
    encrypted_data: data.encryptedData,
    encrypted_data_key: data.encryptedDataKey,
    nonce: data.nonce,
    salt: data.salt,
    commitment: data.commitment,
    encrypt_algorithm: data.algorithm,
    key_id: data.keyId,
    created_at: data.createdAt,
  };
  return data.trustedSecretId === null ? item : { ...item, trusted_secret_id: data.trustedSecretId };
}

/** @throws MalformedRowError */
export function parseDataVersion(domainId: string, secretId: string, item: unknown): DataVersion {
  const row = readRow(dataRows, item, dataAttributes);
  return {
    domainId,
    secretId,
    version: row.version,
    encryptedData: row.encrypted_data,
    encryptedDataKey: row.encrypted_data_key,
    nonce: row.nonce,
    salt: row.salt,
    commitment: row.commitment,
    algorithm: row.encrypt_algorithm,
    keyId: row.key_id,
    createdAt: row.created_at,
    trustedSecretId: row.trusted_secret_id,
  };
}

/** @throws MalformedRowError */
export function parseVersion(item: unknown): number {
  return readRow(dataRows, item, ["version"]).version;
}

/** @throws MalformedRowError */
export function parseNameRow(item: unknown): NameRow {
  return readRow(nameRows, item, ["name", "secret_id"]);
}

export function toTokenItem(token: ClientToken, answered: Secret): Item {
  return {
    domain_id: answered.domain_id,
    token: token.digest,
    secret: new Map(Object.entries(toSecretItem(answered))),
    content_digest: token.contentDigest,
    expires_at: token.expiresAt,
  };
}

/** The two rows of a deleted secret in `deleted-secrets`: a single row could exceed DynamoDB's 400 KB. */
export type DeletedPart = "metadata" | "data";

/**
 * What is kept of a deleted secret: its row, nested because the table's own `expires_at` means something else; and the
 * current version's row, still sealed, if there is one. Nothing is kept of a row whose id is no secret's.
 */
export function toDeletedItems(secret: StoredSecret, data: Item | undefined, kept: KeptUntil): readonly Item[] {
  const partition = findPartition(secret.domain_id, secret.secret_id);
  if (partition === undefined) return [];
  const row = { ...toSecretItem(secret), revision: secret.revision };
  const about = { secret: partition, deleted_at: kept.deletedAt, expires_at: kept.expiresAt };
  const metadata = { ...about, part: "metadata" satisfies DeletedPart, row: new Map(Object.entries(row)) };
  return data === undefined ? [metadata] : [metadata, { ...data, ...about, part: "data" satisfies DeletedPart }];
}

/**
 * Returns `undefined` for an expired token: DynamoDB removes its row only some time later.
 * @throws MalformedRowError
 */
export function parseTokenRecord(item: unknown, now: number): TokenRecord | undefined {
  const row = readRow(tokenRows, item, ["secret", "content_digest", "expires_at"]);
  return row.expires_at < now ? undefined : { secret: row.secret, contentDigest: row.content_digest };
}
