/** Schemas that the queries of list and stat share: conditions, sort order and pages. */

import * as v from "valibot";
import { queryError } from "../query/bounds.ts";
import {
  type Condition,
  type FilterQuery,
  type Page,
  type SortKey,
  toCondition,
  toFilterQuery,
} from "../query/query.ts";
import { bool, choice } from "./message.ts";
import { anyValue, list, message, namedMessage, type Schema, type Sent, text, uint32 } from "./query-message.ts";

/** `key` names a field of a secret, or a part of one. */
export const condition: Schema<Condition> = v.pipe(
  namedMessage({ key: text, operator: text, value: anyValue }),
  v.transform(({ key: sentKey, operator, value = null }) => toCondition({ key: sentKey, operator, value })),
);

export const sortKey: Schema<SortKey> = v.pipe(
  message({ key: text, desc: bool }),
  v.transform(({ key: sentKey, desc }) => toSortKey(sentKey, desc)),
);

const sortKeys = list(sortKey, "sortKeys");

/** If `key` is set, `keys` are ignored. */
const sortOptions: Schema<readonly SortKey[]> = v.pipe(
  message({ key: text, desc: bool, keys: sortKeys }),
  v.transform(({ key: only, desc, keys = [] }) => (only ? [toSortKey(only, desc)] : keys)),
);

/** One key, an object with `keys`, or just the list of keys. */
export const sort: Schema<readonly SortKey[]> = choice([sortOptions, sortKeys], (value) =>
  Array.isArray(value) ? sortKeys : sortOptions,
);

function toSortKey(sent: string | undefined, descending = false): SortKey {
  if (!sent) throw queryError("a sort requires a key");
  return { key: sent, descending };
}

/** `start` counts from 1. Without a limit there is no paging. */
export const page: Schema<Page | null> = v.pipe(
  message({ start: uint32, limit: uint32 }),
  v.transform(({ start = 0, limit = 0 }) => (limit === 0 ? null : { skip: Math.max(start, 1) - 1, limit })),
);

const conditions = list(condition, "conditions");

export const filterFields: {
  readonly filter: Schema<readonly Condition[]>;
  readonly filter_or: Schema<readonly Condition[]>;
  readonly keyword: Schema<string>;
} = {
  filter: conditions,
  filter_or: conditions,
  keyword: text,
};

/** @throws ERROR_DB_QUERY for too many search words, or too many patterns in all conditions together */
export function filterOf({
  filter = [],
  filter_or: filterOr = [],
  keyword = "",
}: Sent<typeof filterFields>): FilterQuery {
  return toFilterQuery(filter, filterOr, keyword);
}
