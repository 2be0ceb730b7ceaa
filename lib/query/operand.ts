/** From the value of a condition, whose kind was checked, to the predicate it stands for. */

import { isObject, type JsonArray, type JsonObject, type JsonValue, walk } from "../base/json.ts";
import { assertWithin } from "./bounds.ts";
import { parseDate } from "./date.ts";
import { queryError, quote } from "./failure.ts";
import { type Path, splitKey } from "./path.ts";
import { nothing, type Predicate } from "./predicate.ts";
import { parseTimediff } from "./timediff.ts";
import type { Relation } from "./value.ts";

/** The condition that a value stands in. */
export interface Site {
  readonly key: string;
  readonly operator: string;
  readonly path: Path | null;
}

export function toEqual(value: JsonValue, site: Site): Predicate {
  const values = toList(value);
  assertWithin("listValues", values.length);
  return { kind: "equal", values: values.flatMap((item) => toComparable(item, site)) };
}

export function toOrder(relation: Relation): (value: JsonValue, site: Site) => Predicate {
  return (value, site) => {
    const [comparable] = toComparable(value, site);
    return comparable === undefined ? nothing : { kind: "order", relation, value: comparable };
  };
}

export function toText(value: JsonValue, site: Site): Predicate {
  const words = toList(value).map((word) => toTextOf(word, site));
  for (const word of words) assertWithin("textLength", word.length);
  return { kind: "text", words };
}

export function toPattern(value: JsonValue, site: Site): Predicate {
  const patterns = toList(value).map((pattern) => toTextOf(pattern, site));
  for (const pattern of patterns) assertWithin("patternLength", pattern.length);
  return { kind: "pattern", patterns };
}

/** That it must not exist is told by `negated`. */
export function toExists(): Predicate {
  return { kind: "exists" };
}

export function toElement(value: JsonValue): Predicate {
  assertValueWithin(value);
  // The operator's operand is an object.
  const members = value as JsonObject;
  const names = Object.keys(members);
  assertWithin("members", names.length);
  for (const name of names) splitKey(name);
  return { kind: "element", members };
}

/** A number is no date, yet matches nothing instead of failing, as in the original. */
export function toDateOrder(relation: Relation): (value: JsonValue, site: Site) => Predicate {
  return (value, site) => {
    const parsed = typeof value === "string" ? parseDate(value) : undefined;
    if (parsed === undefined && typeof value !== "number") throw unreadable(site, "an ISO 8601 date");
    if (parsed === undefined || !isOnDate(site)) return nothing;
    return { kind: "order", relation, value: parsed.date.toISOString() };
  };
}

export function toMomentOrder(relation: Relation): (value: JsonValue, site: Site) => Predicate {
  return (value, site) => {
    const moment = typeof value === "string" ? parseTimediff(value) : undefined;
    if (moment === undefined) throw unreadable(site, "of the form now, now-7d, now/d - 1w (units s m h d w)");
    return isOnDate(site) ? { kind: "moment", relation, moment } : nothing;
  };
}

function isOnDate({ path }: Site): boolean {
  return path?.field.kind === "date";
}

function toList(value: JsonValue): readonly JsonValue[] {
  return isList(value) ? value : [value];
}

/** `Array.isArray` does not tell lists that are read only. */
function isList(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

function toTextOf(value: JsonValue, site: Site): string {
  if (typeof value !== "string") throw unreadable(site, "a string");
  return value;
}

/** The value to compare with, none where nothing can equal it. */
function toComparable(value: JsonValue, site: Site): readonly JsonValue[] {
  assertValueWithin(value);
  return isOnDate(site) ? toComparableDate(value, site) : [value];
}

/** The original's date fields also take blanks around a date and slashes in it. */
function toComparableDate(value: JsonValue, site: Site): readonly JsonValue[] {
  if (value === null) return [null];
  if (typeof value !== "string") return [];
  const parsed = parseDate(value.trim().replace(/^(\d{4})\/(\d\d)\/(\d\d)(?!\d)/, "$1-$2-$3"));
  if (parsed === undefined) return [];
  if (!parsed.isWhole) throw unreadable(site, "a date down to the day at least");
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

function unreadable({ key, operator }: Site, expected: string): Error {
  return queryError(`the value of ${operator} on ${quote(key)} must be ${expected}`);
}
