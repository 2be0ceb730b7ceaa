/** The Query of list: from unknown to checked. The first mistake in the order of the message is named. */

import { queryError } from "../query/bounds.ts";
import { findPath } from "../query/path.ts";
import {
  type Condition,
  type FilterQuery,
  type Page,
  type Query,
  type SentCondition,
  type SortKey,
  toCondition,
  toFilterQuery,
} from "../query/query.ts";
import { toSelection } from "../query/selection.ts";
import { anyValue, bool, either, list, message, type Reader, type Sent, text, uint32 } from "./query-message.ts";

const conditionFields = message({ key: text, k: text, value: anyValue, v: anyValue, operator: text, o: text });

/** A condition of any language: what it means is for that to say. */
export const sentCondition: Reader<SentCondition> = (value, at) => {
  const sent = conditionFields(value, at);
  return {
    key: either(sent, "key", "k", at),
    operator: either(sent, "operator", "o", at),
    value: either(sent, "value", "v", at) ?? null,
  };
};

const conditions: Reader<readonly Condition[]> = list(
  (value, at) => toCondition(sentCondition(value, at)),
  "conditions",
);

const sortKeyFields = message({ key: text, desc: bool });
const sortKeys = list(sortKeyFields, "sortKeys");
const sortFields = message({ key: text, desc: bool, keys: sortKeys });

function toSortKey({ key, desc = false }: Sent<{ readonly key: typeof text; readonly desc: typeof bool }>): SortKey {
  if (!key) throw queryError("a sort requires a key");
  return { key, descending: desc };
}

/** One key, or `keys`, or just the list of them. Where `key` is given, `keys` do not count. */
export const sort: Reader<readonly SortKey[]> = (value, at) => {
  if (Array.isArray(value)) return sortKeys(value, at).map(toSortKey);
  const sent = sortFields(value, at);
  return (sent.key ? [sent] : (sent.keys ?? [])).map(toSortKey);
};

const pageFields = message({ start: uint32, limit: uint32 });

/** Counts from 1; without a limit there are no pages. */
export const page: Reader<Page | null> = (value, at) => {
  const { start = 0, limit = 0 } = pageFields(value, at);
  return limit === 0 ? null : { skip: Math.max(start, 1) - 1, limit };
};

/** The fields that list and stat share. */
export const filterFields: {
  readonly filter: Reader<readonly Condition[]>;
  readonly filter_or: Reader<readonly Condition[]>;
  readonly keyword: Reader<string>;
} = { filter: conditions, filter_or: conditions, keyword: text };

/** @throws ERROR_DB_QUERY for too many words or patterns in all */
export function filterOf({
  filter = [],
  filter_or: filterOr = [],
  keyword = "",
}: Sent<typeof filterFields>): FilterQuery {
  return toFilterQuery(filter, filterOr, keyword);
}

const queryFields = message({
  ...filterFields,
  sort,
  page,
  minimal: bool,
  count_only: bool,
  only: list(text),
});

const byName: readonly SortKey[] = [{ key: "name", descending: false }];

/**
 * Reads the `query` of a list request; one that is not sent asks for every secret.
 * @throws ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE for what is no such message, named by its dotted path;
 *   ERROR_DB_QUERY, ERROR_OPERATOR_… for a query that cannot be run
 */
export function parseQuery(value: unknown): Query {
  const sent = queryFields(value ?? {}, "query");
  const { sort: sorted = [], page: asked = null, only = [] } = sent;
  return {
    ...filterOf(sent),
    sort: (sorted.length === 0 ? byName : sorted).filter(({ key }) => findPath(key) !== undefined),
    page: asked,
    minimal: sent.minimal ?? false,
    countOnly: sent.count_only ?? false,
    only: only.length === 0 ? null : toSelection(only),
  };
}
