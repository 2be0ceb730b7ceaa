/** The operators of a filter, one row each: the value that each takes, and the predicate that it stands for. */

import { isObject, type JsonArray, type JsonObject, type JsonValue, walk } from "../base/json.ts";
import { assertWithin, queryError, quote } from "./bounds.ts";
import { parseDate, parseRelativeDate, type RelativeDate } from "./date.ts";
import type { Comparison, OperatorName } from "./operator-name.ts";
import { type Path, splitKey } from "./path.ts";

/** Must hold of some value at the path. On a date field, dates are texts of the form that rows have. */
export type Predicate =
  /** Equal to one of them; `null` equals a missing value too. Without any, it holds of nothing. */
  | { readonly kind: "equal"; readonly values: readonly JsonValue[] }
  /** Of the same type, and before or after it. */
  | { readonly kind: "order"; readonly comparison: Comparison; readonly value: JsonValue }
  /** The same on a date field, relative to now. */
  | { readonly kind: "relative date"; readonly comparison: Comparison; readonly date: RelativeDate }
  /** A string that contains one of the words, in any case, or just one of the values. */
  | { readonly kind: "text"; readonly words: readonly string[]; readonly values: readonly (number | boolean)[] }
  /** A string in which one of them is found, in any case. */
  | { readonly kind: "pattern"; readonly patterns: readonly string[] }
  | { readonly kind: "exists" }
  /** An array with an element that has these members; their names are keys, dots and all. */
  | { readonly kind: "element"; readonly members: JsonObject };

/** What holds of no value. */
const nothing: Predicate = { kind: "equal", values: [] };

/** What a value is compared with, and by what. */
interface Target {
  readonly key: string;
  readonly operator: string;
  readonly path: Path | null;
}

interface Operator {
  /** The kind of value it takes. */
  readonly operand: "scalar" | "list" | "boolean" | "object";
  /** Whether it holds where its predicate does not: of null, missing and other types too. */
  readonly negated: boolean;
  /** Whether an unknown key is an error. */
  readonly resolvesKey: boolean;
  readonly read: (value: JsonValue, target: Target) => Predicate;
}

const usual = { operand: "scalar", negated: false, resolvesKey: true } as const;
const negated = { ...usual, negated: true } as const;
const list = { ...usual, operand: "list" } as const;
const negatedList = { ...list, negated: true } as const;

export const operators: { readonly [Name in OperatorName]: Operator } = {
  eq: { ...usual, read: toEqual },
  not: { ...negated, read: toEqual },
  in: { ...list, read: toEqual },
  not_in: { ...negatedList, read: toEqual },
  lt: { ...usual, read: toOrder("lt") },
  lte: { ...usual, read: toOrder("lte") },
  gt: { ...usual, read: toOrder("gt") },
  gte: { ...usual, read: toOrder("gte") },
  contain: { ...usual, read: toText },
  not_contain: { ...negated, read: toText },
  contain_in: { ...list, read: toText },
  not_contain_in: { ...negatedList, read: toText },
  exists: { ...usual, operand: "boolean", read: toExists },
  match: { ...usual, operand: "object", read: toElement },
  regex: { ...usual, resolvesKey: false, read: toPattern },
  regex_in: { ...list, resolvesKey: false, read: toPattern },
  datetime_lt: { ...usual, read: toDateOrder("lt") },
  datetime_lte: { ...usual, read: toDateOrder("lte") },
  datetime_gt: { ...usual, read: toDateOrder("gt") },
  datetime_gte: { ...usual, read: toDateOrder("gte") },
  timediff_lt: { ...usual, read: toRelativeOrder("lt") },
  timediff_lte: { ...usual, read: toRelativeOrder("lte") },
  timediff_gt: { ...usual, read: toRelativeOrder("gt") },
  timediff_gte: { ...usual, read: toRelativeOrder("gte") },
};

export function isOperator(name: string): name is OperatorName {
  return Object.hasOwn(operators, name);
}

function toEqual(value: JsonValue, target: Target): Predicate {
  const values = toList(value);
  assertWithin("listValues", values.length);
  return { kind: "equal", values: values.flatMap((item) => toComparable(item, target)) };
}

function toOrder(comparison: Comparison): (value: JsonValue, target: Target) => Predicate {
  return (value, target) => {
    const [comparable] = toComparable(value, target);
    // Nothing is before or after a string that is no date: it is a mistake, as it is with the operators of dates.
    if (comparable === undefined && typeof value === "string") throw unreadable(target, "an ISO 8601 date");
    return comparable === undefined ? nothing : { kind: "order", comparison, value: comparable };
  };
}

/** No text contains a number or a boolean: where there may be one, it is looked for as a whole, as in the original. */
function toText(value: JsonValue, target: Target): Predicate {
  const items = toList(value);
  const values = mayHoldOthers(target) ? items.filter(isNumberOrBoolean) : [];
  const words = items.filter((item) => typeof item === "string");
  if (words.length + values.length < items.length) {
    throw unreadable(target, mayHoldOthers(target) ? "a string, a number or a boolean" : "a string");
  }
  for (const word of words) assertWithin("textLength", word.length);
  return words.length === 0 ? { kind: "equal", values } : { kind: "text", words, values };
}

/** Whether the field may have other values than strings. */
function mayHoldOthers({ path }: Target): boolean {
  return path !== null && path.field.kind !== "string" && path.field.kind !== "date";
}

function isNumberOrBoolean(value: JsonValue): value is number | boolean {
  return typeof value === "number" || typeof value === "boolean";
}

function toPattern(value: JsonValue, target: Target): Predicate {
  const patterns = toList(value).map((pattern) => toTextOf(pattern, target));
  for (const pattern of patterns) assertWithin("patternLength", pattern.length);
  return { kind: "pattern", patterns };
}

/** `negated` says whether it must not exist. */
function toExists(): Predicate {
  return { kind: "exists" };
}

function toElement(value: JsonValue): Predicate {
  assertValueWithin(value);
  // The operator's operand is an object.
  const members = value as JsonObject;
  const names = Object.keys(members);
  assertWithin("members", names.length);
  for (const name of names) splitKey(name);
  return { kind: "element", members };
}

/** A number is no date, yet matches nothing instead of failing, as in the original. */
function toDateOrder(comparison: Comparison): (value: JsonValue, target: Target) => Predicate {
  return (value, target) => {
    const parsed = typeof value === "string" ? parseDate(value) : undefined;
    if (parsed === undefined && typeof value !== "number") throw unreadable(target, "an ISO 8601 date");
    if (parsed === undefined || !isOnDate(target)) return nothing;
    return { kind: "order", comparison, value: parsed.date.toISOString() };
  };
}

function toRelativeOrder(comparison: Comparison): (value: JsonValue, target: Target) => Predicate {
  return (value, target) => {
    const date = typeof value === "string" ? parseRelativeDate(value) : undefined;
    if (date === undefined) throw unreadable(target, "of the form now, now-7d, now/d - 1w (units s m h d w)");
    return isOnDate(target) ? { kind: "relative date", comparison, date } : nothing;
  };
}

function isOnDate({ path }: Target): boolean {
  return path?.field.kind === "date";
}

function toList(value: JsonValue): readonly JsonValue[] {
  return isList(value) ? value : [value];
}

/** `Array.isArray` does not tell lists that are read only. */
function isList(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

function toTextOf(value: JsonValue, target: Target): string {
  if (typeof value !== "string") throw unreadable(target, "a string");
  return value;
}

/** The value to compare with, none where nothing can equal it. */
function toComparable(value: JsonValue, target: Target): readonly JsonValue[] {
  assertValueWithin(value);
  return isOnDate(target) ? toComparableDate(value, target) : [value];
}

/** The original's date fields also take whitespace around a date, and slashes in it. */
function toComparableDate(value: JsonValue, target: Target): readonly JsonValue[] {
  if (value === null) return [null];
  if (typeof value !== "string") return [];
  const parsed = parseDate(value.trim().replace(/^(\d{4})\/(\d\d)\/(\d\d)(?!\d)/, "$1-$2-$3"));
  if (parsed === undefined) return [];
  if (!parsed.isWhole) throw unreadable(target, "a date down to the day at least");
  return [parsed.date.toISOString()];
}

function assertValueWithin(value: JsonValue): void {
  let size = 0;
  for (const nested of walk(value)) {
    size += 1;
    assertWithin("valueSize", size);
    if (typeof nested.value === "string") assertWithin("textLength", nested.value.length);
    if (isObject(nested.value) || Array.isArray(nested.value)) assertWithin("valueDepth", nested.depth + 1);
  }
}

function unreadable({ key, operator }: Target, expected: string): Error {
  return queryError(`the value of ${operator} on ${quote(key)} must be ${expected}`);
}
