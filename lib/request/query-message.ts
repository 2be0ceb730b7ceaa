/** Building blocks for the messages inside a query: proto3's JSON, in which some fields also have a short name. */

import * as v from "valibot";
import { SecretError } from "../base/errors.ts";
import { isObject, type JsonValue } from "../base/json.ts";
import { assertWithin, type BoundName } from "../query/bounds.ts";
import { decimal, isUnknownField, objectMistake, pathTo } from "./message.ts";

/** Parses to the checked form. Its transformations throw the errors of the query language. */
export type Schema<Value> = v.GenericSchema<unknown, Value>;

type Fields = { readonly [field: string]: Schema<unknown> };

/** The fields that were sent. `undefined`, and `null` in JSON, mean "not sent". */
export type Sent<Of extends Fields> = { readonly [Field in keyof Of]?: v.InferOutput<Of[Field]> | undefined };

/** Fields that also have a short name, as in Cloudforet's query. */
export const shortNames = { key: "k", operator: "o", value: "v", name: "n" } as const;

type Named = { readonly [Name in keyof typeof shortNames]?: Schema<unknown> };

export const text: Schema<string> = v.string("string");
export const uint32: Schema<number> = integer("uint32", 0, 2 ** 32 - 1);
export const int32: Schema<number> = integer("int32", -(2 ** 31), 2 ** 31 - 1);

/** Any JSON value; `null` counts as sent. */
// The cast holds because every body comes from JSON.
export const anyValue: Schema<JsonValue> = v.unknown() as Schema<unknown> as Schema<JsonValue>;

function integer(type: string, min: number, max: number): Schema<number> {
  const range = `must be from ${min} to ${max}`;
  return v.pipe(decimal(type, /^-?\d+$/), v.minValue(min, range), v.maxValue(max, range));
}

/** Checks the length before the items. */
export function list<Item>(item: Schema<Item>, bound: BoundName | null = null): Schema<readonly Item[]> {
  const items = v.array(v.unknown(), "list");
  if (bound === null) return v.pipe(items, v.array(item));
  const counted = v.check<unknown[], string>(({ length }) => {
    assertWithin(bound, length);
    return true;
    // Never reported, because `assertWithin` throws first: tools/openapi reads the bound's name here.
  }, bound);
  return v.pipe(items, counted, v.array(item));
}

/** An object with no other fields. All are optional here: the query language says which it requires. */
export function message<Of extends Fields>(fields: Of): Schema<Sent<Of>> {
  const entries = Object.entries(fields).map(([name, field]) => [name, v.nullish(field)]);
  const schema = v.pipe(
    v.custom<object>(isObject, "Struct"),
    v.strictObject(Object.fromEntries(entries) as v.ObjectEntries, objectMistake(Object.keys(fields))),
    v.transform((sent) =>
      Object.fromEntries(Object.entries(sent).filter(([name, value]) => isSent(fields, name, value))),
    ),
  );
  // The cast holds because each value comes from its field's schema.
  return schema as Schema<unknown> as Schema<Sent<Of>>;
}

function isSent(fields: Fields, name: string, value: unknown): boolean {
  return value !== undefined && (value !== null || fields[name] === anyValue);
}

/** A message in which some fields also have a short name. Sending both names of a field is a mistake. */
export function namedMessage<Of extends Named, Others extends Fields = Record<never, never>>(
  named: Of,
  others?: Others,
): Schema<Sent<Of & Others>> {
  const names = Object.entries(named).map(([name, field]) => ({ name, short: shortNames[name as keyof Named], field }));
  const both = names.flatMap(({ name, short, field }) => [[name, field] as const, [short, field] as const]);
  const schema = v.pipe(
    message({ ...Object.fromEntries(both), ...others }),
    v.rawTransform(({ dataset: { value: sent }, addIssue, NEVER }) => {
      const merged: { [field: string]: unknown } = { ...sent };
      for (const { name, short } of names) {
        if (!Object.hasOwn(merged, short)) continue;
        if (Object.hasOwn(merged, name)) {
          addIssue({ message: `is another name of ${name}`, path: [pathTo(merged, short)] });
          return NEVER;
        }
        merged[name] = merged[short];
        delete merged[short];
      }
      return merged;
    }),
  );
  return schema as Schema<unknown> as Schema<Sent<Of & Others>>;
}

const maxNameLength = 80;

/**
 * @param at the beginning of the path of a mistake
 * @throws ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE for the first mistake; and whatever transformations
 *   throw
 */
export function parseBy<Value>(schema: Schema<Value>, value: unknown, at: string): Value {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const { kind, message: reason, path = [] } = issue;
  const key = [at, ...path.map((item) => String(item.key).slice(0, maxNameLength))].join(".");
  if (kind === "schema" && !isUnknownField(issue))
    throw new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key, type: reason });
  throw new SecretError("ERROR_INVALID_PARAMETER", { key, reason });
}
