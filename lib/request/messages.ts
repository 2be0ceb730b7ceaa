/** The messages of all methods but list and stat: for each the parsed request, its fields and its parser. */

import * as v from "valibot";
import { SecretError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { JsonText } from "../base/json-text.ts";
import { limits } from "../secret/secret.ts";
import { clientToken, data, etag, expiresAt, expiresAtOrNever, fieldNames, tags, version } from "./field.ts";
import {
  bool,
  domainId,
  type Fields,
  id,
  messageParser,
  messageSchema,
  name,
  type Parse,
  secretType,
} from "./message.ts";

export interface CreateRequest {
  readonly name: string;
  readonly data: JsonText;
  readonly secret_type: "CREDENTIALS";
  readonly tags: JsonObject | null;
  readonly schema: string | null;
  readonly service_account_id: string | null;
  readonly project_id: string | null;
  readonly trusted_secret_id: string | null;
  readonly domain_id: string;
  readonly client_token: string | null;
  /** ISO 8601 in UTC with milliseconds. */
  readonly expires_at: string | null;
}

export const createFields: Fields<CreateRequest> = {
  name,
  data,
  secret_type: secretType,
  tags: v.optional(tags),
  schema: v.optional(id),
  service_account_id: v.optional(id),
  project_id: v.optional(id),
  trusted_secret_id: v.optional(id),
  domain_id: domainId,
  client_token: v.optional(clientToken),
  expires_at: v.optional(expiresAt),
};

export const parseCreate: Parse<CreateRequest> = messageParser(createFields);

export interface UpdateRequest {
  readonly secret_id: string;
  readonly name: string | null;
  readonly tags: JsonObject | null;
  readonly merge_tags: boolean | null;
  readonly project_id: string | null;
  readonly domain_id: string;
  readonly release_project: boolean | null;
  /** ISO 8601 in UTC with milliseconds, or `never`. */
  readonly expires_at: string | null;
}

export const updateFields: Fields<UpdateRequest> = {
  secret_id: id,
  name: v.optional(name),
  tags: v.optional(tags),
  merge_tags: v.optional(bool),
  project_id: v.optional(id),
  domain_id: domainId,
  release_project: v.optional(bool),
  expires_at: v.optional(expiresAtOrNever),
};

export const parseUpdate: Parse<UpdateRequest> = messageParser(updateFields);

export interface DeleteRequest {
  readonly secret_id: string;
  readonly domain_id: string;
  readonly permanently: boolean | null;
}

export const deleteFields: Fields<DeleteRequest> = {
  secret_id: id,
  domain_id: domainId,
  permanently: v.optional(bool),
};

export const parseDelete: Parse<DeleteRequest> = messageParser(deleteFields);

export interface UpdateDataRequest {
  readonly secret_id: string;
  readonly data: JsonText;
  readonly domain_id: string;
  readonly schema: string | null;
  readonly expected_version: number | null;
  readonly client_token: string | null;
  /** ISO 8601 in UTC with milliseconds. */
  readonly expires_at: string | null;
}

export const updateDataFields: Fields<UpdateDataRequest> = {
  secret_id: id,
  data,
  domain_id: domainId,
  schema: v.optional(id),
  expected_version: v.optional(version),
  client_token: v.optional(clientToken),
  expires_at: v.optional(expiresAt),
};

export const parseUpdateData: Parse<UpdateDataRequest> = messageParser(updateDataFields);

/** Names a secret: exactly one of the two is set. */
export interface SecretReference {
  readonly secret_id: string | null;
  readonly name: string | null;
}

/** A request has exactly one of these fields. */
export const references = ["secret_id", "name"] as const;

export const dataAlternatives = ["secret_id", "name", "items"] as const;

/** Fields about one secret, which a request with `items` has in each item instead. */
export const ofOneSecret = ["version", "unless_etag"] as const;

/** A secret whose data is requested. */
export interface DataItem extends SecretReference {
  readonly version: number | null;
  readonly unless_etag: string | null;
}

/** Requests the data of one secret, or of `items`. */
export interface GetDataRequest extends DataItem {
  readonly items: readonly DataItem[] | null;
  readonly domain_id: string;
  readonly sealed: boolean | null;
}

const dataItemFields: Fields<DataItem> = {
  secret_id: v.optional(id),
  name: v.optional(name),
  version: v.optional(version),
  unless_etag: v.optional(etag),
};

/** Checks the length before the items. */
const dataItems: v.GenericSchema<unknown, readonly DataItem[]> = v.pipe(
  v.array(v.unknown(), "list"),
  v.maxLength(limits.itemsAtOnce, `must name at most ${limits.itemsAtOnce} secrets`),
  v.array(messageSchema(dataItemFields, references)),
);

export const getDataFields: Fields<GetDataRequest> = {
  secret_id: v.optional(id),
  name: v.optional(name),
  items: v.optional(dataItems),
  domain_id: domainId,
  version: v.optional(version),
  sealed: v.optional(bool),
  unless_etag: v.optional(etag),
};

const parseGetDataFields: Parse<GetDataRequest> = messageParser(getDataFields, dataAlternatives);

/** Also refuses fields about one secret beside `items`. */
export const parseGetData: Parse<GetDataRequest> = (body) => {
  const request = parseGetDataFields(body);
  const stray = request.items === null ? undefined : ofOneSecret.find((key) => request[key] !== null);
  if (stray === undefined) return request;
  throw new SecretError("ERROR_INVALID_PARAMETER", { key: stray, reason: "belongs to each of items" });
};

export interface GetRequest extends SecretReference {
  readonly domain_id: string;
  readonly only: readonly string[] | null;
}

export const getFields: Fields<GetRequest> = {
  secret_id: v.optional(id),
  name: v.optional(name),
  domain_id: domainId,
  only: v.optional(fieldNames),
};

export const parseGet: Parse<GetRequest> = messageParser(getFields, references);
