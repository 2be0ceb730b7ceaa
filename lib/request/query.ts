/** The Query of list. */

import type { ConditionInput } from "../query/condition.ts";
import {
  type FilterInput,
  type PageInput,
  type Query,
  type SortInput,
  type SortKeyInput,
  toQuery,
} from "../query/query.ts";
import { anyValue, bool, either, list, message, type Reader, text, uint32 } from "./query-message.ts";

const conditionFields = message({ key: text, k: text, value: anyValue, v: anyValue, operator: text, o: text });

const condition: Reader<ConditionInput> = (value, at) => {
  const sent = conditionFields(value, at);
  return {
    key: either(sent, "key", "k", at),
    operator: either(sent, "operator", "o", at),
    value: either(sent, "value", "v", at) ?? null,
  };
};

const sortKeyFields = message({ key: text, desc: bool });

const sortKey: Reader<SortKeyInput> = (value, at) => {
  const { key, desc = false } = sortKeyFields(value, at);
  return { key, descending: desc };
};

const sortKeys = list(sortKey);
const sortFields = message({ key: text, desc: bool, keys: sortKeys });

/** One key, or `keys`, or just the list of them. */
export const sort: Reader<SortInput> = (value, at) => {
  if (Array.isArray(value)) return { key: undefined, descending: false, keys: sortKeys(value, at) };
  const { key, desc = false, keys = [] } = sortFields(value, at);
  return { key, descending: desc, keys };
};

const pageFields = message({ start: uint32, limit: uint32 });

export const page: Reader<PageInput> = (value, at) => {
  const { start = 0, limit = 0 } = pageFields(value, at);
  return { start, limit };
};

export const conditions: Reader<readonly ConditionInput[]> = list(condition);

const queryFields = message({
  filter: conditions,
  filter_or: conditions,
  sort,
  page,
  minimal: bool,
  count_only: bool,
  only: list(text),
  keyword: text,
});

/** What is not sent. */
const noSort: SortInput = { key: undefined, descending: false, keys: [] };
export const noPage: PageInput = { start: 0, limit: 0 };

/** The fields that list and stat share. */
export function toFilterInput(sent: {
  readonly filter?: readonly ConditionInput[] | undefined;
  readonly filter_or?: readonly ConditionInput[] | undefined;
  readonly keyword?: string | undefined;
}): FilterInput {
  return { filter: sent.filter ?? [], filterOr: sent.filter_or ?? [], keyword: sent.keyword ?? "" };
}

/**
 * Reads the `query` of a list request; one that is not sent asks for every secret.
 * @throws ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE for what is no such message, named by its dotted path;
 *   ERROR_DB_QUERY, ERROR_OPERATOR_… for a query that cannot be run
 */
export function parseQuery(value: unknown): Query {
  const sent = queryFields(value ?? {}, "query");
  return toQuery({
    ...toFilterInput(sent),
    sort: sent.sort ?? noSort,
    page: sent.page ?? noPage,
    minimal: sent.minimal ?? false,
    countOnly: sent.count_only ?? false,
    only: sent.only ?? [],
  });
}
