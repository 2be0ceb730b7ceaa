/** The fields of a secret that a query may name, the keys that name them, and how their values are found in a row. */

import { isObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { suggest } from "../base/nearest.ts";
import { type SecretField, secretFieldNames, secretFields } from "../secret/secret.ts";
import { assertWithin, queryError, quote } from "./bounds.ts";

export interface Field {
  readonly name: SecretField | "encrypted" | "encrypt_options";
  /** In rows, dates are strings of the form `YYYY-MM-DDTHH:MM:SS.mmmZ`. Only maps have parts. */
  readonly kind: "string" | "number" | "boolean" | "date" | "map";
  /** The value in a row that lacks the attribute. */
  readonly absent: JsonValue;
  /** The same for every secret, neither stored nor shown. Queries may name it because the original stores it. */
  readonly constant?: JsonValue;
}

/** A row of the secrets table. An unset field is an absent attribute; attributes that are not fields are never read. */
export type Row = { readonly [attribute: string]: unknown };

const empty: JsonObject = {};

/** The fields that a key may begin with. */
export const pathFields: readonly Field[] = [
  ...secretFieldNames.map((name): Field => {
    const { kind } = secretFields[name];
    return { name, kind, absent: kind === "map" ? empty : null };
  }),
  { name: "encrypted", kind: "boolean", absent: null, constant: false },
  { name: "encrypt_options", kind: "map", absent: null, constant: empty },
];

const fieldsByName: ReadonlyMap<string, Field> = new Map(pathFields.map((field) => [field.name, field]));

/** The fields of `SecretInfo`, in its order. */
export const shownFields: readonly Field[] = pathFields.filter((field) => field.constant === undefined);

/** The fields that `minimal` shows. */
export const minimalFields: readonly string[] = ["secret_id", "name", "secret_type"];

/** The fields that `keyword` searches. */
export const keywordFields: readonly string[] = ["secret_id", "name", "schema", "provider"];

export function findField(name: string): Field | undefined {
  return fieldsByName.get(name);
}

/** Reads one field of a row. An unset field has its `absent` value. */
function fieldReader(field: Field): (row: Row) => unknown {
  const { name, absent, constant } = field;
  if (constant !== undefined) return () => constant;
  return (row) => row[name] ?? absent;
}

/** A key that names a field of a secret, or a part of one. */
export interface Path {
  readonly key: string;
  readonly field: Field;
  /** The parts below the field. */
  readonly parts: readonly string[];
}

/**
 * Splits a key at its dots. `\.` is a dot within a part and `\\` a backslash; any other backslash stands for itself.
 * @throws ERROR_DB_QUERY for a key that is too long or has too many parts
 */
export function splitKey(key: string): readonly string[] {
  assertWithin("keyLength", key.length);
  const parts = key.includes("\\") ? splitEscaped(key) : key.split(".");
  assertWithin("keyDepth", parts.length);
  return parts;
}

function splitEscaped(key: string): readonly string[] {
  const parts = [""];
  for (const [piece] of key.matchAll(/\\[.\\]|./gs)) {
    if (piece === ".") parts.push("");
    else parts.push(`${parts.pop()}${piece.length === 2 ? piece.slice(1) : piece}`);
  }
  return parts;
}

/**
 * Returns `undefined` for a key that names no field, or a part of a field that has no parts.
 * @throws ERROR_DB_QUERY for a key that is too long or has too many parts
 */
export function findPath(key: string): Path | undefined {
  const whole = fieldsByName.get(key);
  if (whole !== undefined) return { key, field: whole, parts: [] };
  const [name = "", ...parts] = splitKey(key);
  const field = fieldsByName.get(name);
  if (field?.kind !== "map" || parts.includes("")) return undefined;
  return { key, field, parts };
}

/** @throws ERROR_DB_QUERY for a key that names no field */
export function getPath(key: string): Path {
  const path = findPath(key);
  if (path === undefined) throw queryError(`unknown field ${quote(key)}${suggest(key, fieldsByName.keys())}`);
  return path;
}

/** A test of a value; `undefined` means that it is missing. */
export type ValueTest = (value: unknown) => boolean;

/**
 * Tests whether any value at the path passes, as MongoDB's filters do. A part of the path names a member; in an array
 * it names a member of each object in it, or an index. An array at the end of the path is tested as a whole.
 */
export function someValue(path: Path, test: ValueTest): (row: Row) => boolean {
  const { field, parts } = path;
  const read = fieldReader(field);
  return parts.length === 0 ? (row) => test(read(row)) : (row) => search(read(row), { parts, test }, 0);
}

/** Like `someValue`, for any key inside a value. */
export function someMember(key: string, test: ValueTest): ValueTest {
  const goal = { parts: splitKey(key), test };
  return (value) => search(value, goal, 0);
}

interface Search {
  readonly parts: readonly string[];
  readonly test: ValueTest;
}

function search(value: unknown, goal: Search, depth: number): boolean {
  const part = goal.parts[depth];
  if (part === undefined) return goal.test(value);
  if (Array.isArray(value)) return searchArray(value, goal, depth);
  if (!isObject(value) || !Object.hasOwn(value, part)) return goal.test(undefined);
  return search(value[part], goal, depth + 1);
}

function searchArray(items: readonly unknown[], goal: Search, depth: number): boolean {
  const index = toIndex(goal.parts[depth]);
  return items.some(
    (item, position) =>
      (isObject(item) && search(item, goal, depth)) || (position === index && searchItem(item, goal, depth + 1)),
  );
}

/** Below a scalar at an index there are no values, not even missing ones. */
function searchItem(item: unknown, goal: Search, depth: number): boolean {
  const isContainer = typeof item === "object" && item !== null;
  return (isContainer || depth === goal.parts.length) && search(item, goal, depth);
}

function toIndex(part: string | undefined): number {
  return part !== undefined && /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : -1;
}

/** Reads the value at a path as sorting and aggregation see it: through an array, an array of the values in it. */
export function valueReader(path: Path): (row: Row) => unknown {
  const { field, parts } = path;
  const read = fieldReader(field);
  return parts.length === 0 ? read : (row) => valueAt(read(row), parts);
}

/** The value at these parts below another value; `undefined` if there is none. */
export function valueAt(value: unknown, parts: readonly string[], depth = 0): unknown {
  const part = parts[depth];
  if (part === undefined) return value;
  if (Array.isArray(value)) return valueInArray(value, parts, depth);
  if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
  return valueAt(value[part], parts, depth + 1);
}

function valueInArray(items: readonly unknown[], parts: readonly string[], depth: number): unknown {
  const index = toIndex(parts[depth]);
  if (index >= 0) return valueAt(items[index], parts, depth + 1);
  return items.filter(isObject).flatMap((item) => {
    const value = valueAt(item, parts, depth);
    return value === undefined ? [] : [value];
  });
}
