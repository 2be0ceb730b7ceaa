/** The interface of a stage: it receives rows one by one and pushes its own rows into the next sink. */

import { isObject } from "../base/json.ts";
import { assertWithin, queryError, quote } from "../query/bounds.ts";
import type { Row } from "../query/path.ts";
import { findPath, splitKey, valueAt, valueReader } from "../query/path.ts";
import { compileSelection } from "../query/selection.ts";
import { setMember } from "../query/value.ts";

export interface Sink {
  /** Returns whether it can use more rows. */
  push(row: Row): boolean;
  /** Called after the last row. */
  end(): void;
  /** If set, only this many rows count, so that a sort before this sink need not hold the others. */
  readonly wants?: number;
}

export interface Stage {
  /** The keys that it reads from incoming rows. */
  readonly reads: readonly string[];
  /** The shape of its rows, given the shape of the incoming rows. */
  output(input: Shape): Shape;
  /** Returns a sink that feeds `next`. */
  connect(next: Sink, input: Shape, usage: Usage): Sink;
}

/** How to read the rows between two stages. They are secrets until a stage makes rows of its own. */
export interface Shape {
  /** Returns a function that reads `key` from a row: a date as `Date`, a missing value as `undefined`. */
  reader(key: string): (row: Row) => unknown;
  /** The names of the last group's keys, which `project` keeps. */
  readonly groupKeys: readonly string[];
  /** The row as the answer shows it. */
  readonly toResult: (row: Row) => unknown;
}

/** Counts what one stage holds in memory, and throws beyond a limit. */
export interface Usage {
  /** @throws ERROR_DB_QUERY */
  charge(as: "groups" | "heldValues", value: unknown): void;
  /** @throws ERROR_DB_QUERY */
  unwind(): void;
}

/** The output of stages that pass rows on. */
export function sameShape(input: Shape): Shape {
  return input;
}

/** Rows of the secrets table. Stat accepts an unknown key: no row has a value for it. */
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

/** Rows that a stage made, with the member names that it chose. */
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

/** Rows hold dates as strings; only stages compute with `Date`. */
function toDate(value: unknown): Date | null {
  if (typeof value !== "string") return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * Checks a key. No part may begin with `$`, which begins an expression in MongoDB.
 * @throws ERROR_DB_QUERY
 */
export function toKey(key: string | undefined, where: string): string {
  if (!key) throw queryError(`${where} requires a key`);
  const isReadable = splitKey(key).every((part) => part !== "" && !part.startsWith("$"));
  if (!isReadable) throw queryError(`${where} has an invalid key ${quote(key)}`);
  return key;
}

/**
 * Checks the name of a member in the rows that a stage makes.
 * @throws ERROR_DB_QUERY
 */
export function toName(name: string | undefined, where: string): string {
  if (!name) throw queryError(`${where} requires a name`);
  assertWithin("nameLength", name.length);
  if (name.includes(".") || name.startsWith("$")) throw queryError(`${where} has an invalid name ${quote(name)}`);
  return name;
}

/** Copies a value, with every date as `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export function toResult(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toResult);
  if (!isObject(value)) return value;
  const result: { [name: string]: unknown } = {};
  for (const name of Object.keys(value)) setMember(result, name, toResult(value[name]));
  return result;
}
