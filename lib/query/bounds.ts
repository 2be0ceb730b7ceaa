/**
 * Limits on what one query may ask for, and the error for a query that cannot be run. Each limit is far above what a
 * console or a script sends, and keeps the worst query within a function's time and memory.
 */

import { SecretError } from "../base/errors.ts";

/** For each limit: the maximum, what it counts, and what the caller can do instead. The last two are in the error. */
export const bounds = {
  /** Each is tested on every row. */
  conditions: { max: 200, of: "conditions in one list", advice: "use in, contain_in or regex_in, or split the query" },
  /** Only bounds the size of the request: a list becomes a set, so its length does not slow down a row's test. */
  listValues: { max: 10_000, of: "values in one list", advice: "split the list over several queries" },
  /** Each is searched in the strings of every row. */
  words: { max: 200, of: "texts to contain in one query", advice: "split the query" },
  /** Characters of a word times positions in a string: the worst-case cost of a search, up to a nanosecond each. */
  textWork: { max: 5_000_000_000, of: "steps of searching texts", advice: "search for shorter texts" },
  /** Each costs about ten times as much as a word. */
  patterns: { max: 16, of: "patterns in one query", advice: "join them with |, or split the query" },
  patternLength: { max: 1_000, of: "characters in one pattern", advice: "shorten it" },
  /** Instructions of the compiled pattern: `x{1000}` is short, but has many. */
  patternSize: { max: 1_000, of: "steps in one compiled pattern", advice: "lower its repeat counts" },
  /** Characters times instructions: the worst-case cost of a match, about 15 ns each. */
  patternWork: { max: 1_000_000_000, of: "steps of matching patterns", advice: "narrow the query by other conditions" },
  keyLength: { max: 1_024, of: "characters in one key", advice: "no key of a secret is as long" },
  /** DynamoDB allows 32 levels. */
  keyDepth: { max: 32, of: "parts in one key", advice: "no tag lies as deep" },
  /** The tags of a secret have at most 16 KiB, so nothing longer can match. */
  textLength: { max: 16_384, of: "characters in one text", advice: "no field of a secret is as long" },
  valueDepth: { max: 16, of: "levels in one value", advice: "no tag nests as deep" },
  valueSize: { max: 8_192, of: "members in one value", advice: "no secret has as many tags" },
  /** Each is compared with every element of an array. */
  members: { max: 50, of: "members in one value of match", advice: "match fewer members" },
  sortKeys: { max: 16, of: "sort keys", advice: "leave out the last ones" },
  only: { max: 100, of: "names in only", advice: "name tags instead of its parts" },
  stages: { max: 32, of: "stages", advice: "split the query" },
  groupKeys: { max: 16, of: "keys in one group", advice: "group in two stages" },
  stageFields: { max: 100, of: "fields and conditions in one stage", advice: "split the query" },
  nameLength: { max: 255, of: "characters in one name or date format", advice: "shorten it" },
  /** Each level is a call on the stack. */
  expressionDepth: { max: 16, of: "levels in one project field", advice: "project in two stages" },
  /** Each holds its keys, and a state for every field. */
  groups: { max: 100_000, of: "groups", advice: "filter, or group by fewer keys" },
  /** Rows and values that sort, push, add_to_set and the answer hold until the last row is read. */
  heldValues: { max: 100_000, of: "rows or values held in memory", advice: "filter, group or limit earlier" },
  heldBytes: { max: 100_000_000, of: "bytes held in memory", advice: "filter, group or limit earlier" },
  /** Unwinding two arrays of one secret multiplies their lengths. */
  unwoundRows: { max: 1_000_000, of: "rows out of unwind", advice: "filter, or unwind one array only" },
} as const;

export type BoundName = keyof typeof bounds;

/** @throws ERROR_DB_QUERY that says what the limit is, and how to stay within it */
export function assertWithin(name: BoundName, count: number): void {
  const { max, of, advice } = bounds[name];
  if (count > max) throw queryError(`more than ${max} ${of}: ${advice}`);
}

/** The reason may quote keys and operators, but never a value, which may be confidential. */
export function queryError(reason: string, options?: ErrorOptions): SecretError<"ERROR_DB_QUERY"> {
  return new SecretError("ERROR_DB_QUERY", { reason }, options);
}

const maxQuoted = 80;

/** Quotes a caller's key or operator as a JSON string, cut if it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text);
}
