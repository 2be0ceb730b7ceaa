/** What a stage is: rows are pushed in at one side and come out at the other. */

import { isObject } from "../base/json.ts";
import { assertWithin, queryError, quote } from "../query/bounds.ts";
import type { Row } from "../query/path.ts";
import { findPath, splitKey, valueAt, valueReader } from "../query/path.ts";
import { compileSelection } from "../query/selection.ts";
import { setMember } from "../query/value.ts";

/** Where rows go. */
export interface Sink {
  /** Whether it can use more rows. */
  push(row: Row): boolean;
  /** After the last row. */
  end(): void;
  /** Set where only the first so many rows count. */
  readonly wants?: number;
}

export interface Stage {
  /** The keys it reads of the rows that come in. */
  readonly reads: readonly string[];
  /** What its rows look like, given what comes in. */
  output(input: Shape): Shape;
  /** A sink that feeds the next one. */
  connect(next: Sink, input: Shape, usage: Usage): Sink;
}

/** What the rows between two stages look like: secrets first, what a stage made of them after it. */
export interface Shape {
  /** Reads what a key names; dates are `Date`s, what is missing is `undefined`. */
  reader(key: string): (row: Row) => unknown;
  /** The names of the last group's keys, which `project` keeps. */
  readonly groupKeys: readonly string[];
  /** The row as the answer shows it. */
  readonly toResult: (row: Row) => unknown;
}

/** Counts what one stage holds. */
export interface Usage {
  /** @throws ERROR_DB_QUERY */
  charge(as: "groups" | "heldValues", value: unknown): void;
  /** @throws ERROR_DB_QUERY */
  unwind(): void;
}

/** The shape of what comes out where it is the shape of what goes in. */
export function sameShape(input: Shape): Shape {
  return input;
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

/**
 * A key to read by. `$`, which begins an expression in MongoDB, begins no part.
 * @throws ERROR_DB_QUERY
 */
export function toKey(key: string | undefined, where: string): string {
  if (!key) throw queryError(`${where} requires a key`);
  const isReadable = splitKey(key).every((part) => part !== "" && !part.startsWith("$"));
  if (!isReadable) throw queryError(`${where} has an invalid key ${quote(key)}`);
  return key;
}

/**
 * The name of a member of the rows that a stage makes.
 * @throws ERROR_DB_QUERY
 */
export function toName(name: string | undefined, where: string): string {
  if (!name) throw queryError(`${where} requires a name`);
  assertWithin("nameLength", name.length);
  if (name.includes(".") || name.startsWith("$")) throw queryError(`${where} has an invalid name ${quote(name)}`);
  return name;
}

/** The same value with every date in it as `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export function toResult(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toResult);
  if (!isObject(value)) return value;
  const result: { [name: string]: unknown } = {};
  for (const name of Object.keys(value)) setMember(result, name, toResult(value[name]));
  return result;
}
