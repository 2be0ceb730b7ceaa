/** Running a query of list: rows go in one by one, the page and the count come out. */

import { compileFilter, type QueryContext } from "./filter.ts";
import { getPath, type Row, valueReader } from "./path.ts";
import type { Query } from "./query.ts";
import { comparerBy, type Ordering, sortBy } from "./sort.ts";

export interface ListResult<Item> {
  /** The rows of the page in order, as they were added. */
  readonly rows: Item[];
  /** All rows that match, on whatever page. */
  readonly totalCount: number;
}

interface ListRun<Item> {
  /** Whether the row matches. */
  add(row: Item): boolean;
  finish(): ListResult<Item>;
}

/**
 * Rows must have the attributes of `referencedFields`. With a page, only as many are held as the page ends at, or
 * twice as many for a while.
 * @throws ERROR_DB_QUERY for an invalid pattern or a moment out of range; `add` when patterns cost too much
 */
export function compileList<Item extends Row>(query: Query, context: QueryContext): ListRun<Item> {
  const matches = compileFilter(query, context);
  const held = holdRows<Item>(query);
  let totalCount = 0;
  return {
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

/** The order of the rows: the query's, and where it leaves a choice, by id. */
function compileSort({ sort }: Pick<Query, "sort">): readonly Ordering<Row>[] {
  return [...sort, { path: getPath("secret_id"), descending: false }].map(({ path, descending }) => ({
    read: valueReader(path),
    descending,
  }));
}

export interface TopRows<Item> {
  add(item: Item): void;
  /** In order. */
  items(): Item[];
}

/** Below this many, sorting again and again costs more than holding a few items more. */
const minHeld = 1024;

/**
 * Keeps the first `count` of what is added; items with equal keys in the order they came.
 *
 * Items pile up to twice the count, then what is not among the first is dropped, and what comes after the last one of
 * them is not let in any more.
 */
export function topRows<Item extends object>(count: number, orderings: readonly Ordering<Item>[]): TopRows<Item> {
  const compare = comparerBy(orderings);
  const maxHeld = Math.max(2 * count, minHeld);
  let held: Item[] = [];
  let last: Item | undefined;

  const prune = (): void => {
    held = sortBy(held, orderings).slice(0, count);
    last = held.length === count ? held.at(-1) : undefined;
  };

  return {
    add(item) {
      if (last !== undefined && compare(item, last) >= 0) return;
      held.push(item);
      if (held.length >= maxHeld) prune();
    },
    items() {
      prune();
      return held;
    },
  };
}
