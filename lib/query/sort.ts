/**
 * Sorts rows by buckets of equal keys, so that JavaScript's fast sort of plain values does the comparing. `topRows`
 * keeps only the first rows.
 */

import { Composite, compareValues, keyMaker, rankOf, toSortable } from "./value.ts";

/** One key to sort by. */
export interface Ordering<Item> {
  readonly read: (item: Item) => unknown;
  readonly descending: boolean;
}

/** Returns a sorted copy. Items with equal keys keep their order. */
export function sortBy<Item extends object>(items: readonly Item[], orderings: readonly Ordering<Item>[]): Item[] {
  const sorted: Item[] = [];
  appendSorted(sorted, items, orderings, 0);
  return sorted;
}

function appendSorted<Item extends object>(
  sorted: Item[],
  items: readonly Item[],
  orderings: readonly Ordering<Item>[],
  level: number,
): void {
  const ordering = orderings[level];
  if (ordering === undefined || items.length === 1) {
    for (const item of items) sorted.push(item);
    return;
  }
  const buckets = toBuckets(items, ordering.read);
  for (const key of sortKeys(buckets.keys(), ordering.descending)) {
    const bucket = buckets.get(key);
    if (Array.isArray(bucket)) appendSorted(sorted, bucket, orderings, level + 1);
    else if (bucket !== undefined) sorted.push(bucket);
  }
}

/** Maps a key to its only item, or to a list of items. Most keys are unique, and a list for each would cost time. */
function toBuckets<Item extends object>(
  items: readonly Item[],
  read: (item: Item) => unknown,
): Map<unknown, Item | Item[]> {
  const buckets = new Map<unknown, Item | Item[]>();
  const toKey = keyMaker();
  for (const item of items) {
    const key = toKey(toSortKey(read(item)));
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, item);
    else if (Array.isArray(bucket)) bucket.push(item);
    else buckets.set(key, [bucket, item]);
  }
  return buckets;
}

function toSortKey(value: unknown): unknown {
  if (typeof value === "string") return toSortable(value);
  return value ?? null;
}

/** How keys of each rank are sorted: null, numbers, strings. Other types are rare and sorted by comparison. */
const sorters: readonly ((keys: unknown[]) => unknown[])[] = [
  (nulls) => nulls,
  (numbers) => numbers.sort(compareValues),
  // Strings sort by UTF-16 unit by default, and `toSortable` has made that the order by code point.
  (strings) => strings.sort(),
  (others) => others.sort(compareKeys),
];

function sortKeys(keys: Iterable<unknown>, descending: boolean): unknown[] {
  const ranks = Map.groupBy(keys, (key) => Math.min(rankOf(key), sorters.length - 1));
  const sorted = sorters.flatMap((sort, rank) => sort(ranks.get(rank) ?? []));
  return descending ? sorted.reverse() : sorted;
}

function compareKeys(a: unknown, b: unknown): number {
  return compareValues(unwrap(a), unwrap(b));
}

function unwrap(key: unknown): unknown {
  return key instanceof Composite ? key.value : key;
}

/** Compares two items; 0 if all keys are equal. */
function comparerBy<Item>(orderings: readonly Ordering<Item>[]): (a: Item, b: Item) => number {
  return (a, b) => {
    for (const { read, descending } of orderings) {
      const order = compareValues(read(a), read(b));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

export interface TopRows<Item> {
  add(item: Item): void;
  /** The kept items, in order. */
  items(): Item[];
}

/** Below this number, repeated sorting costs more than holding a few more items. */
const minHeld = 1024;

/**
 * Keeps the first `count` of the items added. Items with equal keys keep their order.
 *
 * It collects up to twice the count, then drops all but the first `count`. From then on it rejects items that do not
 * sort before the last of those.
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
