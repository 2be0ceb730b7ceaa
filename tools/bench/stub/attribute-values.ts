/** Converts values to DynamoDB's JSON and back, without the SDK's document client. */

import { isObject } from "../../../lib/base/json.ts";

export type AttributeValue = { readonly [kind: string]: unknown };
export type Attributes = { readonly [name: string]: AttributeValue };

/** An item in the form of an endpoint's answer. */
export function toAttributes(item: { readonly [name: string]: unknown }): Attributes {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toAttributeValue(value)]));
}

export function toAttributeValue(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { L: value.map(toAttributeValue) };
  if (value instanceof Map) return { M: toAttributes(Object.fromEntries<unknown>(value)) };
  if (isObject(value)) return { M: toAttributes(value) };
  throw new TypeError(`There is no attribute of a ${typeof value}.`);
}

const readers: { readonly [kind: string]: (value: never) => unknown } = {
  S: (value: string) => value,
  N: (value: string) => Number(value),
  BOOL: (value: boolean) => value,
  NULL: () => null,
  B: (value: string) => Uint8Array.from(Buffer.from(value, "base64")),
  L: (values: AttributeValue[]) => values.map(fromAttributeValue),
  M: fromAttributes,
};

export function fromAttributes(attributes: Attributes): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, fromAttributeValue(value)]));
}

function fromAttributeValue(attribute: AttributeValue): unknown {
  const [[kind, value] = ["", undefined]] = Object.entries(attribute);
  const read = readers[kind];
  if (read === undefined) throw new Error(`There is no reader of an attribute of kind ${kind}.`);
  return read(value as never);
}
