/** The fields of a secret in messages: one schema each. docs/api.md lists their limits. */

import * as v from "valibot";
import { isObject, type JsonObject, walk } from "../base/json.ts";
import { JsonText } from "../base/json-text.ts";
import { parseDate } from "../query/date.ts";
import { isStorableNumber, limits } from "../secret/secret.ts";
import { decimal, listOf, type StringSchema, text } from "./message.ts";

export const clientToken: StringSchema = text(limits.clientTokenCharacters);
export const etag: StringSchema = text(limits.idCharacters);
export const fieldNames: v.GenericSchema<unknown, readonly string[]> = listOf(text(limits.nameCharacters));

const dateForm = "an ISO 8601 date, down to the day at least";

/** Parses to the stored form: UTC with milliseconds. */
export const expiresAt: StringSchema = v.pipe(
  v.string("string"),
  v.check((value) => toTimestamp(value) !== undefined, `must be ${dateForm}`),
  v.transform((value) => toTimestamp(value) ?? value),
);

/** The same, or `never`, which removes the date: `null` would mean "not sent". */
export const expiresAtOrNever: StringSchema = v.pipe(
  v.string("string"),
  v.check((value) => value === "never" || toTimestamp(value) !== undefined, `must be never, or ${dateForm}`),
  v.transform((value) => toTimestamp(value) ?? value),
);

/** Reads a date as queries do: UTC without a zone. `undefined` if it is not a date, or has no day. */
function toTimestamp(text: string): string | undefined {
  const parsed = parseDate(text);
  return parsed?.isWhole === true ? parsed.date.toISOString() : undefined;
}

/** 0 never gets here: it means "not sent". */
export const version: v.GenericSchema<unknown, number> = v.pipe(
  decimal("int32", /^\d{1,10}$/),
  v.minValue(1, "must be at least 1"),
  v.maxValue(2 ** 31 - 1, "must fit into 31 bits"),
);

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

/** Checks data of a direct event, which arrives parsed. `JsonText` was checked when its text was parsed. */
function findDataFault(value: JsonObject): string | undefined {
  for (const nested of walk(value)) {
    if (isTooDeep(nested.value, nested.depth, limits.dataDepth)) return tooDeep(limits.dataDepth);
    if (typeof nested.value === "number" && !Number.isFinite(nested.value)) {
      return "holds a number that no double can hold";
    }
  }
  return undefined;
}

/** Says what is wrong with tags, in words that follow the key; `undefined` if they can be stored. */
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
  // Code that builds objects by assignment, such as the AWS SDK's, would lose it.
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
