/** How the values of one group are taken in: a function for each operator. */

import { isObject } from "../base/json.ts";
import { queryError } from "../query/failure.ts";
import { keyMaker } from "../query/identity.ts";
import { compareValues, setMember } from "../query/value.ts";
import type { Usage } from "./usage.ts";

/** Takes in the values of one group, in the order of its rows; `undefined` is a missing one. */
export interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

export function count(): Accumulator {
  let rows = 0;
  return {
    add() {
      rows += 1;
    },
    result: () => rows,
  };
}

export function sum(): Accumulator {
  let total = 0;
  return {
    add(value) {
      if (typeof value === "number") total += value;
    },
    result: () => total,
  };
}

export function average(): Accumulator {
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

export function extreme(sign: 1 | -1): Accumulator {
  let best: unknown = null;
  return {
    add(value) {
      if (value === null || value === undefined) return;
      if (best === null || compareValues(value, best) * sign > 0) best = value;
    },
    result: () => best,
  };
}

export function first(): Accumulator {
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

export function last(): Accumulator {
  let value: unknown;
  return {
    add(next) {
      value = next;
    },
    result: () => value ?? null,
  };
}

export function push(usage: Usage): Accumulator {
  const values: unknown[] = [];
  return {
    add(value) {
      if (value === undefined) return;
      usage.hold("heldValues", value);
      values.push(value);
    },
    result: () => values,
  };
}

export function addToSet(usage: Usage): Accumulator {
  const toKey = keyMaker();
  const values = new Map<unknown, unknown>();
  return {
    add(value) {
      if (value === undefined) return;
      const key = toKey(value);
      if (values.has(key)) return;
      usage.hold("heldValues", value);
      values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

export function mergeObjects(usage: Usage): Accumulator {
  const merged: { [name: string]: unknown } = {};
  return {
    add(value) {
      const object = value ?? {};
      if (!isObject(object) || object instanceof Date) throw queryError("merge_objects applies to objects only");
      for (const name of Object.keys(object)) {
        if (!Object.hasOwn(merged, name)) usage.hold("heldValues", name);
        setMember(merged, name, object[name]);
      }
    },
    result: () => merged,
  };
}
