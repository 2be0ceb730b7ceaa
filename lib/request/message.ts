/** Parses an unknown body to a typed request, and decides which mistake is reported. */

import * as v from "valibot";
import { SecretError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { suggest } from "../base/nearest.ts";
import { limits } from "../secret/secret.ts";

/** The schemas of a message's fields, in order. A field that can be `null`, which means "not sent", is optional. */
export type Fields<Request> = {
  readonly [Key in keyof Request]: null extends Request[Key]
    ? v.OptionalSchema<v.GenericSchema<unknown, NonNullable<Request[Key]>>, undefined>
    : v.GenericSchema<unknown, Request[Key]>;
};

type Issue = v.BaseIssue<unknown>;

/** Turns an unknown body into a request in which every field of the message is present. */
export type Parse<Request> = (body: unknown) => Request;

/** Fields that are messages themselves: as in proto3, they count as sent even when empty. */
const messageFields = new Set(["data", "tags", "query"]);

/**
 * Makes the parser of one message. It reports the first mistake in this order: unknown field, wrong type, missing field
 * (in the order of the message), broken limit.
 * @param alternatives the message's first fields, if a request must have exactly one of them
 * @throws (by the parser) ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE, ERROR_REQUIRED_PARAMETER
 */
export function messageParser<Request extends object>(
  fields: Fields<Request>,
  alternatives: readonly (string & keyof Request)[] = [],
): Parse<Request> {
  const schema = v.strictObject(fields as v.ObjectEntries, objectMistake(Object.keys(fields)));
  return (body) => {
    if (!isObject(body)) throw new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key: "request", type: "Struct" });
    const sent = sentOf(body, fields);
    const result = v.safeParse(schema, sent);
    const mistake = findMistake(result.issues ?? [], sent, alternatives);
    if (mistake !== undefined || !result.success) throw mistake ?? new TypeError("a failed parse without an issue");
    return toRequest(result.output, fields);
  };
}

/**
 * The schema of a message inside another one, such as an item of a list. Its mistakes are reported as mistakes of the
 * outer message.
 */
export function messageSchema<Request extends object>(
  fields: Fields<Request>,
  alternatives: readonly [string, ...string[]],
): v.GenericSchema<unknown, Request> {
  return v.pipe(
    v.custom<{ readonly [key: string]: unknown }>(isObject, "Struct"),
    v.transform((body) => sentOf(body, fields)),
    v.strictObject(fields as v.ObjectEntries, objectMistake(Object.keys(fields))),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const sent = alternatives.filter((key) => dataset.value[key] !== undefined);
      const [key = alternatives[0]] = sent.slice(1);
      const message = `cannot be given beside ${sent[0]}`;
      if (sent.length !== 1) addIssue({ message, path: [pathTo(dataset.value, key)] });
    }),
    v.transform((sent) => toRequest(sent, fields)),
  );
}

/** The path of a mistake in a member of an object. */
export function pathTo(input: { readonly [field: string]: unknown }, key: string): v.ObjectPathItem {
  return { type: "object", origin: "value", input: { ...input }, key, value: input[key] };
}

function sentOf(body: { readonly [key: string]: unknown }, fields: object): { readonly [key: string]: unknown } {
  const isKept = (key: string) => !Object.hasOwn(fields, key) || isSent(key, body[key]);
  return Object.fromEntries(Object.entries(body).filter(([key]) => isKept(key)));
}

/** `Fields` ties each schema to its field's type in `Request`, so values that passed the schemas make a `Request`. */
function toRequest<Request extends object>(
  sent: { readonly [key: string]: unknown },
  fields: Fields<Request>,
): Request {
  return Object.fromEntries(Object.keys(fields).map((key) => [key, sent[key] ?? null])) as Request;
}

/** As in proto3, a zero value means "not sent". In this API that holds for a zero value of any type. */
function isSent(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (messageFields.has(key)) return true;
  const isZero = value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
  return !isZero && !(key === "secret_type" && value === "NONE");
}

function findMistake(
  issues: readonly Issue[],
  sent: { readonly [key: string]: unknown },
  alternatives: readonly string[],
): SecretError | undefined {
  const unknown = issues.find(isUnknownField);
  if (unknown !== undefined) return invalid(keyOf(unknown).slice(0, 80), unknown.message);
  const wrong = issues.find(isWrongType);
  if (wrong !== undefined) {
    return new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key: keyOf(wrong), type: wrong.message });
  }
  const [one, another] = alternatives.filter((key) => Object.hasOwn(sent, key));
  const [missing] = [...(one === undefined ? alternatives.slice(0, 1) : []), ...issues.filter(isMissing).map(keyOf)];
  if (missing !== undefined) return new SecretError("ERROR_REQUIRED_PARAMETER", { key: missing });
  if (another !== undefined) return invalid(another, `cannot be given beside ${one}`);
  const [issue] = issues;
  return issue === undefined ? undefined : invalid(keyOf(issue), issue.message);
}

/** For a missing field, valibot reports a path that ends in `undefined`. */
function isMissing({ path }: Issue): boolean {
  return path !== undefined && path.at(-1)?.value === undefined;
}

function isWrongType(issue: Issue): boolean {
  return issue.kind === "schema" && issue.type !== "picklist" && !isMissing(issue);
}

/** Whether the message has no such field. */
export function isUnknownField({ expected }: Issue): boolean {
  return expected === "never";
}

/** The reason given for a value that is not an object, and for a field that the message does not have. */
export function objectMistake(fields: readonly string[]): (issue: Issue) => string {
  return (issue) => (isUnknownField(issue) ? `unknown field${suggest(String(issue.input), fields)}` : "Struct");
}

function keyOf(issue: Issue): string {
  return (issue.path ?? []).map((item) => String(item.key)).join(".");
}

function invalid(key: string, reason: string): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key, reason });
}

export type StringSchema = v.GenericSchema<unknown, string>;

/**
 * A string of at most `max` code points. An empty one never gets here: it means "not sent". The metadata repeats the
 * limit in JSON Schema's words, for docs/openapi.json.
 */
export function text(max: number): StringSchema {
  return v.pipe(
    v.string("string"),
    v.check((value) => value.isWellFormed(), "must be well-formed Unicode"),
    v.check((value) => characters(value) <= max, `must have at most ${max} characters`),
    v.metadata({ maxLength: max }),
  );
}

/** Length in code points. Beyond 1024 UTF-16 units any string is too long, so there is no need to count exactly. */
function characters(value: string): number {
  return value.length > 1024 ? value.length : [...value].length;
}

export const id: StringSchema = text(limits.idCharacters);
export const domainId: StringSchema = text(limits.domainIdCharacters);

export const name: StringSchema = v.pipe(
  text(limits.nameCharacters),
  v.check((value) => value.trim() !== "", "must not be only whitespace"),
  v.metadata({ pattern: "\\S" }),
);

export const secretType: v.GenericSchema<unknown, "CREDENTIALS"> = v.pipe(
  v.string("SecretType"),
  v.picklist(["CREDENTIALS"], "must be CREDENTIALS"),
);

export const bool: v.GenericSchema<unknown, boolean> = v.boolean("bool");

/** A whole number, or its decimal string, which proto3 JSON allows. */
export function decimal(type: string, text: RegExp): v.GenericSchema<unknown, number> {
  const isDecimal = (value: unknown) => typeof value === "number" || (typeof value === "string" && text.test(value));
  return v.pipe(v.custom<number | string>(isDecimal, type), v.transform(Number), v.integer("must be a whole number"));
}

/** Checks the length before the items: checking a million wrong items would take seconds. */
export function listOf<Value>(item: v.GenericSchema<unknown, Value>): v.GenericSchema<unknown, readonly Value[]> {
  const countedList = v.pipe(v.array(v.unknown(), "list"), v.maxLength(1000, "must name at most 1000 values"));
  return v.pipe(countedList, v.array(item));
}

/**
 * A schema that is chosen by the value. Unlike valibot's union, it reports the mistake of the chosen schema. To
 * programs that read schemas, such as tools/openapi, it looks like a union.
 */
export function choice<Value>(
  options: readonly v.GenericSchema<unknown, Value>[],
  choose: (value: unknown) => v.GenericSchema<unknown, Value>,
): v.GenericSchema<unknown, Value> {
  return Object.assign(v.lazy(choose), { type: "union", options });
}

/** Any object. The query's own schema checks what it holds. */
export const query: v.GenericSchema<unknown, JsonObject> = v.custom<JsonObject>(isObject, "Struct");
