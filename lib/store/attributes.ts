/** One attribute of a row <-> its value. Which attributes a row has is told elsewhere. */

import { isObject, type JsonObject, type JsonValue } from "../base/json.ts";

/** Takes an attribute's value, `undefined` for an absent one; gives `undefined` for a value of another kind. */
export type Reader<Value> = (value: unknown) => Value | undefined;

export const text: Reader<string> = (value) => (typeof value === "string" ? value : undefined);

export const count: Reader<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

export const bytes: Reader<Uint8Array> = (value) => (value instanceof Uint8Array ? value : undefined);

/** A map of JSON values; sets and binaries are none. */
export const jsonObject: Reader<JsonObject> = (value) => (isObject(value) && isJson(value) ? value : undefined);

/** A reader to which an absent attribute means something. */
export function absentAs<Value>(absent: Value, reader: Reader<Value>): Reader<Value> {
  return (value) => (value === undefined ? absent : reader(value));
}

/** A reader of what can be unset: absent, as we write it, or DynamoDB's null, as other tools may. */
export function optional<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value) => (value === undefined || value === null ? null : reader(value));
}

/**
 * A JSON value as the SDK's document client takes it. The client tells kinds by `value.constructor`, which a key of that
 * name would forge: objects go in as maps.
 */
export function toAttribute(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toAttribute);
  if (isObject(value)) {
    return new Map(Object.entries(value as JsonObject).map(([key, member]) => [key, toAttribute(member)]));
  }
  return value;
}

const scalarTypes: ReadonlySet<string> = new Set(["string", "number", "boolean"]);

function isJson(value: unknown): value is JsonValue {
  if (Array.isArray(value)) return value.every(isJson);
  if (!isObject(value)) return value === null || scalarTypes.has(typeof value);
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof Set || value instanceof Uint8Array) return false;
    // The client builds maps by assignment: a key `__proto__`, written by an outside tool, has become the prototype.
    Object.setPrototypeOf(value, Object.prototype);
  }
  for (const key in value) {
    if (!isJson(value[key])) return false;
  }
  return true;
}
