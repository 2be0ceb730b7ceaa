/**
 * Converts the attributes of a row to typed values. Only this module checks what a row holds; items.ts says which
 * attributes there are.
 */

import { isObject, type JsonObject, type JsonValue } from "../base/json.ts";

/** Attributes by name, in the form of the SDK's document client. */
export type Item = { readonly [name: string]: unknown };

/** A kind of row: its name and key, which errors mention, and a reader for each attribute. */
export interface RowKind<Row> {
  readonly name: string;
  readonly key: readonly string[];
  readonly readers: { readonly [Name in keyof Row & string]: AttributeReader<Row[Name]> };
}

/** Takes an attribute's value (`undefined`: absent). Returns `undefined` for a value of the wrong kind. */
export type AttributeReader<Value> = (value: unknown) => Value | undefined;

/** An attribute is missing or of the wrong kind. The message has the row's key, and nothing else of its content. */
class MalformedRowError extends Error {
  override readonly name = "MalformedRowError";
}

export const text: AttributeReader<string> = (value) => (typeof value === "string" ? value : undefined);
export const count: AttributeReader<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

export const bytes: AttributeReader<Uint8Array> = (value) => (value instanceof Uint8Array ? value : undefined);

/** A map of JSON values, without sets and binaries. */
export const jsonObject: AttributeReader<JsonObject> = (value) =>
  isObject(value) && isJson(value) ? value : undefined;

const scalarTypes: ReadonlySet<string> = new Set(["string", "number", "boolean"]);

/** @throws MalformedRowError */
export function readRow<Row, Name extends keyof Row & string>(
  { name: kind, key, readers }: RowKind<Row>,
  item: unknown,
  names: readonly Name[],
): Pick<Row, Name> {
  if (!isObject(item)) {
    throw new MalformedRowError(`Malformed ${kind} row: no item.`);
  }
  // Own attributes only: the SDK builds maps by assignment, so a key `__proto__` has become the prototype.
  const own = Object.getPrototypeOf(item) === Object.prototype ? item : { ...item };
  const row: { [name: string]: unknown } = {};
  for (const name of names) {
    const value = readers[name](own[name]);
    if (value === undefined) {
      const id = key.filter((part) => Object.hasOwn(own, part)).map((part) => `${part} = ${own[part]}`);
      throw new MalformedRowError(`Malformed ${kind} row: attribute ${name} (${id.join(", ")}).`);
    }
    row[name] = value;
  }
  return row as Pick<Row, Name>;
}

/** A reader that gives an absent attribute a value. */
export function absentAs<Value>(absent: Value, reader: AttributeReader<Value>): AttributeReader<Value> {
  return (value) => (value === undefined ? absent : reader(value));
}

/** A reader of a field that can be unset: absent, as the service writes it, or DynamoDB's null, as other tools may. */
export function optional<Value>(reader: AttributeReader<Value>): AttributeReader<Value | null> {
  return (value) => (value === undefined || value === null ? null : reader(value));
}

/**
 * A JSON value in the form that the SDK's document client takes. The client tells types by `value.constructor`, which a
 * key of that name would forge, so objects become maps.
 */
export function toAttribute(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toAttribute);
  if (isObject(value)) {
    return new Map(Object.entries(value as JsonObject).map(([key, member]) => [key, toAttribute(member)]));
  }
  return value;
}

function isJson(value: unknown): value is JsonValue {
  if (Array.isArray(value)) return value.every(isJson);
  if (!isObject(value)) return value === null || scalarTypes.has(typeof value);
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof Set || value instanceof Uint8Array) return false;
    // The SDK builds maps by assignment, so a key `__proto__`, written by another tool, has become the prototype.
    Object.setPrototypeOf(value, Object.prototype);
  }
  for (const key in value) {
    if (!isJson(value[key])) return false;
  }
  return true;
}
