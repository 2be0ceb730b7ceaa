/** What the rows between two stages look like: secrets first, what a stage made of them after it. */

import type { Row } from "../query/model.ts";
import { findPath, splitKey, valueAt, valueReader } from "../query/path.ts";
import { compileSelection } from "../query/projection.ts";
import { toResult } from "./result.ts";

export interface Shape {
  /** Reads what a key names; dates are `Date`s, what is missing is `undefined`. */
  reader(key: string): (row: Row) => unknown;
  /** The names of the last group's keys, which `project` keeps. */
  readonly groupKeys: readonly string[];
  /** The row as the answer shows it. */
  readonly toResult: (row: Row) => unknown;
}

/** Rows of the secrets table. An unknown key is no error here: it is missing in every row. */
export const secretShape: Shape = {
  reader(key) {
    const path = findPath(key);
    if (path === undefined) return () => undefined;
    const read = valueReader(path);
    return path.field.kind === "date" ? (row) => toDate(read(row)) : read;
  },
  groupKeys: [],
  toResult: compileSelection(null),
};

/** Rows that a stage made; their members are what it named. */
export function madeShape(groupKeys: readonly string[]): Shape {
  return {
    reader(key) {
      const parts = splitKey(key);
      return (row) => valueAt(row, parts);
    },
    groupKeys,
    toResult,
  };
}

/** Dates are dates only while they are computed with. */
function toDate(value: unknown): Date | null {
  if (typeof value !== "string") return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}
