/** How a message gets to the service, and its answer back. Each way in has a file of its own. */

import { isObject } from "../lib/base/json.ts";
import { itemsOf, JsonText, membersOf, parseObject } from "../lib/base/json-text.ts";
import type { Route } from "../lib/http/routes.ts";
import { SecretApiError, type SecretApiErrorOptions } from "./secret-api-error.ts";

type Fields = { readonly [field: string]: unknown };

/**
 * Calls a method once. `data` in a message or an answer may be `JsonText`, which is passed on unchanged.
 * @throws SecretApiError, or the signal's reason
 */
export type Transport = (route: Route, message: object, signal?: AbortSignal) => Promise<Fields>;

/** The call that was made. */
export interface Called {
  readonly route: Route;
  readonly message: object;
  /** The URL or the function, for error messages. */
  readonly target: string;
}

/** An answer that is not the service's. */
interface Foreign extends Pick<Called, "target"> {
  /** The HTTP status; a function's result has none. */
  readonly status: number | undefined;
}

type Checks = { readonly [field: string]: (value: unknown) => boolean };

const isText = (value: unknown): boolean => typeof value === "string";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value);
const isData = (value: unknown): boolean => value instanceof JsonText || isObject(value);

/** What each method's answer has at least. With `only`, `get` has the named fields instead. */
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

/** What each item of `results` has. */
const itemChecks: Checks = { secret_id: isText, ...checks["get-data"] };
const errorChecks: Checks = { code: isText, message: isText };

const empty: ReadonlySet<Route> = new Set(["delete", "update-data"]);

/**
 * Parses an answer. `data` stays exact JSON, also in `results`.
 * @throws SecretApiError with ERROR_UNAVAILABLE if the answer lacks what the method always returns. Then it did not
 *   come from the service, and nobody knows whether the call had an effect.
 */
export function parseAnswer(text: string, called: Called, facts: SecretApiErrorOptions): Fields {
  const answer = parseFields(text, called, facts);
  const reason = answer === undefined ? "it is no JSON object" : findFault(answer, called);
  if (answer !== undefined && reason === undefined) return answer;
  const message = describeForeign(`The answer is not the service's: ${reason}.`, { ...called, status: facts.status });
  throw new SecretApiError("ERROR_UNAVAILABLE", message, facts);
}

/** Adds to a sentence where the answer came from. */
export function describeForeign(sentence: string, { target, status }: Foreign): string {
  return `${sentence} (${target}${status === undefined ? "" : ` answered with status ${status}`})`;
}

/** `undefined` for invalid JSON: the engine's own message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** System calls that happen before any of the request is sent: name lookup and connecting. */
const callsBefore: ReadonlySet<unknown> = new Set(["getaddrinfo", "connect"]);

/** The error for a call without an answer. It has the failure's code, e.g. `ECONNREFUSED`, but not its message. */
export function noAnswer(failure: unknown, target: string): SecretApiError {
  // `fetch` gives the network's failure as the cause of its own error, whose message may quote the request.
  const cause = failure instanceof TypeError ? failure.cause : failure;
  const reason = codeOf(cause);
  const message = `The service does not answer. (${target}${reason === undefined ? "" : `: ${reason}`})`;
  return new SecretApiError("ERROR_UNAVAILABLE", message, { cause, isUnprocessed: isUnsent(cause) });
}

/** Decides by the system call, not by the error's code: a network can also become unreachable after the request. */
function isUnsent(cause: unknown): boolean {
  // The name had several addresses, and each was tried.
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnsent);
  if (!(cause instanceof Error)) return false;
  if (codeOf(cause) === "UND_ERR_CONNECT_TIMEOUT") return true;
  return "syscall" in cause && callsBefore.has(cause.syscall);
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}

/** Only data needs exact JSON. Reading it takes several times as long, and lists are long. */
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

/** Adds the id of the whole request to the error of an item. */
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

/** Every field is there, at least as `null`. A path into `tags` may be missing. */
function checksOf(route: Route, message: { readonly only?: readonly string[] }): Checks {
  if (route !== "get" || !message.only?.length) return checks[route];
  const fields = message.only.filter((path) => !path.includes("."));
  return Object.fromEntries(fields.map((field) => [field, (value) => value !== undefined]));
}
