/** Messages inside a query as proto3 JSON writes them: from unknown to typed, each mistake named by its dotted path. */

import { SecretError } from "../base/errors.ts";
import { isObject, type JsonValue } from "../base/json.ts";
import { suggest } from "../base/nearest.ts";
import { assertWithin, type BoundName } from "../query/bounds.ts";

/** Reads what stands at a path such as `query.filter.0.key`. */
export type Reader<Value> = (value: unknown, at: string) => Value;

type Readers = { readonly [field: string]: Reader<unknown> };

/** What was sent of a message's fields; `undefined` and, in JSON, `null` mean not sent. */
export type Sent<Fields extends Readers> = { readonly [Field in keyof Fields]?: ReturnType<Fields[Field]> | undefined };

export function wrongType(at: string, type: string): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key: at, type });
}

export function invalid(at: string, reason: string): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key: at, reason });
}

export const text: Reader<string> = (value, at) => {
  if (typeof value !== "string") throw wrongType(at, "string");
  return value;
};

export const bool: Reader<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw wrongType(at, "bool");
  return value;
};

export const uint32: Reader<number> = integer("uint32", 0, 2 ** 32 - 1);
export const int32: Reader<number> = integer("int32", -(2 ** 31), 2 ** 31 - 1);

/** Also as the decimal text that proto3 JSON allows. */
function integer(type: string, min: number, max: number): Reader<number> {
  return (value, at) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== "number") throw wrongType(at, type);
    if (!Number.isInteger(number)) throw invalid(at, "must be a whole number");
    if (number < min || number > max) throw invalid(at, `must be from ${min} to ${max}`);
    return number;
  };
}

/** Any JSON value, of which `null` is one that is sent. */
// A body was JSON text or comes from one: it holds nothing else.
export const anyValue: Reader<JsonValue> = (value) => value as JsonValue;

/** The items are counted before they are looked at. */
export function list<Item>(item: Reader<Item>, bound?: BoundName): Reader<readonly Item[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw wrongType(at, "list");
    if (bound !== undefined) assertWithin(bound, value.length);
    return value.map((element: unknown, index) => item(element, `${at}.${index}`));
  };
}

const maxNameLength = 80;

/** @returns a reader that refuses what is no object, and fields that the message does not have */
export function message<Fields extends Readers>(fields: Fields): Reader<Sent<Fields>> {
  const readers = new Map(Object.entries(fields));
  const read = (name: string, member: unknown, at: string): unknown => {
    const reader = readers.get(name);
    if (reader === undefined) {
      throw invalid(`${at}.${name.slice(0, maxNameLength)}`, `unknown field${suggest(name, readers.keys())}`);
    }
    return member === null && reader !== anyValue ? undefined : reader(member, `${at}.${name}`);
  };
  return (value, at) => {
    if (!isObject(value)) throw wrongType(at, "Struct");
    const sent = Object.keys(value).map((name) => [name, read(name, value[name], at)] as const);
    // Each member was read by the reader of its field.
    return Object.fromEntries(sent) as Sent<Fields>;
  };
}

/** The one of two names of a field that was sent. */
export function either<Message extends object, Name extends keyof Message & string>(
  sent: Message,
  name: Name,
  alias: keyof Message & string,
  at: string,
): Message[Name] {
  if (sent[name] !== undefined && sent[alias] !== undefined)
    throw invalid(`${at}.${alias}`, `is another name of ${name}`);
  // Both names have the same reader.
  return sent[name] ?? (sent[alias] as Message[Name]);
}
