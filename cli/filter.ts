/** Parses a filter term (`name~prod`) to a condition of the query language (docs/query.md). */

import type { Filter } from "../client/query.ts";
import type { JsonValue } from "../lib/base/json.ts";
import { isExact } from "../lib/base/json-text.ts";
import { suggest } from "../lib/base/nearest.ts";
import { parseDate, parseRelativeDate } from "../lib/query/date.ts";
import type { OperatorName } from "../lib/query/operator-name.ts";
import { type Field, findField, shownFields, splitKey } from "../lib/query/path.ts";
import { CliError } from "./failure.ts";

/** The type of a field's values. With `any`, `100` may mean the number, or the string that looks like it. */
export type Kind = "text" | "number" | "date" | "any";

export interface Key {
  readonly key: string;
  readonly kind: Kind;
}

type Sign = "=" | "!=" | "~" | "!~" | "=~" | "<" | "<=" | ">" | ">=";

/** A value as written. In quotes it is a string, whatever it looks like. */
interface Written {
  readonly text: string;
  readonly isQuoted: boolean;
}

interface Term {
  readonly term: string;
  readonly key: string;
  readonly sign: Sign;
  /** One or more, separated by commas. */
  readonly values: readonly Written[];
}

interface Groups {
  readonly quoted?: string;
  readonly bare?: string;
}

interface SignRow {
  readonly one: OperatorName;
  /** The operator for several values. */
  readonly many?: OperatorName;
  readonly read: TermParser;
}

/** A term whose key names a field. */
interface KnownTerm extends Key, Pick<Term, "term" | "sign" | "values"> {
  readonly row: SignRow;
}

type TermParser = (known: KnownTerm) => Filter;

const aliases: ReadonlyMap<string, string> = new Map([
  ["id", "secret_id"],
  ["type", "secret_type"],
  ["account", "service_account_id"],
  ["service_account", "service_account_id"],
  ["project", "project_id"],
  ["trusted", "trusted_secret_id"],
  ["trusted_secret", "trusted_secret_id"],
  ["domain", "domain_id"],
  ["created", "created_at"],
  ["updated", "updated_at"],
  ["expires", "expires_at"],
]);

export const fieldNames: readonly string[] = shownFields.map(({ name }) => name);
export const shortNames: readonly string[] = [...aliases.keys()];

/** The key ends at the first character of an operator. */
const form = /^([^=!~<>]*)(!=|!~|=~|<=|>=|[=~<>])(.*)$/s;
/** A value with or without quotes, up to the end, or to a comma that another value follows. */
const item = /(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<bare>[^",][^,]*))(?:,(?=.)|$)/gsy;

const signs: { readonly [Name in Sign]: SignRow } = {
  "=": { one: "eq", many: "in", read: toEquality },
  "!=": { one: "not", many: "not_in", read: toEquality },
  "~": { one: "contain", many: "contain_in", read: toText },
  "!~": { one: "not_contain", many: "not_contain_in", read: toText },
  "=~": { one: "regex", read: toText },
  "<": { one: "lt", read: toOrder },
  "<=": { one: "lte", read: toOrder },
  ">": { one: "gt", read: toOrder },
  ">=": { one: "gte", read: toOrder },
};

const literals: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
]);
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** @param origin the term or option to name in the error. @throws CliError */
export function toKey(text: string, origin: string): Key {
  const key = aliases.get(text) ?? text;
  const [first = "", ...path] = splitKey(key);
  const field = findField(first);
  const isReachable = field !== undefined && (path.length === 0 || first === "tags") && !path.includes("");
  if (isReachable) return { key, kind: kindOf(field, path) };
  const guess = suggest(first, [...fieldNames, ...shortNames]);
  const names = [...fieldNames, "tags.…", ...shortNames].join(" ");
  throw new CliError(`${origin}: there is no field "${text}"${guess || "."} The fields are ${names}.`);
}

function kindOf({ name, kind }: Field, path: readonly string[]): Kind {
  if (kind === "date") return "date";
  if (name === "version") return "number";
  return path.length > 0 || kind === "map" ? "any" : "text";
}

/** @throws CliError that names the term */
function parseTerm(term: string): Term {
  const [, before = "", sign, text = ""] = form.exec(term) ?? [];
  const key = before.trim();
  if (sign === undefined || key === "") {
    const advice = "Filters look like provider=aws, name~prod or 'created<now-90d'; quote those with < > or !.";
    throw new CliError(`"${term}" is not a filter. ${advice}`);
  }
  // A pattern may have commas and quotes of its own.
  const values = sign === "=~" ? [{ text, isQuoted: false }] : splitValues(text, term);
  return { term, key, sign: sign as Sign, values };
}

function splitValues(text: string, term: string): readonly Written[] {
  const found = [...text.matchAll(item)];
  const rest = text.slice(found.reduce((length, [matched]) => length + matched.length, 0));
  if (rest.startsWith('"'))
    throw new CliError(`"${term}": a quote is not closed, or something other than a comma follows it.`);
  if (rest !== "" || found.length === 0) {
    throw new CliError(`"${term}": a value is missing; write "" for an empty string.`);
  }
  return found.map(({ groups = {} }) => {
    const { quoted, bare = "" }: Groups = groups;
    return quoted === undefined ? { text: bare, isQuoted: false } : { text: unquote(quoted, term), isQuoted: true };
  });
}

/** Quotes have JSON's escapes. */
function unquote(text: string, term: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw new CliError(`"${term}": the text in quotes is not a valid JSON string.`);
  }
}

/** @throws CliError that names the term */
export function toCondition(text: string): Filter {
  const { key: name, ...term } = parseTerm(text);
  const row = signs[term.sign];
  if (term.values.length > 1 && row.many === undefined) throw new CliError(`"${text}": ${term.sign} takes one value.`);
  return row.read({ ...term, ...toKey(name, `"${text}"`), row });
}

function toEquality(known: KnownTerm): Filter {
  const { key, kind, sign, values, term } = known;
  if (isBare(values, "*")) return toExistence(key, sign === "=");
  if (kind !== "date" || isBare(values, "null"))
    return toFilter(
      known,
      values.flatMap((value) => toMeanings(value, known)),
    );
  throw new CliError(
    `"${term}": compare dates with < <= > or >=; one day is 'created>=2026-03-01' 'created<2026-03-02'.`,
  );
}

function toText(known: KnownTerm): Filter {
  if (known.kind === "text" || known.kind === "any")
    return toFilter(
      known,
      known.values.map(({ text }) => text),
    );
  throw new CliError(`"${known.term}": ${known.sign} compares strings, and ${known.key} is not a string.`);
}

function toOrder(known: KnownTerm): Filter {
  const [value = { text: "", isQuoted: true }] = known.values;
  if (known.kind === "date") return toDateOrder(known, value.text);
  return toFilter(known, [toOrdered(value, known)]);
}

function toFilter({ key, row }: KnownTerm, values: readonly JsonValue[]): Filter {
  const [value = null] = values;
  const { one, many } = row;
  return many !== undefined && values.length > 1
    ? { key, operator: many, value: values }
    : { key, operator: one, value };
}

function isBare(
  [{ text, isQuoted } = { text: "", isQuoted: true }, ...rest]: readonly Written[],
  word: string,
): boolean {
  return rest.length === 0 && !isQuoted && text === word;
}

/** `tags.env=*`: a tag can be missing, while a field can only be null. */
function toExistence(key: string, isThere: boolean): Filter {
  if (key.startsWith("tags.")) return { key, operator: "exists", value: isThere };
  return { key, operator: isThere ? "not" : "eq", value: null };
}

/** `now-90d` is a date relative to now; everything else is an absolute date. */
function toDateOrder({ key, row, term }: KnownTerm, text: string): Filter {
  const comparison = row.one as "lt" | "lte" | "gt" | "gte";
  if (parseRelativeDate(text) !== undefined) return { key, operator: `timediff_${comparison}`, value: text };
  if (parseDate(text) !== undefined) return { key, operator: `datetime_${comparison}`, value: text };
  throw new CliError(`"${term}": "${text}" is not a date; write 2026-03-01, 2026-03, 2026-03-01T09:30Z or now-90d.`);
}

function toOrdered({ text, isQuoted }: Written, { kind, term }: KnownTerm): JsonValue {
  if (kind === "text" || isQuoted) return text;
  if (number.test(text)) return toExact(text, term);
  if (kind === "number") throw noNumber(term, text);
  return text;
}

/**
 * The values that a written value may mean. In tags, `100` or `true` without quotes also means the string that looks
 * like it, because the user seldom knows which of them was stored.
 */
function toMeanings({ text, isQuoted }: Written, { kind, term }: KnownTerm): readonly JsonValue[] {
  if (isQuoted) return [text];
  if (text === "null") return [null];
  if (kind === "text") return [text];
  if (kind === "number") {
    if (!number.test(text)) throw noNumber(term, text);
    return [toExact(text, term)];
  }
  // A number that would be rounded cannot have been stored as a number.
  const literal = number.test(text) && isExact(text) ? Number(text) : literals.get(text);
  return literal === undefined ? [text] : [literal, text];
}

function toExact(text: string, term: string): number {
  if (isExact(text)) return Number(text);
  throw new CliError(
    `"${term}": ${text} has too many digits and would be rounded; in quotes it is compared as a string.`,
  );
}

function noNumber(term: string, text: string): CliError {
  return new CliError(`"${term}": "${text}" is not a number.`);
}
