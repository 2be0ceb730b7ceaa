/** Building blocks of the document's schemas. */

import type { JsonObject, JsonValue } from "../../lib/base/json.ts";

export type Schema = JsonObject;
export type Schemas = { readonly [name: string]: Schema };

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A schema that also accepts `null`. */
export function nullable(schema: Schema): Schema {
  const { type, anyOf } = schema;
  if (typeof type === "string") return { ...schema, type: [type, "null"] };
  return { anyOf: [...(isList(anyOf) ? anyOf : [schema]), { type: "null" }] };
}

/** `Array.isArray` does not narrow to readonly arrays. */
function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** An object with any members. Without `additionalProperties`, generators take it for an empty object. */
export const anyObject: Schema = { type: "object", additionalProperties: true };

/** An object without other members. */
export function closed(properties: Schemas, required: readonly string[] = []): Schema {
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

/** Part of an object's schema: requires these members. Generators put that into types, too. */
export function present(...names: readonly string[]): Schema {
  return { properties: Object.fromEntries(names.map((name) => [name, {}])), required: names };
}

export function listOf(items: Schema, bounds: JsonObject = {}): Schema {
  return { type: "array", items, ...bounds };
}

/** A whole number, or its decimal string, as in proto3's JSON. The pattern limits the digits, not the exact value. */
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

/** Adds a description, unless it is empty. */
export function described(description: string, schema: Schema): Schema {
  return description === "" ? schema : { description, ...schema };
}

export function inCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
