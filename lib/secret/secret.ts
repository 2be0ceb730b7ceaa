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
}

/** The names of the fields, which are those of the attributes too. */
export type SecretField = keyof Secret;

/** `Secret` with what only the store and the methods see. */
export interface StoredSecret extends Secret {
  /** How many secrets name this one as trusted. */
  readonly dependents: number;
  /** Counts the writes of this row's own fields: the optimistic lock. 0 in rows that were loaded from elsewhere. */
  readonly revision: number;
}

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
} as const;

/** DynamoDB's numbers: 0, or of a magnitude from 1e-130 to below 1e126; the 17 digits of a double are within its 38. */
export function isStorableNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude >= 1e-130 && magnitude < 1e126);
}

const secretIdPattern: RegExp = /^secret-[0-9a-f]{12}$/;

/**
 * Whether a text can be the id of a secret. Anything else is the id of none; it must not reach a composed key, where a
 * `/` in it would name another domain's row.
 */
export function isSecretId(id: string): boolean {
  return secretIdPattern.test(id);
}
