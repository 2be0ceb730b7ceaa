/** The query of list, checked: from what was sent to what it means. */

import { assertWithin, queryError } from "./bounds.ts";
import { type Condition, type ConditionInput, toCondition } from "./condition.ts";
import { findPath, getPath, type Path } from "./path.ts";
import { foldCase } from "./value.ts";

/** What list and stat have in common. */
export interface FilterInput {
  readonly filter: readonly ConditionInput[];
  readonly filterOr: readonly ConditionInput[];
  readonly keyword: string;
}

export interface SortKeyInput {
  readonly key: string | undefined;
  readonly descending: boolean;
}

/** A sort as it was sent; where `key` is given, `keys` do not count. */
export interface SortInput extends SortKeyInput {
  readonly keys: readonly SortKeyInput[];
}

export interface PageInput {
  readonly start: number;
  readonly limit: number;
}

interface QueryInput extends FilterInput {
  readonly sort: SortInput;
  readonly page: PageInput;
  readonly minimal: boolean;
  readonly countOnly: boolean;
  readonly only: readonly string[];
}

/** Which rows: all of `filter` hold, one of `filterOr` where there are any, one of `keywords` where there are any. */
export interface FilterQuery {
  readonly filter: readonly Condition[];
  readonly filterOr: readonly Condition[];
  /** Words in folded case. */
  readonly keywords: readonly string[];
}

export interface SortKey {
  readonly path: Path;
  readonly descending: boolean;
}

/** `limit` rows from row `skip` on. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}

export interface Query extends FilterQuery {
  /** By name where none was asked for. Unknown keys order nothing and are left out. */
  readonly sort: readonly SortKey[];
  /** `null` for all rows. */
  readonly page: Page | null;
  readonly minimal: boolean;
  readonly countOnly: boolean;
  /** `null` for whole secrets. */
  readonly only: readonly Path[] | null;
}

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_… */
export function toQuery(input: QueryInput): Query {
  return {
    ...toFilterQuery(input),
    sort: toSort(input.sort),
    page: toPage(input.page),
    minimal: input.minimal,
    countOnly: input.countOnly,
    only: input.only.length === 0 ? null : toSelection(input.only),
  };
}

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_… */
export function toFilterQuery({ filter, filterOr, keyword }: FilterInput): FilterQuery {
  assertWithin("conditions", filter.length);
  assertWithin("conditions", filterOr.length);
  assertWithin("textLength", keyword.length);
  const query = {
    filter: filter.map(toCondition),
    filterOr: filterOr.map(toCondition),
    keywords: foldCase(keyword)
      .split(" ")
      .filter((word) => word !== ""),
  };
  assertWithin("words", wordsOf(query).length);
  assertWithin("patterns", patternsOf(query).length);
  return query;
}

/** The patterns of all conditions. */
export function patternsOf({ filter, filterOr }: Pick<FilterQuery, "filter" | "filterOr">): readonly string[] {
  return [...filter, ...filterOr].flatMap(({ predicate }) => (predicate.kind === "pattern" ? predicate.patterns : []));
}

function wordsOf({ filter, filterOr, keywords }: FilterQuery): readonly string[] {
  const conditions = [...filter, ...filterOr];
  return [...keywords, ...conditions.flatMap(({ predicate }) => (predicate.kind === "text" ? predicate.words : []))];
}

const byName: readonly SortKeyInput[] = [{ key: "name", descending: false }];

function toSort(input: SortInput): readonly SortKey[] {
  const keys = input.key ? [input] : input.keys;
  assertWithin("sortKeys", keys.length);
  return (keys.length === 0 ? byName : keys).flatMap(({ key, descending }) => {
    if (!key) throw queryError("a sort requires a key");
    const path = findPath(key);
    return path === undefined ? [] : [{ path, descending }];
  });
}

/** Counts from 1; without a limit there are no pages. */
export function toPage({ start, limit }: PageInput): Page | null {
  return limit === 0 ? null : { skip: Math.max(start, 1) - 1, limit };
}

/**
 * The fields and parts of fields that `only` names.
 * @throws ERROR_DB_QUERY for an unknown one
 */
export function toSelection(names: readonly string[]): readonly Path[] {
  assertWithin("only", names.length);
  return names.map(getPath);
}
