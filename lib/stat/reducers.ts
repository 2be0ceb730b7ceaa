/** The operators of a group's fields, one row each. */

import {
  type Accumulator,
  addToSet,
  average,
  count,
  extreme,
  first,
  last,
  mergeObjects,
  push,
  sum,
} from "./accumulators.ts";
import type { ReducerName } from "./operator-name.ts";
import type { Usage } from "./usage.ts";

interface Reducer {
  /** What it reads of a row; where it says so, `fields` make an object of several keys. */
  readonly takes: "nothing" | "key" | "key or fields";
  /** Whether `conditions` may choose its rows. */
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
