/** How a message gets to the service and its answer back; a file of its own for each way. */

import { isObject } from "../lib/base/json.ts";
import { itemsOf, JsonText, membersOf, parseObject } from "../lib/base/json-text.ts";
import type { Route } from "../lib/http/routes.ts";
import { SecretApiError, type SecretApiErrorOptions } from "./secret-api-error.ts";

type Fields = { readonly [field: string]: unknown };

/**
 * Calls a method once. Where a message or an answer has `data`, it may be `JsonText`, to be passed on as it is.
 * @throws SecretApiError, or the signal's reason
 */
export type Transport = (route: Route, message: object, signal?: AbortSignal) => Promise<Fields>;

/** What was called. */
export interface Called {
  readonly route: Route;
  readonly message: object;
  /** The URL or the function, for errors. */
  readonly target: string;
}

/** What is not the service's. */
interface Foreign extends Pick<Called, "target"> {
  /** Of the answer; of a function that returned something there is none. */
  readonly status: number | undefined;
}

type Checks = { readonly [field: string]: (value: unknown) => boolean };

const isText = (value: unknown): boolean => typeof value === "string";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value);
const isData = (value: unknown): boolean => value instanceof JsonText || isObject(value);

/** What each method's answer has at least. `get` has what `only` names. */
const checks: { readonly [Name in Route]: Checks } = {
  create: { secret_id: isText },
  update: { secret_id: isText },
  delete: {},
  "update-data": {},
  "get-data": { data: isData, encrypted: isBoolean, encrypt_options: isObject, version: isCount, etag: isText },
  get: { secret_id: isText },
  list: { results: Array.isArray, total_count: isCount },
  stat: { results: Array.isArray },
};

/** Of one of several secrets. */
const itemChecks: Checks = { secret_id: isText, ...checks["get-data"] };
const errorChecks: Checks = { code: isText, message: isText };

const empty: ReadonlySet<Route> = new Set(["delete", "update-data"]);

/**
 * The answer, with `data` as the text that it came as, also in `results` of several secrets.
 * @throws SecretApiError with ERROR_UNAVAILABLE (by the promise) where it lacks what the method's answer has. Then it is
 *   not the service that answered, and nobody knows whether it did what it was asked for.
 */
export function parseAnswer(text: string, called: Called, facts: SecretApiErrorOptions): Fields {
  const answer = parseFields(text, called, facts);
  const reason = answer === undefined ? "it is no JSON object" : findFault(answer, called);
  if (answer !== undefined && reason === undefined) return answer;
  const message = describeForeign(`The answer is not the service's: ${reason}.`, { ...called, status: facts.status });
  throw new SecretApiError("ERROR_UNAVAILABLE", message, facts);
}

/** The sentence, with where the answer came from. */
export function describeForeign(sentence: string, { target, status }: Foreign): string {
  return `${sentence} (${target}${status === undefined ? "" : ` answered with status ${status}`})`;
}

/** `undefined` for what is no JSON: the engine's own message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of the system, made before any of a request is sent: looking the name up, and connecting. */
const callsBefore: ReadonlySet<unknown> = new Set(["getaddrinfo", "connect"]);

/** The error for a call that got no answer. It tells the failure's code, e.g. `ECONNREFUSED`, and none of its words. */
export function noAnswer(failure: unknown, target: string): SecretApiError {
  // `fetch` tells the network's failure as the cause of a failure of its own, which may quote what was to be sent.
  const cause = failure instanceof TypeError ? failure.cause : failure;
  const reason = codeOf(cause);
  const message = `The service does not answer. (${target}${reason === undefined ? "" : `: ${reason}`})`;
  return new SecretApiError("ERROR_UNAVAILABLE", message, { cause, isUnprocessed: isUnsent(cause) });
}

/** By the call that failed, not by how: a network may become unreachable while an answer is waited for as well. */
function isUnsent(cause: unknown): boolean {
  // Of a name with several addresses, each of which was tried.
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnsent);
  if (!(cause instanceof Error)) return false;
  if (codeOf(cause) === "UND_ERR_CONNECT_TIMEOUT") return true;
  return "syscall" in cause && callsBefore.has(cause.syscall);
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}

/** Only data needs its text: reading that takes several times as long, and lists are long. */
function parseFields(text: string, { route, message }: Called, facts: SecretApiErrorOptions): Fields | undefined {
  try {
    if (route === "get-data" && !itemsIn(message)) return parseObject(text, "data", Number.POSITIVE_INFINITY);
    const answer: unknown = JSON.parse(text);
    if (!isObject(answer)) return undefined;
    return route === "get-data" && Array.isArray(answer["results"]) ? withItems(answer, text, facts) : answer;
  } catch {
    // The parser's own error could quote the text.
    return undefined;
  }
}

/** An item's error belongs to the request of them all. */
function withItems(answer: Fields, text: string, { requestId }: SecretApiErrorOptions): Fields {
  const results = itemsOf(membersOf({ text }).get("results") ?? "[]").map((item) => {
    const result = parseObject(item, "data", Number.POSITIVE_INFINITY);
    return isObject(result["error"]) ? { ...result, error: { ...result["error"], requestId } } : result;
  });
  return { ...answer, results };
}

function itemsIn({ items }: { readonly items?: readonly unknown[] }): readonly unknown[] | undefined {
  return items;
}

function findFault(answer: Fields, { route, message }: Called): string | undefined {
  const items = route === "get-data" ? itemsIn(message) : undefined;
  if (items !== undefined) return findItemFault(answer, items.length);
  if (empty.has(route)) return Object.keys(answer).length === 0 ? undefined : `an answer to ${route} has no members`;
  const missing = findMissing(answer, checksOf(route, message));
  return missing === undefined ? undefined : `it lacks ${missing}`;
}

function findItemFault({ results }: Fields, count: number): string | undefined {
  if (!Array.isArray(results) || results.length !== count) return `it lacks ${count} results`;
  for (const [index, result] of results.entries()) {
    const { error } = result as Fields;
    const [fields, needed] = isObject(error) ? [error, errorChecks] : [result as Fields, itemChecks];
    const missing = findMissing(fields, needed);
    if (missing !== undefined) return `it lacks ${missing} of results[${index}]`;
  }
  return undefined;
}

function findMissing(fields: Fields, needed: Checks): string | undefined {
  return Object.entries(needed).find(([field, check]) => !check(fields[field]))?.[0];
}

/** A part of `tags` may be missing as the tag is; every field is there, if only as `null`. */
function checksOf(route: Route, message: { readonly only?: readonly string[] }): Checks {
  if (route !== "get" || !message.only?.length) return checks[route];
  const fields = message.only.filter((path) => !path.includes("."));
  return Object.fromEntries(fields.map((field) => [field, (value) => value !== undefined]));
}
