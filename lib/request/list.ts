/** The message of list, with the schema of its query. */

import * as v from "valibot";
import { findPath } from "../query/path.ts";
import type { Query, SortKey } from "../query/query.ts";
import { toSelection } from "../query/selection.ts";
import {
  bool,
  choice,
  domainId,
  type Fields,
  id,
  listOf,
  messageParser,
  name,
  type Parse,
  query,
  secretType,
} from "./message.ts";
import { filterFields, filterOf, page, sort } from "./query.ts";
import { list, message, parseBy, type Schema, text } from "./query-message.ts";

/** Every field but `query` and `domain_id` is a filter: the secret's value must be one of those listed. */
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

const byName: readonly SortKey[] = [{ key: "name", descending: false }];

export const listQuery: Schema<Query> = v.pipe(
  message({
    ...filterFields,
    sort,
    page,
    minimal: bool,
    count_only: bool,
    only: list(text, "only"),
  }),
  v.transform(({ sort: sorted = [], page: asked = null, only = [], ...sent }) => ({
    ...filterOf(sent),
    sort: (sorted.length === 0 ? byName : sorted).filter((one) => findPath(one.key) !== undefined),
    page: asked,
    minimal: sent.minimal ?? false,
    countOnly: sent.count_only ?? false,
    only: only.length === 0 ? null : toSelection(only),
  })),
);

/**
 * Parses the `query` of a list request. Without one, the query matches every secret.
 * @throws ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE for a malformed query, with the dotted path of the
 *   mistake; ERROR_DB_QUERY, ERROR_OPERATOR_… for a query that cannot be run
 */
export function parseQuery(value: unknown): Query {
  return parseBy(listQuery, value ?? {}, "query");
}

const parseMessage = messageParser(listFields);

export const parseList: Parse<ListRequest> = (body) => {
  const message = parseMessage(body);
  return { ...message, query: parseQuery(message.query ?? {}) };
};

/** One value, or a list of values. */
function oneOrMany<Value extends string>(
  field: v.GenericSchema<unknown, Value>,
): v.GenericSchema<unknown, readonly Value[]> {
  const one = v.pipe(
    field,
    v.transform((value) => [value]),
  );
  const many = listOf(field);
  return choice([one, many], (value) => (Array.isArray(value) ? many : one));
}
