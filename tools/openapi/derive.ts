/**
 * Derives JSON Schema (2020-12, as in OpenAPI 3.1) from the valibot schemas that parse requests: fields, types, bounds
 * of lists, and references. Rules that valibot schemas leave to code are added separately.
 */

import { type ConversionConfig, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { JsonObject } from "../../lib/base/json.ts";
import { bounds } from "../../lib/query/bounds.ts";
import { shortNames } from "../../lib/request/query-message.ts";
import { anyObject, closed, decimal, described, present, type Schema, type Schemas } from "./schema.ts";

/** A schema of the document: the valibot schema, and a function that adds what it does not say. */
export interface Part {
  readonly schema: v.GenericSchema;
  readonly tell: (derived: Derived) => Schema;
}

export type Parts = { readonly [name: string]: Part };

/** The derived schema of an object has `properties`; that of a choice has `anyOf`. */
export interface Derived extends JsonObject {
  readonly properties: Schemas;
  readonly required: readonly string[];
  readonly anyOf: readonly Derived[];
}

const conversion: ConversionConfig = {
  target: "draft-2020-12",
  // A pipe of two schemas means both. If that lost something, test/tools/openapi/agreement.test.ts would find it.
  errorMode: "ignore",
  ignoreActions: ["raw_check", "raw_transform", "transform"],
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideAction({ valibotAction, jsonSchema }) {
    const { message } = valibotAction as { readonly message?: unknown };
    if (valibotAction.type !== "check") return undefined;
    return { ...jsonSchema, ...(isBound(message) && { maxItems: bounds[message].max }) };
  },
  overrideSchema({ valibotSchema, jsonSchema }) {
    const { type, message } = valibotSchema as { readonly type: string; readonly message?: unknown };
    if (type === "custom") return message === "Struct" ? { ...anyObject } : {};
    // In a query, null means "not sent".
    if (type === "nullish") return jsonSchema.anyOf?.[0] as typeof jsonSchema;
    return undefined;
  },
};

function isBound(name: unknown): name is keyof typeof bounds {
  return typeof name === "string" && Object.hasOwn(bounds, name);
}

/** The schemas of all parts. If several have the same valibot schema, references name the last. */
export function derive(parts: Parts): Schemas {
  const rows = Object.entries(parts);
  const derived = toJsonSchemaDefs(Object.fromEntries(rows.map(([name, { schema }]) => [name, schema])), conversion);
  // The cast holds because JSON Schema is JSON.
  return Object.fromEntries(rows.map(([name, { tell }]) => [name, tell(withDecimals(derived[name]) as Derived)]));
}

/** Every integer may also be sent as a string. */
function withDecimals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDecimals);
  if (typeof value !== "object" || value === null) return value;
  const { type, minimum, maximum } = value as { type?: unknown; minimum?: number; maximum?: number };
  if (type === "integer") return decimal(minimum ?? 0, maximum ?? 0);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDecimals(member)]));
}

/** What is added about a message's fields. Fields with a short name are listed under the long one. */
interface Told {
  readonly description?: string;
  /** For a field: a description, or more of its schema. */
  readonly fields?: { readonly [field: string]: string | Schema };
  /** Required fields, under one of their names. */
  readonly needed?: readonly string[];
  /** Further schemas that must hold. For an `anyOf` beside fields, client generators would make a union instead. */
  readonly also?: readonly Schema[];
}

const longNames: { readonly [short: string]: string } = Object.fromEntries(
  Object.entries(shortNames).map(([long, short]) => [short, long]),
);

export function message(schema: v.GenericSchema, told: Told): Part {
  return { schema, tell: (derived) => tellOf(derived, told) };
}

/** @throws TypeError for a field that the message does not have */
export function tellOf({ properties }: Derived, { description, fields = {}, needed = [], also = [] }: Told): Schema {
  const unknown = [...Object.keys(fields), ...needed].filter((name) => !Object.hasOwn(properties, name));
  if (unknown.length > 0) throw new TypeError(`No such field: ${unknown.join(", ")}.`);
  const shown = Object.entries(properties).map(([name, schema]) => {
    const long = longNames[name] ?? name;
    const field = withMore(schema, fields[long] ?? {});
    return [name, long === name ? field : { ...field, description: `Short for \`${long}\`.` }] as const;
  });
  const named = Object.entries(shortNames).filter(([, short]) => Object.hasOwn(properties, short));
  const allOf = [...named.map(([name, short]) => exclusion(name, short, needed)), ...also];
  const required = needed.filter((name) => !named.some(([long]) => long === name));
  const schema = closed(Object.fromEntries(shown), required);
  return described(description ?? "", { ...schema, ...(allOf.length > 0 && { allOf }) });
}

/** If `more` is a reference or a choice, it replaces the derived schema. */
function withMore(derived: Schema, more: string | Schema): Schema {
  if (typeof more === "string") return { description: more, ...derived };
  const { description, ...rest } = more;
  const schema = "$ref" in rest || "anyOf" in rest ? rest : { ...derived, ...rest };
  return typeof description === "string" ? { description, ...schema } : schema;
}

function exclusion(name: string, short: string, needed: readonly string[]): Schema {
  return needed.includes(name) ? { oneOf: [present(name), present(short)] } : { not: present(name, short) };
}
