/** The nouns: what a secret is, and the limits of its fields (contract, section 3). Pure. */

import type { JsonObject } from "../base/json.ts";

/** A secret's metadata as it is stored; its field names are the contract's. Unset fields are `null`. */
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
  /** ISO 8601, UTC, milliseconds. */
  readonly created_at: string;
  /** `null` only in rows that were loaded from elsewhere. */
  readonly updated_at: string | null;
  /** Version of the current data, from 1; `null` only in rows that were loaded without data. */
  readonly version: number | null;
  /** When the current data stops being good, in the form of `created_at`: it informs, and nothing is done then. */
  readonly expires_at: string | null;
}

/** The names of the fields, which are those of the attributes too. */
export type SecretField = keyof Secret;

/** `Secret` with what only the store and the methods see. */
export interface StoredSecret extends Secret {
  /** How many secrets name this one as trusted. */
  readonly dependents: number;
  /** Counts the writes of this row's own fields: the optimistic lock. 0 in rows that were loaded from elsewhere. */
  readonly revision: number;
  /** The oldest version of the data that may still be stored; those before it are gone. 1 until the first was dropped. */
  readonly oldest_version: number;
}

/** Every field of the message, `null` where unset. */
export type SecretInfo = Secret;

export type ProviderBySchema = Readonly<Record<string, string>>;

/** What a field holds where it is set, and whether a write may change it after the secret was made. */
interface SecretFieldRow {
  readonly kind: "string" | "number" | "date" | "map";
  readonly isChanging: boolean;
}

/** The fields in the message's order: the list from which those of queries, answers and rows follow. */
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

/** Limits of the fields; lengths in Unicode code points. */
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

/** DynamoDB's numbers: 0, or of a magnitude from 1e-130 to below 1e126; the 17 digits of a double are within its 38. */
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
 * Whether a text can be the id of a secret. Anything else is the id of none; it must not reach a composed key, where a
 * `/` in it would name another domain's row.
 */
export function isSecretId(id: string): boolean {
  return secretIdPattern.test(id);
}

/** Leaves out what only the store and the methods see. */
export function toInfo(secret: Secret): SecretInfo {
  // Each of the names is a field of every secret.
  return Object.fromEntries(secretFieldNames.map((name) => [name, secret[name]])) as unknown as SecretInfo;
}

/** An empty text in the map stands for none. */
export function providerOf(schema: string | null, providers: ProviderBySchema): string | null {
  return schema !== null && Object.hasOwn(providers, schema) ? providers[schema] || null : null;
}
