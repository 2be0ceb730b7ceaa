/** Runs a list query: takes rows one by one, returns the page and the count. */

import { compileFilter, type QueryContext } from "./filter.ts";
import { getPath, type Row, valueReader } from "./path.ts";
import type { Query } from "./query.ts";
import { type Ordering, sortBy, type TopRows, topRows } from "./sort.ts";

interface ListResult<Item> {
  /** The rows of the page, in order. */
  readonly rows: Item[];
  /** The number of matching rows on all pages. */
  readonly totalCount: number;
}

export interface ListRun<Item> {
  /** Whether the row matches the query. */
  matches(row: Item): boolean;
  /** Adds a row if it matches, and returns whether it does. */
  add(row: Item): boolean;
  finish(): ListResult<Item>;
}

/**
 * Rows must have the attributes of the query's plan. With a page, it holds the rows up to the page's end, and at times
 * twice as many.
 * @throws ERROR_DB_QUERY for an invalid pattern or a date out of range. `add` throws it if searching costs too much.
 */
export function compileList<Item extends Row>(query: Query, context: QueryContext): ListRun<Item> {
  const matches = compileFilter(query, context);
  const held = holdRows<Item>(query);
  let totalCount = 0;
  return {
    matches,
    add(row) {
      if (!matches(row)) return false;
      totalCount += 1;
      held.add(row);
      return true;
    },
    finish: () => ({ rows: held.items().slice(query.page?.skip ?? 0), totalCount }),
  };
}

function holdRows<Item extends Row>(query: Query): TopRows<Item> {
  const orderings: readonly Ordering<Item>[] = compileSort(query);
  if (query.countOnly) return { add() {}, items: () => [] };
  if (query.page !== null) return topRows(query.page.skip + query.page.limit, orderings);
  const rows: Item[] = [];
  return { add: (row) => rows.push(row), items: () => sortBy(rows, orderings) };
}

/** The id comes last, so that no two rows are equal. */
function compileSort({ sort }: Pick<Query, "sort">): readonly Ordering<Row>[] {
  return [...sort, { key: "secret_id", descending: false }].map(({ key, descending }) => ({
    read: valueReader(getPath(key)),
    descending,
  }));
}
