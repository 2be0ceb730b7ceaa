/** The messages of the API as a caller sends and gets them. Types only; docs/api.md says what they mean. */

import type { JsonObject, JsonValue } from "../lib/base/json.ts";
import type { Secret } from "../lib/secret/secret.ts";
import type { Query, StatisticsQuery } from "./query.ts";
import type { ExactData, NewData } from "./secret-data.ts";

interface Domain {
  /** Needed for a direct call and with a system's token; else it is the token's. */
  readonly domain_id?: string;
}

interface OneSecret extends Domain {
  readonly secret_id: string;
}

/** A secret by its id or by its name. */
export type SecretReference =
  | { readonly secret_id: string; readonly name?: never }
  | { readonly name: string; readonly secret_id?: never };

interface Repeatable {
  /** Up to 64 characters; a repeat with the same one answers as the first call did. The client makes one by itself. */
  readonly client_token?: string;
}

interface NewSecret extends Domain, Repeatable {
  /** Unique within the domain. */
  readonly name: string;
  readonly secret_type: "CREDENTIALS";
  readonly tags?: JsonObject;
  readonly schema?: string;
  readonly service_account_id?: string;
  readonly project_id?: string;
  /** The secret whose data is laid under this one's. */
  readonly trusted_secret_id?: string;
  /** When the data stops being good: ISO 8601. */
  readonly expires_at?: string;
}

export type CreateSecretRequest = NewSecret & NewData;

/** What is left out stays as it is. */
export interface UpdateSecretRequest extends OneSecret {
  readonly name?: string;
  /** Replaces all tags, or is merged into them. */
  readonly tags?: JsonObject;
  /** Whether `tags` is a JSON Merge Patch (RFC 7396): what it does not name stays, `null` removes a key. */
  readonly merge_tags?: boolean;
  readonly project_id?: string;
  readonly release_project?: boolean;
  /** ISO 8601, or `never`. */
  readonly expires_at?: string;
}

export interface DeleteSecretRequest extends OneSecret {
  /** Keeps nothing of it: an operator cannot take it back. */
  readonly permanently?: boolean;
}

interface NextVersion extends OneSecret, Repeatable {
  readonly schema?: string;
  /** When the new data stops being good: ISO 8601. Without it, there is no date. */
  readonly expires_at?: string;
  /** Refuses to overwrite any other version than this one. */
  readonly expected_version?: number;
}

export type UpdateSecretDataRequest = NextVersion & NewData;

export type GetSecretDataRequest = SecretReference & ReadDataOptions;

interface ReadDataOptions extends Domain {
  /** The current one where left out. */
  readonly version?: number;
  /** Asks for the ciphertext, which KMS opens for the caller. */
  readonly sealed?: boolean;
  /** Asks for the data only where its `etag` is another. */
  readonly unless_etag?: string;
}

/** One of several secrets whose data is asked for at once. */
export type SecretDataItem = SecretReference & Pick<ReadDataOptions, "version" | "unless_etag">;

/** `Path` is what `only` names; its literal types decide what the answer shows. */
export type GetSecretRequest<Path extends string = string> = SecretReference &
  Domain & { readonly only?: readonly Path[] };

type FilterField = Exclude<keyof Secret, "tags" | "domain_id" | "created_at" | "updated_at" | "version" | "expires_at">;

/** Fields beside `query` are filters: the secret's own is the value, or one of the list. */
export type SecretQuery<Path extends string = string, Minimal extends boolean = boolean> = {
  readonly [Field in FilterField]?: string | readonly string[];
} & { readonly query?: Query<Path, Minimal> } & Domain;

export interface SecretStatQuery extends Domain {
  readonly query: StatisticsQuery;
}

/** Every field is there, `null` where unset. */
export type SecretInfo = Secret;

/** Where `encrypted`, the data is the sealed data. */
export interface SecretDataInfo extends ExactData {
  readonly secret_id: string;
  readonly encrypted: boolean;
  readonly encrypt_options: JsonObject;
  /** Of the secret's own data. */
  readonly version: number;
  /** Changes with the own or the trusted secret's data. */
  readonly etag: string;
  /** The data is what `unless_etag` names, and not sent again. */
  readonly not_modified?: true;
}

/** Of one of several secrets: its data, or what `getData` would have thrown, most often a `SecretApiError`. */
export type SecretDataResult =
  | (SecretDataInfo & { readonly error?: never })
  | (SecretReference & { readonly error: Error });

export interface SecretsInfo<Shown = SecretInfo> {
  readonly results: readonly Shown[];
  /** All that match, on whatever page. */
  readonly total_count: number;
}

/** `results` are objects, or the values of `distinct`. */
export interface SecretStatInfo {
  readonly results: readonly JsonValue[];
  /** Rows before paging; only with a page. */
  readonly total_count?: number;
}

export type MinimalSecretInfo = Pick<SecretInfo, "secret_id" | "name" | "secret_type">;

/**
 * What an answer shows of a secret, by what `only` and `minimal` ask for. `never` is what was not asked for: the whole secret, then. What is known only as the program runs (a `string[]`, a
 * `boolean`) shows any part of it. `minimal` wins.
 */
export type Shown<Path extends string, Minimal extends boolean = never> = [Minimal] extends [never]
  ? ByPath<Path>
  : [Minimal] extends [true]
    ? MinimalSecretInfo
    : [Minimal] extends [false]
      ? ByPath<Path>
      : Partial<SecretInfo>;

type ByPath<Path extends string> = [Path] extends [never]
  ? SecretInfo
  : string extends Path
    ? Partial<SecretInfo>
    : Pick<SecretInfo, Extract<Path, keyof SecretInfo>> &
        ([Extract<Path, `tags.${string}`>] extends [never] ? unknown : Partial<Pick<SecretInfo, "tags">>);
