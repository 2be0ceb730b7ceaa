/** The fields that messages are made of: one schema each, with its limits (contract, section 3). */

import * as v from "valibot";
import { isObject, type JsonObject, walk } from "../base/json.ts";
import { JsonText } from "../base/json-text.ts";
import { isStorableNumber, limits } from "../secret/secret.ts";

type StringSchema = v.GenericSchema<unknown, string>;

/**
 * A string of at most `max` code points. An empty one never gets here: it means "not sent". Metadata says in JSON
 * Schema's words what the checks do, for the API's description.
 */
function text(max: number): StringSchema {
  return v.pipe(
    v.string("string"),
    v.check((value) => value.isWellFormed(), "must be well-formed Unicode"),
    v.check((value) => characters(value) <= max, `must have at most ${max} characters`),
    v.metadata({ maxLength: max }),
  );
}

/** Length in code points, for texts that may be far too long: stops counting there. */
function characters(value: string): number {
  return value.length > 1024 ? value.length : [...value].length;
}

export const id: StringSchema = text(limits.idCharacters);
export const domainId: StringSchema = text(limits.domainIdCharacters);
export const clientToken: StringSchema = text(limits.clientTokenCharacters);
export const etag: StringSchema = text(limits.idCharacters);

export const name: StringSchema = v.pipe(
  text(limits.nameCharacters),
  v.check((value) => value.trim() !== "", "must not be blank"),
  v.metadata({ pattern: "\\S" }),
);

export const secretType: v.GenericSchema<unknown, "CREDENTIALS"> = v.pipe(
  v.string("SecretType"),
  v.picklist(["CREDENTIALS"], "must be CREDENTIALS"),
);

export const bool: v.GenericSchema<unknown, boolean> = v.boolean("bool");

/** An int32 above 0, also as the decimal text that proto3 JSON allows. 0 never gets here: it means "not sent". */
export const version: v.GenericSchema<unknown, number> = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^[0-9]{1,10}$/), v.transform(Number))], "int32"),
  v.integer("must be a whole number"),
  v.minValue(1, "must be at least 1"),
  v.maxValue(2 ** 31 - 1, "must fit into 31 bits"),
);

/** A list is counted before its items are looked at: a million wrong ones would cost seconds. */
function listOf<Value>(item: v.GenericSchema<unknown, Value>): v.GenericSchema<unknown, readonly Value[]> {
  const countedList = v.pipe(v.array(v.unknown(), "list"), v.maxLength(1000, "must name at most 1000 values"));
  return v.pipe(countedList, v.array(item));
}

/** One of the values, or any of a list of them. */
export function oneOrMany<Value extends string>(
  field: v.GenericSchema<unknown, Value>,
): v.GenericSchema<unknown, readonly Value[]> {
  const one = v.pipe(
    field,
    v.transform((value) => [value]),
  );
  const many = listOf(field);
  return v.lazy((value) => (Array.isArray(value) ? many : one));
}

export const fieldNames: v.GenericSchema<unknown, readonly string[]> = listOf(text(limits.nameCharacters));

/** Anything that is an object; what it may hold is checked by the language it belongs to. */
export const query: v.GenericSchema<unknown, JsonObject> = v.custom<JsonObject>(isObject, "Struct");

export const data: v.GenericSchema<unknown, JsonText> = v.pipe(
  v.custom<JsonText | JsonObject>((value) => isObject(value), "Struct"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value instanceof JsonText) return;
    const fault = findDataFault(dataset.value);
    if (fault !== undefined) addIssue({ message: fault });
  }),
  v.transform((value) => (value instanceof JsonText ? value : JsonText.of(value))),
  v.check((value) => value.byteLength <= limits.dataBytes, `must have at most ${limits.dataBytes} bytes as JSON`),
);

export const tags: v.GenericSchema<unknown, JsonObject> = v.pipe(
  v.custom<JsonObject>(isObject, "Struct"),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? findTagsFault(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
);

/** A direct event reaches us parsed; `JsonText` was checked while its text was read. */
function findDataFault(value: JsonObject): string | undefined {
  for (const nested of walk(value)) {
    if (isTooDeep(nested.value, nested.depth, limits.dataDepth)) return tooDeep(limits.dataDepth);
    if (typeof nested.value === "number" && !Number.isFinite(nested.value)) {
      return "holds a number that no double can hold";
    }
  }
  return undefined;
}

/** What is wrong with tags, in words that follow the key; `undefined` for what can be stored. */
export function findTagsFault(value: JsonObject): string | undefined {
  for (const nested of walk(value)) {
    if (isTooDeep(nested.value, nested.depth, limits.tagsDepth)) return tooDeep(limits.tagsDepth);
    const fault = findTagFault(nested.key, nested.value);
    if (fault !== undefined) return fault;
  }
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > limits.tagsBytes ? `must have at most ${limits.tagsBytes} bytes as JSON` : undefined;
}

function findTagFault(key: string | null, value: unknown): string | undefined {
  if (key === "") return "must have no empty keys";
  // Readers that build objects by assignment, the SDK's among them, would lose it.
  if (key === "__proto__") return "must have no key __proto__";
  if (key?.isWellFormed() === false) return "must have well-formed Unicode keys";
  if (typeof value === "string" && !value.isWellFormed()) return "must hold well-formed Unicode";
  if (typeof value === "number" && !isStorableNumber(value)) return "holds a number that DynamoDB cannot hold";
  return undefined;
}

function isTooDeep(value: unknown, depth: number, max: number): boolean {
  return typeof value === "object" && value !== null && depth >= max;
}

function tooDeep(max: number): string {
  return `nests deeper than ${max} levels`;
}
