/** JSON Schema (2020-12, which OpenAPI 3.1 speaks) as data, and the few forms that the schemas here are made of. */

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
  if (isList(type)) return { ...schema, type: [...type, "null"] };
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

export function listOf(items: Schema, bounds: JsonObject = {}): Schema {
  return { type: "array", items, ...bounds };
}

/** The same schema with a text about it. */
export function described(description: string, schema: Schema): Schema {
  return { description, ...schema };
}
