/**
 * How the query language compares values: one order over all types, strings by code point, and one key for all equal
 * values.
 */

import { isObject } from "../base/json.ts";

/** The order of types, as in MongoDB: null and missing, numbers, strings, objects, arrays, booleans, dates. */
export function rankOf(value: unknown): number {
  switch (typeof value) {
    case "undefined":
      return 0;
    case "number":
      return 1;
    case "string":
      return 2;
    case "boolean":
      return 5;
    default:
      return rankOfObject(value);
  }
}

function rankOfObject(value: unknown): number {
  if (value === null) return 0;
  if (Array.isArray(value)) return 4;
  return value instanceof Date ? 6 : 3;
}

/** Negative if `a` comes first. The order of an object's keys does not count, because DynamoDB does not keep it. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const difference = rankOf(a) - rankOf(b);
  if (difference !== 0) return difference;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (isObject(a) && isObject(b) && !(a instanceof Date)) return compareObjects(a, b);
  return compareNumbers(Number(a ?? 0), Number(b ?? 0));
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, item] of a.entries()) {
    if (index >= b.length) return 1;
    const order = compareValues(item, b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

type Members = { readonly [key: string]: unknown };

/** Like MongoDB, compares member by member: type, then name, then value. */
function compareObjects(a: Members, b: Members): number {
  const names = Object.keys(b).sort(compareTexts);
  const ownNames = Object.keys(a).sort(compareTexts);
  for (const [index, name] of ownNames.entries()) {
    const other = names[index];
    if (other === undefined) return 1;
    const order = rankOf(a[name]) - rankOf(b[other]) || compareTexts(name, other) || compareValues(a[name], b[other]);
    if (order !== 0) return order;
  }
  return ownNames.length - names.length;
}

/** Whether each relation holds, given the result of `compareValues`. */
export const relations = {
  eq: (order: number): boolean => order === 0,
  not: (order: number): boolean => order !== 0,
  lt: (order: number): boolean => order < 0,
  lte: (order: number): boolean => order <= 0,
  gt: (order: number): boolean => order > 0,
  gte: (order: number): boolean => order >= 0,
} as const;

export type Relation = keyof typeof relations;

/** Sets a member under any name: even `__proto__` becomes an ordinary member. */
export function setMember(target: { [name: string]: unknown }, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[name] = value;
  }
}

/** Like `setMember`, but ignores a missing value. */
export function setPresent(target: { [name: string]: unknown }, name: string, value: unknown): void {
  if (value !== undefined) setMember(target, name, value);
}

const beyondSurrogates = /[\ud800-\uffff]/;
const everyBeyondSurrogates = /[\ud800-\uffff]/g;

/**
 * Maps a string so that comparing by UTF-16 unit, which JavaScript does fast, gives the order by code point. The two
 * orders differ only where a surrogate meets a unit above the surrogates, so these two ranges swap places.
 */
export function toSortable(text: string): string {
  return beyondSurrogates.test(text) ? text.replace(everyBeyondSurrogates, swapRanges) : text;
}

function swapRanges(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** Compares by code point. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return toSortable(a) < toSortable(b) ? -1 : 1;
}

/** Makes strings equal that differ only in case: lower case, with one form of sigma. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

/** The key of all objects, arrays or dates that are equal. */
export class Composite {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Makes a function that returns the key of a value: a scalar itself, or one `Composite` for all equal values. */
export function keyMaker(): (value: unknown) => unknown {
  const composites = new Map<string, Composite>();
  return (value) => {
    if (typeof value !== "object" || value === null) return value;
    const text = toCanonicalText(value);
    let composite = composites.get(text);
    if (composite === undefined) {
      composite = new Composite(value);
      composites.set(text, composite);
    }
    return composite;
  };
}

/** The same string for all equal values. */
export function toCanonicalText(value: unknown): string {
  if (value instanceof Date) return `@${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map(toCanonicalText).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "";
  const members = Object.keys(value)
    .sort(compareTexts)
    .map((name) => `${JSON.stringify(name)}:${toCanonicalText(value[name])}`);
  return `{${members.join()}}`;
}
