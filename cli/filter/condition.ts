/** From a term to a filter of the query language (docs/query.md). */

import type { Filter } from "../../client/query.ts";
import type { JsonValue } from "../../lib/base/json.ts";
import { parseDate } from "../../lib/query/date.ts";
import type { OperatorName } from "../../lib/query/operator-name.ts";
import { parseTimediff } from "../../lib/query/timediff.ts";
import { CliError } from "../failure.ts";
import { type Key, toKey } from "./fields.ts";
import { parseTerm, type Sign, type Term, type Written } from "./term.ts";

interface SignRow {
  readonly one: OperatorName;
  /** For several values. */
  readonly many?: OperatorName;
  readonly read: Reader;
}

/** A term whose key is known. */
interface Site extends Key, Pick<Term, "term" | "sign" | "values"> {
  readonly row: SignRow;
}

type Reader = (site: Site) => Filter;

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

/** @throws CliError naming the term at fault */
export function toCondition(text: string): Filter {
  const { key: name, ...term } = parseTerm(text);
  const row = signs[term.sign];
  if (term.values.length > 1 && row.many === undefined) throw new CliError(`"${text}": ${term.sign} takes one value.`);
  return row.read({ ...term, ...toKey(name, `"${text}"`), row });
}

function toEquality(site: Site): Filter {
  const { key, kind, sign, values, term } = site;
  if (isBare(values, "*")) return toExistence(key, sign === "=");
  if (kind !== "date" || isBare(values, "null"))
    return toFilter(
      site,
      values.flatMap((value) => toMeanings(value, site)),
    );
  throw new CliError(`"${term}": dates go with < <= > >=; a day is 'created>=2026-03-01' 'created<2026-03-02'.`);
}

function toText(site: Site): Filter {
  if (site.kind === "text" || site.kind === "any")
    return toFilter(
      site,
      site.values.map(({ text }) => text),
    );
  throw new CliError(`"${site.term}": ${site.sign} looks into texts, and ${site.key} is none.`);
}

function toOrder(site: Site): Filter {
  const [value = { text: "", isQuoted: true }] = site.values;
  if (site.kind === "date") return toDateOrder(site, value.text);
  return toFilter(site, [toOrdered(value, site)]);
}

function toFilter({ key, row }: Site, values: readonly JsonValue[]): Filter {
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

/** `tags.env=*`: below tags something can be missing; elsewhere it can only be null. */
function toExistence(key: string, isThere: boolean): Filter {
  if (key.startsWith("tags.")) return { key, operator: "exists", value: isThere };
  return { key, operator: isThere ? "not" : "eq", value: null };
}

/** `now-90d` is a moment relative to now, anything else a date. */
function toDateOrder({ key, row, term }: Site, text: string): Filter {
  const comparison = row.one as "lt" | "lte" | "gt" | "gte";
  if (parseTimediff(text) !== undefined) return { key, operator: `timediff_${comparison}`, value: text };
  if (parseDate(text) !== undefined) return { key, operator: `datetime_${comparison}`, value: text };
  throw new CliError(`"${term}": "${text}" is no date (2026-03-01, 2026-03, 2026-03-01T09:30Z) and not like now-90d.`);
}

function toOrdered({ text, isQuoted }: Written, { kind, term }: Site): JsonValue {
  if (kind === "text" || isQuoted) return text;
  if (number.test(text)) return Number(text);
  if (kind === "number") throw noNumber(term, text);
  return text;
}

/**
 * The values that a written one stands for. Below `tags` a bare `100` or `true` is that, and the text that looks like
 * it: who asks seldom knows which of them was stored.
 */
function toMeanings({ text, isQuoted }: Written, { kind, term }: Site): readonly JsonValue[] {
  if (isQuoted) return [text];
  if (text === "null") return [null];
  if (kind === "text") return [text];
  const literal = number.test(text) ? Number(text) : literals.get(text);
  if (kind === "number") {
    if (typeof literal !== "number") throw noNumber(term, text);
    return [literal];
  }
  return literal === undefined ? [text] : [literal, text];
}

function noNumber(term: string, text: string): CliError {
  return new CliError(`"${term}": "${text}" is no number.`);
}
