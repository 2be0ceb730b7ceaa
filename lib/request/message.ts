/** From an unknown body to a typed request: presence, unknown fields, and which mistake is named first. */

import * as v from "valibot";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { suggest } from "../base/nearest.ts";

/** The schemas of a message's fields, in the order of the message; where `null` means "not sent", an optional one. */
export type Fields<Request> = {
  readonly [Key in keyof Request]: null extends Request[Key]
    ? v.OptionalSchema<v.GenericSchema<unknown, NonNullable<Request[Key]>>, undefined>
    : v.GenericSchema<unknown, Request[Key]>;
};

/** Turns an unknown body into a request in which every field of the message is present. */
export type Parse<Request> = (body: unknown) => Request;

/** Fields whose presence is kept as it is, `null` apart: a set message counts as sent even when empty. */
const messageFields = new Set(["data", "tags", "query"]);

/**
 * Makes the parser of one message.
 *
 * The parser names one mistake at a time: an unknown field before a wrong type, that before a missing field (in the
 * order of the message), that before a broken limit.
 * @throws ERROR_INVALID_PARAMETER, ERROR_INVALID_PARAMETER_TYPE, ERROR_REQUIRED_PARAMETER (by the parser)
 */
export function messageParser<Request extends object>(fields: Fields<Request>): Parse<Request> {
  const schema = v.object(fields as v.ObjectEntries);
  return (body) => {
    if (!isObject(body)) throw new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key: "request", type: "Struct" });
    const unknown = Object.keys(body).find((key) => !Object.hasOwn(fields, key));
    if (unknown !== undefined)
      throw invalid(unknown.slice(0, 80), `unknown field${suggest(unknown, Object.keys(fields))}`);
    const sent = Object.fromEntries(Object.entries(body).filter(([key, value]) => isSent(key, value)));
    const result = v.safeParse(schema, sent);
    if (!result.success) throw firstMistake(result.issues, sent);
    // `Fields` ties each field's schema to its type in `Request`, so what passed them is one.
    return Object.fromEntries(Object.keys(fields).map((key) => [key, result.output[key] ?? null])) as Request;
  };
}

/** As in proto3, a zero value is none that was sent; of whatever type it is, as the contract has it. */
function isSent(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (messageFields.has(key)) return true;
  const isZero = value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
  return !isZero && !(key === "secret_type" && value === "NONE");
}

type Issue = v.BaseIssue<unknown>;

function firstMistake(issues: readonly Issue[], sent: { readonly [key: string]: unknown }): SecretError {
  const isMissing = (issue: Issue) => !Object.hasOwn(sent, keyOf(issue).split(".")[0] ?? "");
  const isWrongType = (issue: Issue) => issue.kind === "schema" && issue.type !== "picklist" && !isMissing(issue);
  const issue = issues.find(isWrongType) ?? issues.find(isMissing) ?? issues[0];
  if (issue === undefined) throw new TypeError("a failed parse without an issue");
  const key = keyOf(issue);
  if (isWrongType(issue)) return new SecretError("ERROR_INVALID_PARAMETER_TYPE", { key, type: issue.message });
  if (isMissing(issue)) return new SecretError("ERROR_REQUIRED_PARAMETER", { key });
  return invalid(key, issue.message);
}

function keyOf(issue: Issue): string {
  return (issue.path ?? []).map((item) => String(item.key)).join(".");
}

function invalid(key: string, reason: string): SecretError {
  return new SecretError("ERROR_INVALID_PARAMETER", { key, reason });
}
