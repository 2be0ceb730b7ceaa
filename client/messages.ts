/** The messages of the API as a caller sends and receives them. Types only; docs/api.md explains them. */

import type { JsonObject, JsonValue } from "../lib/base/json.ts";
import type { Secret } from "../lib/secret/secret.ts";
import type { Query, StatisticsQuery } from "./query.ts";
import type { ExactData, NewData } from "./secret-data.ts";

interface Domain {
  /** Required in a direct call and with a system token. Default: the token's domain. */
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
  /**
   * Up to 64 characters. A repeat with the same token gets the first call's answer. Default: one that the client makes.
   */
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
  /** The secret whose data is merged under this one's. */
  readonly trusted_secret_id?: string;
  /** When the data stops being valid: ISO 8601. */
  readonly expires_at?: string;
}

export type CreateSecretRequest = NewSecret & NewData;

/** Absent fields do not change. */
export interface UpdateSecretRequest extends OneSecret {
  readonly name?: string;
  /** Replaces all tags, or is merged into them with `merge_tags`. */
  readonly tags?: JsonObject;
  /** Makes `tags` a JSON Merge Patch (RFC 7396): keys that it does not name stay, and `null` removes a key. */
  readonly merge_tags?: boolean;
  readonly project_id?: string;
  readonly release_project?: boolean;
  /** ISO 8601, or `never`. */
  readonly expires_at?: string;
}

export interface DeleteSecretRequest extends OneSecret {
  /** Keeps nothing: an operator cannot restore the secret. */
  readonly permanently?: boolean;
}

interface NextVersion extends OneSecret, Repeatable {
  readonly schema?: string;
  /** When the new data stops being valid: ISO 8601. Absent: no date. */
  readonly expires_at?: string;
  /** Refuses to write unless this is the current version. */
  readonly expected_version?: number;
}

export type UpdateSecretDataRequest = NextVersion & NewData;

export type GetSecretDataRequest = SecretReference & ReadDataOptions;

interface ReadDataOptions extends Domain {
  /** Default: the current version. */
  readonly version?: number;
  /** Requests the encrypted data, which the caller opens with KMS. */
  readonly sealed?: boolean;
  /** Requests the data only if its `etag` is a different one. */
  readonly unless_etag?: string;
}

/** One of several secrets whose data is requested at once. */
export type SecretDataItem = SecretReference & Pick<ReadDataOptions, "version" | "unless_etag">;

/** `Path` is the type of the names in `only`. Literal types decide the type of the answer. */
export type GetSecretRequest<Path extends string = string> = SecretReference &
  Domain & { readonly only?: readonly Path[] };

type FilterField = Exclude<keyof Secret, "tags" | "domain_id" | "created_at" | "updated_at" | "version" | "expires_at">;

/** Fields besides `query` are filters: the secret's value must be the given one, or one of the list. */
export type SecretQuery<Path extends string = string, Minimal extends boolean = boolean> = {
  readonly [Field in FilterField]?: string | readonly string[];
} & { readonly query?: Query<Path, Minimal> } & Domain;

export interface SecretStatQuery extends Domain {
  readonly query: StatisticsQuery;
}

/** Every field is present, `null` if unset. */
export type SecretInfo = Secret;

/** If `encrypted`, `data` is the sealed data. */
export interface SecretDataInfo extends ExactData {
  readonly secret_id: string;
  readonly encrypted: boolean;
  readonly encrypt_options: JsonObject;
  /** The version of the secret's own data. */
  readonly version: number;
  /** Changes if the secret's own data or its trusted secret's data does. */
  readonly etag: string;
  /** The data still has the etag in `unless_etag`, and is not sent again. */
  readonly not_modified?: true;
}

/** One secret's data, or the error that `getData` would have thrown, usually a `SecretApiError`. */
export type SecretDataResult =
  | (SecretDataInfo & { readonly error?: never })
  | (SecretReference & { readonly error: Error });

export interface SecretsInfo<Shown = SecretInfo> {
  readonly results: readonly Shown[];
  /** The number of matching secrets on all pages. */
  readonly total_count: number;
}

/** `results` are rows, or the values of `distinct`. */
export interface SecretStatInfo {
  readonly results: readonly JsonValue[];
  /** The number of results before paging; absent without a page. */
  readonly total_count?: number;
}

export type MinimalSecretInfo = Pick<SecretInfo, "secret_id" | "name" | "secret_type">;

/**
 * The type of a secret in an answer, by the types of `only` and `minimal`. `never` stands for an absent field: then the
 * answer has the whole secret. If a value is known only at run time (a `string[]`, a `boolean`), all fields are
 * optional. `minimal` overrides `only`.
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
