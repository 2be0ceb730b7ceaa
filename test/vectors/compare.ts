/** Vectors: requests with their expected answers, and how an answer is compared with its vector. */

import { readFileSync } from "node:fs";
import { errors, type ErrorCode } from "../../lib/base/errors.ts";
import { isObject } from "../../lib/base/json.ts";

type Row = { readonly [field: string]: unknown };

export interface Vector {
  readonly id: string;
  readonly method: "list" | "stat";
  readonly request: Row;
  readonly expect: Expectation;
  /** `false`: the rows may come in any order. */
  readonly ordered: boolean;
  /** Fields by which the rows are sorted even if `ordered` is false: name, and 1 or -1. */
  readonly order_keys?: readonly (readonly [string, 1 | -1])[];
  /** Array fields whose items may come in any order. */
  readonly unordered_arrays?: readonly string[];
}

interface Expectation {
  /** A code, or `*` for any mistake of the caller. */
  readonly error?: string;
  /** The ids of the results, which are whole secrets. */
  readonly secret_ids?: readonly string[];
  readonly results?: readonly unknown[];
  readonly total_count?: number;
}

/** The outcome of a request. */
export type Outcome =
  | { readonly results: readonly unknown[]; readonly total_count?: number }
  | { readonly code: ErrorCode };

/** The secrets of all vectors, as rows of the table. */
export const secrets: readonly Row[] = load("secrets.json");

export function loadVectors(method: Vector["method"]): readonly Vector[] {
  return load(`${method}.json`);
}

function load<Item>(file: string): readonly Item[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as readonly Item[];
}

/** What is wrong with an outcome; empty if it is the expected one. */
export function findDifferences(vector: Vector, outcome: Outcome): readonly string[] {
  const { expect, method } = vector;
  if ("code" in outcome) return isExpectedError(expect.error, outcome.code) ? [] : [`unexpected ${outcome.code}`];
  if (expect.error !== undefined) return [`no ${expect.error}`];
  const normalize = method === "list" ? normalizeSecret : (row: unknown) => row;
  const actual = outcome.results.map(normalize);
  const expected = expectedRows(expect).map(normalize);
  const isSameRow = (a: unknown, b: unknown) => isSame(freeArrays(vector, a), freeArrays(vector, b));
  const areSame = vector.ordered ? isSameSequence(actual, expected, isSameRow) : isSameBag(actual, expected, isSameRow);
  return [
    ...(areSame ? [] : [`results ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`]),
    ...(expect.total_count === undefined || expect.total_count === outcome.total_count
      ? []
      : [`total_count ${outcome.total_count} instead of ${expect.total_count}`]),
    ...(vector.order_keys ?? []).flatMap(([field, sign]) =>
      isSorted(actual, field, sign) ? [] : [`unsorted ${field}`],
    ),
  ];
}

function isExpectedError(expected: string | undefined, code: ErrorCode): boolean {
  return expected === "*" ? errors[code].status === 400 : expected === code;
}

function expectedRows({ secret_ids: ids, results = [] }: Expectation): readonly unknown[] {
  return ids === undefined ? results : ids.map((id) => secrets.find((secret) => secret["secret_id"] === id));
}

/** In lists, absent, null and the empty string are equal, and so are missing and empty tags. */
function normalizeSecret(row: unknown): unknown {
  if (!isObject(row)) return row;
  const isUnset = (value: unknown) => value === null || value === "" || isSame(value, {});
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !isUnset(value)));
}

class Bag {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

function freeArrays({ unordered_arrays: fields = [] }: Vector, row: unknown): unknown {
  if (!isObject(row)) return row;
  const free = ([name, value]: [string, unknown]) => [
    name,
    fields.includes(name) && Array.isArray(value) ? new Bag(value) : value,
  ];
  return Object.fromEntries(Object.entries(row).map(free));
}

type Same = (a: unknown, b: unknown) => boolean;

/** Whether two values are equal. Numbers may differ by what another order of additions causes. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  if (a instanceof Bag && b instanceof Bag) return isSameBag(a.items, b.items, isSame);
  if (Array.isArray(a) && Array.isArray(b)) return isSameSequence(a, b, isSame);
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}

function isSameSequence(a: readonly unknown[], b: readonly unknown[], same: Same): boolean {
  return a.length === b.length && a.every((item, index) => same(item, b[index]));
}

function isSameBag(a: readonly unknown[], b: readonly unknown[], same: Same): boolean {
  const left = [...b];
  return (
    a.length === b.length &&
    a.every((item) => {
      const index = left.findIndex((other) => same(item, other));
      left.splice(index, 1);
      return index >= 0;
    })
  );
}

/** Null first, then strings by code point. */
function isSorted(rows: readonly unknown[], field: string, sign: 1 | -1): boolean {
  const values = rows.map((row) => (isObject(row) ? row[field] : undefined));
  const keys = values.map((value) =>
    typeof value === "string" ? [...value].map((char) => char.codePointAt(0) ?? 0) : [],
  );
  return keys.every((key, index) => index === 0 || comparePoints(keys[index - 1] ?? [], key) * sign <= 0);
}

function comparePoints(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((point, at) => point !== b[at]);
  return index === -1 ? a.length - b.length : (a[index] ?? 0) - (b[index] ?? -1);
}
