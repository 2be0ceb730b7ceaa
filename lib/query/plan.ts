/** What is to be read for a query, and the cheapest way to it. Pure: methods execute it. */

import type { SecretField } from "../secret/secret.ts";
import { getPath, keywordFields, type Path } from "./path.ts";
import { type AttributePath, isPushable, type PushedCondition, pushDownAny } from "./push-down.ts";
import type { Condition, FilterQuery, Query } from "./query.ts";
import { answeredPaths } from "./selection.ts";

/** Fields whose values lead to single rows, the more selective first. */
const keyFields = ["secret_id", "name"] as const;

/** Fields by which there is an index, the more selective first. */
const indexedFields = ["service_account_id", "trusted_secret_id", "project_id"] as const;

type KeyField = (typeof keyFields)[number];
export type IndexedField = (typeof indexedFields)[number];
type SelectiveField = KeyField | IndexedField;

/** Up to how many values it is cheaper: ids and names are fetched a hundred at a time, of an index each is a request. */
const maxValues: { readonly [Field in SelectiveField]: number } = {
  secret_id: 100,
  name: 100,
  service_account_id: 8,
  trusted_secret_id: 8,
  project_id: 8,
};

/** Rows of a domain, or of them those with one value of an indexed field, for which the condition holds. */
export interface RowRange {
  readonly index: { readonly field: IndexedField; readonly value: string } | null;
  /** Pushable. */
  readonly condition: PushedCondition | null;
}

/** Read pages of rows, and filter what comes. */
export interface PagesPlan {
  readonly kind: "pages";
  /** No two have a row in common. */
  readonly ranges: readonly RowRange[];
  /** What rows must carry beside their id; `null` for all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of each range's first page carry all nevertheless. */
  readonly firstPageWhole: boolean;
}

/** Fetch whole rows by one of their keys, and filter what comes. */
interface KeysPlan {
  readonly kind: "keys";
  readonly field: KeyField;
  readonly values: readonly string[];
  /** For names that lead to no row: what other tools loaded has no reservation of its name. */
  readonly otherwise: PagesPlan;
}

/** Let the database count: just the rows that the query is about are in these ranges. */
export interface CountPlan {
  readonly kind: "count";
  readonly ranges: readonly RowRange[];
}

export type RowPlan = CountPlan | KeysPlan | PagesPlan;

/** How list finds its rows. */
export function planRows(query: Query, now: Date): RowPlan {
  const keys = chooseLookup(query.filter, keyFields);
  const { ranges, isExact } = planRanges(query, now);
  // By its key a row is found for less than it takes to count it.
  if (query.countOnly && isExact && keys === null) return { kind: "count", ranges };
  const pages: PagesPlan = { kind: "pages", ranges, ...attributesOf(query) };
  return keys === null ? pages : { kind: "keys", field: keys.field, values: keys.values, otherwise: pages };
}

/**
 * How to find the rows of a query by queries alone.
 * @param read what is read of a row, beside what the filter reads
 */
export function planPages(query: FilterQuery, read: readonly Path[], now: Date): PagesPlan {
  const { ranges } = planRanges(query, now);
  return { kind: "pages", ranges, attributes: toAttributes([...filteredPaths(query), ...read]), firstPageWhole: false };
}

/**
 * Without a page every row that matches is shown, so that all that is shown of it is read at once. With one, only what
 * filter and sort need is read, but for the first page that the database gives: most domains are no larger, and then
 * there is no second request.
 */
function attributesOf(query: Query): Pick<PagesPlan, "attributes" | "firstPageWhole"> {
  const filtered = filteredPaths(query);
  if (query.countOnly) return { attributes: toAttributes(filtered), firstPageWhole: false };
  const needed = [...filtered, getPath("secret_id"), ...query.sort.map(({ key }) => getPath(key))];
  if (query.page !== null) return { attributes: toAttributes(needed), firstPageWhole: true };
  const answered = answeredPaths(query);
  return { attributes: answered === null ? null : toAttributes([...needed, ...answered]), firstPageWhole: false };
}

/** The paths that `compileFilter` reads. */
function filteredPaths({ filter, filterOr, keywords }: FilterQuery): readonly Path[] {
  const toPath = ({ path }: Condition): readonly Path[] => (path === null ? [] : [path]);
  return [...[...filter, ...filterOr].flatMap(toPath), ...(keywords.length > 0 ? keywordFields.map(getPath) : [])];
}

/** Above this many members of a map, the map is named whole: a projection expression has its limits too. */
const maxMembers = 20;

/**
 * The attributes that hold these paths, each once. A path has only the first part below a map: deeper there may be a
 * list, from which DynamoDB would return nothing.
 */
function toAttributes(paths: readonly Path[]): readonly AttributePath[] {
  const stored = paths.filter(({ field }) => field.constant === undefined);
  return [...Map.groupBy(stored, ({ field }) => field.name)].flatMap(([name, group]): readonly AttributePath[] => {
    // Only constants are not stored.
    const attribute = name as SecretField;
    const members = new Set(group.flatMap(({ parts }) => parts.slice(0, 1)));
    const isWhole = group.some(({ parts }) => parts.length === 0) || members.size > maxMembers;
    return isWhole ? [[attribute]] : [...members].map((member): AttributePath => [attribute, member]);
  });
}

interface Ranges {
  readonly ranges: readonly RowRange[];
  /** Whether just the rows are in them that the query is about. */
  readonly isExact: boolean;
}

function planRanges({ filter, filterOr, keywords }: FilterQuery, now: Date): Ranges {
  const lookup = chooseLookup(filter, indexedFields);
  // An index's keys cannot be filtered by; its rows have the value that was looked up.
  const isKey = ({ path }: Condition) => lookup !== null && (path?.key === "name" || path?.key === lookup.field);
  const parts = [
    ...filter.filter((one) => one !== lookup?.condition).map((one) => [one]),
    ...(filterOr.length === 0 ? [] : [filterOr]),
  ];
  const pushed = parts.map((part) => (part.some(isKey) ? undefined : pushDownAny(part, now)));
  const kept = takePushable(pushed);
  const [first, ...others] = kept;
  const condition = first === undefined ? null : join([first, ...others]);
  return {
    ranges:
      lookup === null
        ? [{ index: null, condition }]
        : lookup.values.map((value) => ({ index: { field: lookup.field, value }, condition })),
    isExact: kept.length === parts.length && keywords.length === 0,
  };
}

/** As many as fit into one request together. */
function takePushable(conditions: readonly (PushedCondition | undefined)[]): readonly PushedCondition[] {
  const kept: PushedCondition[] = [];
  for (const condition of conditions) {
    if (condition !== undefined && isPushable(join([condition, ...kept]))) kept.push(condition);
  }
  return kept;
}

function join(conditions: readonly [PushedCondition, ...PushedCondition[]]): PushedCondition {
  return conditions.length === 1 ? conditions[0] : { kind: "and", conditions };
}

/** Rows with one of these values in this field, which is just what `condition` asks. */
interface Lookup<Field extends SelectiveField> {
  readonly field: Field;
  readonly values: readonly string[];
  readonly condition: Condition;
}

/**
 * @param filter conditions that all hold
 * @returns `null` where none of the fields is asked for by few enough values
 */
function chooseLookup<Field extends SelectiveField>(
  filter: readonly Condition[],
  fields: readonly Field[],
): Lookup<Field> | null {
  for (const field of fields) {
    for (const condition of filter) {
      const values = condition.path?.key === field ? selectedValues(condition) : undefined;
      if (values !== undefined && values.length <= maxValues[field]) return { field, values, condition };
    }
  }
  return null;
}

/** The texts that the field must be one of; beside them only null is ever in these fields, which selects nothing. */
function selectedValues({ predicate, negated }: Condition): readonly string[] | undefined {
  if (negated || predicate.kind !== "equal" || predicate.values.includes(null)) return undefined;
  return [...new Set(predicate.values.filter((value) => typeof value === "string"))];
}
