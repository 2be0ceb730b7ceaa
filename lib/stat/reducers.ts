/** The operators of group fields, one row each. */

import { isObject } from "../base/json.ts";
import { queryError } from "../query/bounds.ts";
import { compareValues, keyMaker, setMember } from "../query/value.ts";
import type { ReducerName } from "./operator-name.ts";
import type { Usage } from "./stage.ts";

/** Takes the values of one group, in row order. `undefined` means that a row has no such value. */
interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

interface Reducer {
  /** What the operator reads from a row. With "key or fields", several keys can be pushed as one object. */
  readonly takes: "nothing" | "key" | "key or fields";
  /** Whether the field may have `conditions`, which choose the rows that count. */
  readonly isConditional: boolean;
  readonly start: (usage: Usage) => Accumulator;
}

export const reducers: { readonly [Name in ReducerName]: Reducer } = {
  count: { takes: "nothing", isConditional: true, start: count },
  sum: { takes: "key", isConditional: true, start: sum },
  average: { takes: "key", isConditional: true, start: average },
  max: { takes: "key", isConditional: false, start: () => extreme(1) },
  min: { takes: "key", isConditional: false, start: () => extreme(-1) },
  first: { takes: "key", isConditional: false, start: first },
  last: { takes: "key", isConditional: false, start: last },
  push: { takes: "key or fields", isConditional: false, start: push },
  add_to_set: { takes: "key", isConditional: false, start: addToSet },
  merge_objects: { takes: "key", isConditional: false, start: mergeObjects },
};

export function isReducer(name: string): name is ReducerName {
  return Object.hasOwn(reducers, name);
}

function count(): Accumulator {
  let rows = 0;
  return {
    add() {
      rows += 1;
    },
    result: () => rows,
  };
}

function sum(): Accumulator {
  let total = 0;
  return {
    add(value) {
      if (typeof value === "number") total += value;
    },
    result: () => total,
  };
}

function average(): Accumulator {
  let total = 0;
  let numbers = 0;
  return {
    add(value) {
      if (typeof value !== "number") return;
      total += value;
      numbers += 1;
    },
    result: () => (numbers === 0 ? null : total / numbers),
  };
}

function extreme(sign: 1 | -1): Accumulator {
  let best: unknown = null;
  return {
    add(value) {
      if (value === null || value === undefined) return;
      if (best === null || compareValues(value, best) * sign > 0) best = value;
    },
    result: () => best,
  };
}

function first(): Accumulator {
  let value: unknown;
  let isEmpty = true;
  return {
    add(next) {
      if (isEmpty) value = next;
      isEmpty = false;
    },
    result: () => value ?? null,
  };
}

function last(): Accumulator {
  let value: unknown;
  return {
    add(next) {
      value = next;
    },
    result: () => value ?? null,
  };
}

function push(usage: Usage): Accumulator {
  const values: unknown[] = [];
  return {
    add(value) {
      if (value === undefined) return;
      usage.charge("heldValues", value);
      values.push(value);
    },
    result: () => values,
  };
}

function addToSet(usage: Usage): Accumulator {
  const toKey = keyMaker();
  const values = new Map<unknown, unknown>();
  return {
    add(value) {
      if (value === undefined) return;
      const key = toKey(value);
      if (values.has(key)) return;
      usage.charge("heldValues", value);
      values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

function mergeObjects(usage: Usage): Accumulator {
  const merged: { [name: string]: unknown } = {};
  return {
    add(value) {
      const object = value ?? {};
      if (!isObject(object) || object instanceof Date) throw queryError("merge_objects applies to objects only");
      for (const name of Object.keys(object)) {
        if (!Object.hasOwn(merged, name)) usage.charge("heldValues", name);
        setMember(merged, name, object[name]);
      }
    },
    result: () => merged,
  };
}
