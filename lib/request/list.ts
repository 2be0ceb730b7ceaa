/** The message of list. */

import * as v from "valibot";
import type { Query } from "../query/query.ts";
import { domainId, id, name, oneOrMany, query, secretType } from "./field.ts";
import { type Fields, messageParser, type Parse } from "./message.ts";
import { parseQuery } from "./query.ts";

/** The fields beside `query` are filters: the secret's own must be one of the values. */
export interface ListRequest {
  readonly query: Query;
  readonly secret_id: readonly string[] | null;
  readonly name: readonly string[] | null;
  readonly secret_type: readonly string[] | null;
  readonly schema: readonly string[] | null;
  readonly provider: readonly string[] | null;
  readonly service_account_id: readonly string[] | null;
  readonly project_id: readonly string[] | null;
  readonly trusted_secret_id: readonly string[] | null;
  readonly domain_id: string;
}

type ListMessage = Omit<ListRequest, "query"> & { readonly query: object | null };

export const listFields: Fields<ListMessage> = {
  query: v.optional(query),
  secret_id: v.optional(oneOrMany(id)),
  name: v.optional(oneOrMany(name)),
  secret_type: v.optional(oneOrMany(secretType)),
  schema: v.optional(oneOrMany(id)),
  provider: v.optional(oneOrMany(id)),
  service_account_id: v.optional(oneOrMany(id)),
  project_id: v.optional(oneOrMany(id)),
  trusted_secret_id: v.optional(oneOrMany(id)),
  domain_id: domainId,
};

const parseMessage = messageParser(listFields);

export const parseList: Parse<ListRequest> = (body) => {
  const message = parseMessage(body);
  return { ...message, query: parseQuery(message.query ?? {}) };
};
