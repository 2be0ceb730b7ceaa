/** What a secret is, and the limits of its fields. Pure. */

import type { JsonObject } from "../base/json.ts";

/** A secret's metadata as stored, under the API's field names. An unset field is `null`. */
export interface Secret {
  readonly secret_id: string;
  readonly name: string;
  readonly secret_type: "CREDENTIALS";
  readonly tags: JsonObject;
  readonly schema: string | null;
  readonly provider: string | null;
  readonly service_account_id: string | null;
  readonly project_id: string | null;
  readonly trusted_secret_id: string | null;
  readonly domain_id: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly created_at: string;
  /** `null` only in rows that other tools loaded. */
  readonly updated_at: string | null;
  /** Version of the current data, from 1; `null` only in rows that other tools loaded without data. */
  readonly version: number | null;
  /** When the current data stops being valid, in the form of `created_at`. It only informs: nothing happens then. */
  readonly expires_at: string | null;
}

/** The names of the fields, which are also those of the stored attributes. */
export type SecretField = keyof Secret;

/** A secret with the attributes that only the store and the methods see. */
export interface StoredSecret extends Secret {
  /** How many secrets name this one as trusted. */
  readonly dependents: number;
  /** Counts writes to this row's own fields, for optimistic locking. 0 in rows that other tools loaded. */
  readonly revision: number;
  /** The oldest version of the data that may still be stored; earlier ones are deleted. */
  readonly oldest_version: number;
}

/** The answer about a secret: every field, `null` if unset. */
export type SecretInfo = Secret;

export type ProviderBySchema = Readonly<Record<string, string>>;

/** The type of a field's value, and whether a write may change it after creation. */
interface SecretFieldRow {
  readonly kind: "string" | "number" | "date" | "map";
  readonly isChanging: boolean;
}

/** The fields in the order of the answer. The fields of queries, answers and rows are derived from this table. */
export const secretFields: { readonly [Field in SecretField]: SecretFieldRow } = {
  secret_id: { kind: "string", isChanging: false },
  name: { kind: "string", isChanging: true },
  secret_type: { kind: "string", isChanging: false },
  tags: { kind: "map", isChanging: true },
  schema: { kind: "string", isChanging: true },
  provider: { kind: "string", isChanging: true },
  service_account_id: { kind: "string", isChanging: false },
  project_id: { kind: "string", isChanging: true },
  trusted_secret_id: { kind: "string", isChanging: false },
  domain_id: { kind: "string", isChanging: false },
  created_at: { kind: "date", isChanging: false },
  updated_at: { kind: "date", isChanging: true },
  version: { kind: "number", isChanging: true },
  expires_at: { kind: "date", isChanging: true },
};

export const secretFieldNames: readonly SecretField[] = Object.keys(secretFields) as SecretField[];

/** Limits of the fields (docs/api.md, Messages). Characters are Unicode code points. */
export const limits = {
  nameCharacters: 255,
  idCharacters: 40,
  domainIdCharacters: 255,
  dataBytes: 393_216,
  dataDepth: 100,
  tagsBytes: 16_384,
  tagsDepth: 16,
  clientTokenCharacters: 64,
  itemsAtOnce: 50,
} as const;

/** DynamoDB's numbers: 0, or a magnitude from 1e-130 to below 1e126. A double's 17 digits fit into its 38. */
export function isStorableNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude >= 1e-130 && magnitude < 1e126);
}

const secretIdPattern: RegExp = /^secret-[0-9a-f]{12}$/;

export const builtInProviders: ProviderBySchema = {
  aws_access_key: "aws",
  aws_assume_role: "aws",
  google_oauth2_credentials: "google_cloud",
  google_cloud_project_id: "google_cloud",
  azure_client_secret: "azure",
  azure_client_secret_for_cost_management: "azure",
  azure_credentials: "azure",
  azure_subscription_id: "azure",
};

/**
 * Whether a string can be the id of a secret. Any other string must not become part of a composed key, where a `/` in
 * it would name another domain's row.
 */
export function isSecretId(id: string): boolean {
  return secretIdPattern.test(id);
}

/** Leaves out the attributes that only the store and the methods see. */
export function toInfo(secret: Secret): SecretInfo {
  // Each of the names is a field of every secret.
  return Object.fromEntries(secretFieldNames.map((name) => [name, secret[name]])) as unknown as SecretInfo;
}

/** The provider of a schema, or `null`. An empty string in the map means none. */
export function providerOf(schema: string | null, providers: ProviderBySchema): string | null {
  return schema !== null && Object.hasOwn(providers, schema) ? providers[schema] || null : null;
}
