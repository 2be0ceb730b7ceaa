/** distinct: the different values of one field, in order; of an array its elements. */

import { keyMaker } from "../query/identity.ts";
import type { Row } from "../query/model.ts";
import { type Path, someValue } from "../query/path.ts";
import { compareValues } from "../query/value.ts";
import type { Usage } from "./usage.ts";

interface DistinctValues {
  add(row: Row): void;
  values(): unknown[];
}

/** Of an unknown key (`undefined`) there are none; missing values do not count, `null` does. */
export function distinctValues(path: Path | undefined, usage: Usage): DistinctValues {
  const found = new Map<unknown, unknown>();
  const toKey = keyMaker();
  const take = (value: unknown): void => {
    const key = toKey(value);
    if (value === undefined || found.has(key)) return;
    usage.hold("heldValues", value);
    found.set(key, value);
  };
  const takeAll = (value: unknown): boolean => {
    if (Array.isArray(value)) value.forEach(take);
    else take(value);
    return false;
  };
  return {
    add: path === undefined ? () => {} : someValue(path, takeAll),
    values: () => [...found.values()].sort(compareValues),
  };
}
