/** Plans what to read for a query, and the cheapest way to read it. Pure: methods execute the plan. */

import type { SecretField } from "../secret/secret.ts";
import { getPath, keywordFields, type Path } from "./path.ts";
import { type AttributePath, isPushable, type PushedCondition, pushDownAny } from "./push-down.ts";
import type { Condition, FilterQuery, Query } from "./query.ts";
import { answeredPaths } from "./selection.ts";

/** Fields whose values lead to single rows. The more selective comes first. */
const keyFields = ["secret_id", "name"] as const;

/** Fields that have an index. The more selective come first. */
const indexedFields = ["service_account_id", "trusted_secret_id", "project_id"] as const;

type KeyField = (typeof keyFields)[number];
export type IndexedField = (typeof indexedFields)[number];
type SelectiveField = KeyField | IndexedField;

/** Up to this many values, a lookup is cheaper: a request fetches 100 ids or names, or one value of an index. */
const maxValues: { readonly [Field in SelectiveField]: number } = {
  secret_id: 100,
  name: 100,
  service_account_id: 8,
  trusted_secret_id: 8,
  project_id: 8,
};

/** The rows of a domain, or those with one value of an indexed field, that meet the condition. */
export interface RowRange {
  readonly index: { readonly field: IndexedField; readonly value: string } | null;
  /** Meets `isPushable`. */
  readonly condition: PushedCondition | null;
}

/** Read pages of rows, and filter them. */
export interface PagesPlan {
  readonly kind: "pages";
  /** No two ranges share a row. */
  readonly ranges: readonly RowRange[];
  /** The attributes that rows must have besides their id; `null`: all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of each range's first page have all attributes nevertheless. */
  readonly firstPageWhole: boolean;
}

/** Fetch whole rows by id or by name, and filter them. */
interface KeysPlan {
  readonly kind: "keys";
  readonly field: KeyField;
  readonly values: readonly string[];
  /** For names that lead to no row: rows that other tools loaded may have no reservation of their name. */
  readonly otherwise: PagesPlan;
}

/** Let DynamoDB count: these ranges hold exactly the rows that match the query. */
export interface CountPlan {
  readonly kind: "count";
  readonly ranges: readonly RowRange[];
}

export type RowPlan = CountPlan | KeysPlan | PagesPlan;

/** Plans a list query. */
export function planRows(query: Query, now: Date): RowPlan {
  const keys = chooseLookup(query.filter, keyFields);
  const { ranges, isExact } = planRanges(query, now);
  // Fetching a row by its key costs less than counting it.
  if (query.countOnly && isExact && keys === null) return { kind: "count", ranges };
  const pages: PagesPlan = { kind: "pages", ranges, ...attributesOf(query) };
  return keys === null ? pages : { kind: "keys", field: keys.field, values: keys.values, otherwise: pages };
}

/**
 * Plans a query that reads pages only, no rows by key.
 * @param read paths that are read from a row, besides those of the filter
 */
export function planPages(query: FilterQuery, read: readonly Path[], now: Date): PagesPlan {
  const { ranges } = planRanges(query, now);
  return { kind: "pages", ranges, attributes: toAttributes([...filteredPaths(query), ...read]), firstPageWhole: false };
}

/**
 * Without a page, every matching row is shown, so all that it shows is read at once. With a page, only the attributes
 * for filter and sort are read, except in the first page that DynamoDB returns: most domains fit into it, and then no
 * second request is needed.
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

/** A map is read whole if a query names more of its members: projection expressions have limits, too. */
const maxMembers = 20;

/**
 * The attributes that hold these paths, each once. Below a map only the first part is named: deeper there may be a
 * list, in which DynamoDB would find nothing under a name.
 */
function toAttributes(paths: readonly Path[]): readonly AttributePath[] {
  const stored = paths.filter(({ field }) => field.constant === undefined);
  return [...Map.groupBy(stored, ({ field }) => field.name)].flatMap(([name, group]): readonly AttributePath[] => {
    // Every field but the constants is an attribute.
    const attribute = name as SecretField;
    const members = new Set(group.flatMap(({ parts }) => parts.slice(0, 1)));
    const isWhole = group.some(({ parts }) => parts.length === 0) || members.size > maxMembers;
    return isWhole ? [[attribute]] : [...members].map((member): AttributePath => [attribute, member]);
  });
}

interface Ranges {
  readonly ranges: readonly RowRange[];
  /** Whether the ranges hold exactly the rows that match the query. */
  readonly isExact: boolean;
}

function planRanges({ filter, filterOr, keywords }: FilterQuery, now: Date): Ranges {
  const lookup = chooseLookup(filter, indexedFields);
  // A filter expression must not name the keys of an index.
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

/** Keeps each condition that still fits into the request. */
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

/** The rows whose field has one of these values, which are exactly those that meet `condition`. */
interface Lookup<Field extends SelectiveField> {
  readonly field: Field;
  readonly values: readonly string[];
  readonly condition: Condition;
}

/**
 * @param filter conditions that must all hold
 * @returns `null` if no condition limits one of the fields to few enough values
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

/** The strings that the field must equal. Other types select nothing: these fields hold strings or null. */
function selectedValues({ predicate, negated }: Condition): readonly string[] | undefined {
  if (negated || predicate.kind !== "equal" || predicate.values.includes(null)) return undefined;
  return [...new Set(predicate.values.filter((value) => typeof value === "string"))];
}
