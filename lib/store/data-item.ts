/** A row of `secret-data` <-> a version of a secret's data, and the key that the two share. */

import { isSecretId } from "../secret/secret.ts";
import { bytes, count, optional, text } from "./attributes.ts";
import { type Item, type RowKind, readRow } from "./row.ts";
import type { DataVersion } from "./secret-store.ts";

/** The stored attributes, under the names that tools outside rely on. */
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

export interface DataKey {
  /** What `findPartition` gives. */
  readonly secret: string;
  readonly version: number;
}

const kind: RowKind<DataRow> = {
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

const attributes = Object.keys(kind.readers) as (keyof DataRow)[];

/**
 * The partition key of a secret's versions, `undefined` for what is no secret's id and so has none. Past that check the
 * key cannot name another domain's row: a `/` can only be in `domainId`.
 */
export function findPartition(domainId: string, secretId: string): string | undefined {
  return isSecretId(secretId) ? `${domainId}/${secretId}` : undefined;
}

/**
 * The same, of a secret that data is written for.
 * @throws Error for what is no secret's id.
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
  const row = readRow(kind, item, attributes);
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
  return readRow(kind, item, ["version"]).version;
}
