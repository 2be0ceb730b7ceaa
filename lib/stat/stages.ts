/** The stages that need no computed fields: unwind, count, sort, limit and skip. */

import { isObject } from "../base/json.ts";
import { assertWithin, queryError } from "../query/bounds.ts";
import { type Row, splitKey } from "../query/path.ts";
import type { SortKey } from "../query/query.ts";
import { type Ordering, sortBy, type TopRows, topRows } from "../query/sort.ts";
import { setMember } from "../query/value.ts";
import { madeShape, type Stage, sameShape, toKey, toName, type Usage } from "./stage.ts";

/** Makes a row for each element. Any other value counts as one element; null, missing and `[]` give no row. */
export function unwind(path: string | undefined): Stage {
  const key = toKey(path, "unwind");
  const parts = splitKey(key);
  return {
    reads: [key],
    output: sameShape,
    connect(next, input, usage) {
      const read = input.reader(key);
      return {
        push(row) {
          const value = isReachable(row, parts) ? (read(row) ?? []) : [];
          if (!Array.isArray(value)) return next.push(row);
          return value.every((item) => {
            usage.unwind();
            return next.push(withValue(row, parts, item) as Row);
          });
        },
        end: () => next.end(),
      };
    },
  };
}

/** Whether no array lies on the way to the value: inside an array, an element would have no single place. */
function isReachable(row: Row, parts: readonly string[]): boolean {
  let value: unknown = row;
  return parts.slice(0, -1).every((part) => {
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    return !Array.isArray(value);
  });
}

/** Copies only the objects on the way; the rest is shared. */
function withValue(holder: unknown, [part, ...below]: readonly string[], value: unknown): unknown {
  if (part === undefined || !isObject(holder)) return value;
  return { ...holder, [part]: withValue(holder[part], below, value) };
}

export function count(sent: string | undefined): Stage {
  const name = toName(sent, "count");
  return {
    reads: [],
    output: () => madeShape([]),
    connect(next) {
      let rows = 0;
      return {
        push() {
          rows += 1;
          return true;
        },
        end() {
          const row = {};
          setMember(row, name, rows);
          if (rows > 0) next.push(row);
          next.end();
        },
      };
    },
  };
}

/** A sort followed by a limit up to this holds only so many rows, too few to charge. */
const maxUncounted = 1_000;

export function sort(sent: readonly SortKey[]): Stage {
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
      usage.charge("heldValues", row);
      rows.push(row);
    },
    items: () => sortBy(rows, orderings),
  };
}

export function limit(rows: number): Stage {
  if (rows <= 0) throw queryError("limit must be above 0");
  return {
    reads: [],
    output: sameShape,
    connect(next) {
      let left = rows;
      return {
        push(row) {
          if (left === 0) return false;
          left -= 1;
          return next.push(row) && left > 0;
        },
        end: () => next.end(),
        wants: rows,
      };
    },
  };
}

export function skip(rows: number): Stage {
  if (rows < 0) throw queryError("skip must not be below 0");
  return {
    reads: [],
    output: sameShape,
    connect(next) {
      let left = rows;
      return {
        push(row) {
          if (left === 0) return next.push(row);
          left -= 1;
          return true;
        },
        end: () => next.end(),
        ...(next.wants === undefined ? {} : { wants: next.wants + rows }),
      };
    },
  };
}
