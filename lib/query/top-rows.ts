/** The first rows of an order, without holding the others. */

import { comparerBy, type Ordering, sortBy } from "./sort.ts";

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
