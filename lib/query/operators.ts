/** The filter operators, one row each: the value that an operator takes, and the predicate that it becomes. */

import { isObject, type JsonArray, type JsonObject, type JsonValue, walk } from "../base/json.ts";
import { assertWithin, queryError, quote } from "./bounds.ts";
import { parseDate, parseRelativeDate, type RelativeDate } from "./date.ts";
import type { Comparison, OperatorName } from "./operator-name.ts";
import { type Path, splitKey } from "./path.ts";

/** A row passes if any value at the path does. On a date field, operands are strings in the stored form. */
export type Predicate =
  /** Equals one of the values; `null` also equals a missing value. Without values, nothing passes. */
  | { readonly kind: "equal"; readonly values: readonly JsonValue[] }
  /** Has the operand's type, and comes before or after it. */
  | { readonly kind: "order"; readonly comparison: Comparison; readonly value: JsonValue }
  /** The same for a date field, with a date relative to now. */
  | { readonly kind: "relative date"; readonly comparison: Comparison; readonly date: RelativeDate }
  /** A string that contains one of the words in any case, or another type's value that equals one of `values`. */
  | { readonly kind: "text"; readonly words: readonly string[]; readonly values: readonly (number | boolean)[] }
  /** A string in which one of the patterns is found, in any case. */
  | { readonly kind: "pattern"; readonly patterns: readonly string[] }
  | { readonly kind: "exists" }
  /** An array with an element that has all these members. Their names are keys, in which dots separate parts. */
  | { readonly kind: "element"; readonly members: JsonObject };

/** No value passes. */
const nothing: Predicate = { kind: "equal", values: [] };

/** The left side of a condition, and its operator. */
interface Target {
  readonly key: string;
  readonly operator: string;
  readonly path: Path | null;
}

interface Operator {
  /** The kind of value that it takes. */
  readonly operand: "scalar" | "list" | "boolean" | "object";
  /** Whether it holds if its predicate does not: also for null, missing values and other types. */
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
    // Nothing comes before or after a string that is not a date. So it is a mistake, as with the date operators.
    if (comparable === undefined && typeof value === "string") throw unreadable(target, "an ISO 8601 date");
    return comparable === undefined ? nothing : { kind: "order", comparison, value: comparable };
  };
}

/** As in the original, a field that may hold a number or a boolean is compared with it as a whole. */
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

/** Whether the field may hold values other than strings. */
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

/** The condition's `negated` says whether the value must be missing. */
function toExists(): Predicate {
  return { kind: "exists" };
}

function toElement(value: JsonValue): Predicate {
  assertValueWithin(value);
  // The kind of the operand is checked: it is an object.
  const members = value as JsonObject;
  const names = Object.keys(members);
  assertWithin("members", names.length);
  for (const name of names) splitKey(name);
  return { kind: "element", members };
}

/** As in the original, a number is not an error: it matches nothing. */
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

/** `Array.isArray` does not narrow to readonly arrays. */
function isList(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

function toTextOf(value: JsonValue, target: Target): string {
  if (typeof value !== "string") throw unreadable(target, "a string");
  return value;
}

/** The value to compare with, or none if nothing can equal it. */
function toComparable(value: JsonValue, target: Target): readonly JsonValue[] {
  assertValueWithin(value);
  return isOnDate(target) ? toComparableDate(value, target) : [value];
}

/** As in the original, a date field also accepts whitespace around a date, and slashes in it. */
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
