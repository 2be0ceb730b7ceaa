/** The few forms that the document's schemas are made of, and the facts that several of them tell. */

import type { JsonObject, JsonValue } from "../../lib/base/json.ts";

export type Schema = JsonObject;
export type Schemas = { readonly [name: string]: Schema };

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** One of the schema's values, or `null`. */
export function nullable(schema: Schema): Schema {
  const { type, anyOf } = schema;
  if (typeof type === "string") return { ...schema, type: [type, "null"] };
  return { anyOf: [...(isList(anyOf) ? anyOf : [schema]), { type: "null" }] };
}

/** `Array.isArray` does not tell lists that are read only. */
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** An object with whatever members. Generators take one that does not say so for the empty object. */
export const anyObject: Schema = { type: "object", additionalProperties: true };

/** An object that has no other members. */
export function closed(properties: Schemas, required: readonly string[] = []): Schema {
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

/** Part of an object's schema: these members are there. Types made of it say so as well. */
export function present(...names: readonly string[]): Schema {
  return { properties: Object.fromEntries(names.map((name) => [name, {}])), required: names };
}

export function listOf(items: Schema, bounds: JsonObject = {}): Schema {
  return { type: "array", items, ...bounds };
}

/** A whole number, or the same in digits, as proto3's JSON has both. The last digit's bound is the number's alone. */
export function decimal(minimum: number, maximum: number): Schema {
  const count = String(maximum).length;
  const digits = `0*\\d{1,${count}}`;
  const pattern = minimum > 0 ? `0*[1-9]\\d{0,${count - 1}}` : minimum === 0 ? `(-0+|${digits})` : `-?${digits}`;
  return {
    anyOf: [
      { type: "integer", minimum, maximum },
      { type: "string", pattern: `^${pattern}$` },
    ],
  };
}

/** The same schema with a text about it; none where there is nothing to say. */
export function described(description: string, schema: Schema): Schema {
  return description === "" ? schema : { description, ...schema };
}

export function inCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
