/** The messages of the API as a caller sends and gets them. Types only, derived from those of the functions. */

import type { JsonObject, JsonValue } from "../lib/base/json.ts";
import type { JsonText } from "../lib/base/json-text.ts";
import type { SecretDataInfo as StoredDataInfo } from "../lib/method/get-data.ts";
import type { CreateRequest } from "../lib/request/create.ts";
import type { DeleteRequest } from "../lib/request/delete.ts";
import type { GetRequest } from "../lib/request/get.ts";
import type { GetDataRequest } from "../lib/request/get-data.ts";
import type { ListRequest } from "../lib/request/list.ts";
import type { UpdateRequest } from "../lib/request/update.ts";
import type { UpdateDataRequest } from "../lib/request/update-data.ts";
import type { Secret } from "../lib/secret/secret.ts";
import type { Query, StatisticsQuery } from "./query.ts";

/** What a function reads as `null` may be left out. */
type Message<Request> = {
  readonly [Field in keyof Request as null extends Request[Field] ? never : Field]: Sent<Request[Field]>;
} & {
  readonly [Field in keyof Request as null extends Request[Field] ? Field : never]?: Sent<NonNullable<Request[Field]>>;
} & Domain;

type Sent<Value> = Value extends JsonText ? JsonObject : Value;

interface Domain {
  /** Needed for a direct call and with a system's token; else it is the token's. */
  readonly domain_id?: string;
}

type WithoutDomain<Request> = Omit<Request, "domain_id">;

export type CreateSecretRequest = Message<WithoutDomain<CreateRequest>>;
export type UpdateSecretRequest = Message<WithoutDomain<UpdateRequest>>;
export type DeleteSecretRequest = Message<WithoutDomain<DeleteRequest>>;
export type UpdateSecretDataRequest = Message<WithoutDomain<UpdateDataRequest>>;
export type GetSecretDataRequest = Message<WithoutDomain<GetDataRequest>>;
export type GetSecretRequest = Message<WithoutDomain<GetRequest>>;

/** Fields beside `query` are filters: the secret's own is the value, or one of the list. */
export type SecretQuery = {
  readonly [Field in keyof Omit<ListRequest, "domain_id" | "query">]?: string | readonly string[];
} & { readonly query?: Query } & Domain;

export type SecretStatQuery = { readonly query: StatisticsQuery } & Domain;

/** Every field is there, `null` where unset. */
export type SecretInfo = Secret;

export type SecretDataInfo = Omit<StoredDataInfo, "data"> & { readonly data: JsonObject };

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
