/** The shape of a well-formed row in each table. Other attributes are ignored. */

import * as v from "valibot";
import { tags } from "../../../lib/request/field.ts";
import { domainId, id, name, secretType } from "../../../lib/request/message.ts";
import { isSecretId } from "../../../lib/secret/secret.ts";

/** The attributes that relate rows to each other. */
export interface SecretRow {
  readonly domain_id: string;
  readonly secret_id: string;
  readonly name: string;
  readonly trusted_secret_id?: string | undefined;
  readonly version?: number | undefined;
  readonly dependents: number;
  readonly revision: number;
}

export interface NameRow {
  readonly domain_id: string;
  readonly name: string;
  readonly secret_id: string;
}

export interface DataRow {
  readonly version: number;
  readonly trusted_secret_id?: string | undefined;
}

const suite = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";
const maxWrappedKeyBytes = 6144;
/** A token is kept for a day, plus an hour for differing clocks. */
const maxTokenSeconds = 25 * 60 * 60;

const present = v.pipe(v.string(), v.nonEmpty());
const set = v.pipe(id, v.nonEmpty());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const version = v.pipe(count, v.minValue(1));
const timestamp = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
const secretId = v.pipe(v.string(), v.check(isSecretId, "must be a secret's id"));

const secretEntries = {
  domain_id: domainId,
  secret_id: secretId,
  name,
  secret_type: secretType,
  tags: v.optional(tags),
  schema: v.optional(set),
  provider: v.optional(present),
  service_account_id: v.optional(set),
  project_id: v.optional(set),
  trusted_secret_id: v.optional(secretId),
  created_at: timestamp,
  updated_at: v.optional(timestamp),
  version: v.optional(version),
  expires_at: v.optional(timestamp),
};

export const secretRow: v.GenericSchema<unknown, SecretRow> = v.object({
  ...secretEntries,
  dependents: v.optional(count, 0),
  revision: v.optional(count, 0),
});

/** The metadata of a deleted secret has a copy of its row. */
interface DeletedMetadata extends DeletedPart {
  readonly part: "metadata";
  readonly row: { readonly version?: number | undefined; readonly trusted_secret_id?: string | undefined };
}

interface DeletedData extends DeletedPart, DataRow {
  readonly part: "data";
}

interface DeletedPart {
  readonly secret: string;
  /** Unix time in seconds. */
  readonly expires_at: number;
}

export const nameRow: v.GenericSchema<unknown, NameRow> = v.object({ domain_id: domainId, name, secret_id: secretId });

const partition = v.pipe(v.string(), v.check(isPartition, "must be a domain and a secret's id"));

const dataEntries = {
  secret: partition,
  version,
  encrypted_data: bytes(16, Number.POSITIVE_INFINITY),
  encrypted_data_key: bytes(1, maxWrappedKeyBytes),
  nonce: bytes(12, 12),
  salt: bytes(32, 32),
  commitment: bytes(32, 32),
  encrypt_algorithm: v.literal(suite),
  key_id: present,
  created_at: timestamp,
  trusted_secret_id: v.optional(secretId),
};

export const dataRow: v.GenericSchema<unknown, DataRow> = v.object(dataEntries);

const deletion = { secret: partition, deleted_at: timestamp, expires_at: count };

export const deletedRow: v.GenericSchema<unknown, DeletedMetadata | DeletedData> = v.variant("part", [
  v.pipe(
    v.object({
      ...deletion,
      part: v.literal("metadata"),
      row: v.object({ ...secretEntries, revision: v.optional(count) }),
    }),
    v.check(({ secret, row }) => secret === `${row.domain_id}/${row.secret_id}`, "must belong to its secret"),
  ),
  v.object({ ...dataEntries, ...deletion, part: v.literal("data") }),
]);

export const tokenRow: v.GenericSchema<unknown> = v.pipe(
  v.object({
    domain_id: domainId,
    token: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
    secret: v.object(secretEntries),
    expires_at: v.pipe(count, v.check(isSoon, "must be within a day")),
  }),
  v.check(({ domain_id, secret }) => secret.domain_id === domain_id, "must belong to its secret's domain"),
);

/** Splits the partition key of a `secret-data` row. The last `/` ends the domain, which may contain others. */
export function splitPartition(partition: string): { readonly domainId: string; readonly secretId: string } {
  const end = partition.lastIndexOf("/");
  return { domainId: partition.slice(0, Math.max(end, 0)), secretId: partition.slice(end + 1) };
}

function isPartition(text: string): boolean {
  const { domainId: domain, secretId: secret } = splitPartition(text);
  return domain !== "" && isSecretId(secret);
}

function bytes(min: number, max: number): v.GenericSchema<unknown, Uint8Array> {
  const isBytes = (value: unknown) => value instanceof Uint8Array && value.length >= min && value.length <= max;
  return v.custom<Uint8Array>(isBytes, min === max ? `must be ${min} bytes` : `must be ${min} bytes or more`);
}

function isSoon(seconds: number): boolean {
  return seconds <= Date.now() / 1000 + maxTokenSeconds;
}
