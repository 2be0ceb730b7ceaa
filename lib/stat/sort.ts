/** sort: rows with equal keys stay in the order they came. */

import { assertWithin } from "../query/bounds.ts";
import { queryError } from "../query/failure.ts";
import type { Row } from "../query/model.ts";
import type { SortInput } from "../query/query.ts";
import { type Ordering, sortBy } from "../query/sort.ts";
import { type TopRows, topRows } from "../query/top-rows.ts";
import { toKey } from "./names.ts";
import { type Stage, sameShape } from "./stage.ts";
import type { Usage } from "./usage.ts";

/** Up to here the first rows alone are held, which is too little to count. */
const maxUncounted = 1_000;

export function sort(input: SortInput): Stage {
  const sent = input.key ? [input] : input.keys;
  if (sent.length === 0) throw queryError("sort requires a key");
  assertWithin("sortKeys", sent.length);
  const keys = sent.map(({ key, descending }) => ({ key: toKey(key, "sort"), descending }));
  return {
    reads: keys.map(({ key }) => key),
    output: sameShape,
    connect(next, shape, usage) {
      const orderings = keys.map(({ key, descending }) => ({ read: shape.reader(key), descending }));
      const { wants = Number.POSITIVE_INFINITY } = next;
      const held = wants <= maxUncounted ? topRows<Row>(wants, orderings) : allRows(orderings, usage);
      return {
        push(row) {
          held.add(row);
          return true;
        },
        end() {
          held.items().every((row) => next.push(row));
          next.end();
        },
      };
    },
  };
}

function allRows(orderings: readonly Ordering<Row>[], usage: Usage): TopRows<Row> {
  const rows: Row[] = [];
  return {
    add(row) {
      usage.hold("heldValues", row);
      rows.push(row);
    },
    items: () => sortBy(rows, orderings),
  };
}
