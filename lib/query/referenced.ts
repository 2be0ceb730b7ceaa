/** Which attributes a query reads, so that no others need be fetched. */

import type { SecretField } from "../secret/secret.ts";
import type { Condition } from "./condition.ts";
import { getPath, keywordFields, type Path } from "./path.ts";
import type { AttributePath } from "./push-down.ts";
import type { FilterQuery, Query } from "./query.ts";

/** Above this many members of a map, the map is named whole: a projection expression has its limits too. */
const maxMembers = 20;

/** What `compileList` reads of a row: to filter and to sort. */
export function referencedFields(query: Query): readonly AttributePath[] {
  const sorted = query.countOnly ? [] : [getPath("secret_id"), ...query.sort.map(({ path }) => path)];
  return toAttributes([...filteredPaths(query), ...sorted]);
}

/** The paths that `compileFilter` reads. */
export function filteredPaths({ filter, filterOr, keywords }: FilterQuery): readonly Path[] {
  const toPath = ({ path }: Condition): readonly Path[] => (path === null ? [] : [path]);
  return [...[...filter, ...filterOr].flatMap(toPath), ...(keywords.length > 0 ? keywordFields.map(getPath) : [])];
}

/**
 * The attributes that hold these paths, each once. Only the first part below a map is told: further down a list may
 * come, of which the database would give nothing.
 */
export function toAttributes(paths: readonly Path[]): readonly AttributePath[] {
  const stored = paths.filter(({ field }) => field.constant === undefined);
  return [...Map.groupBy(stored, ({ field }) => field.name)].flatMap(([name, group]): readonly AttributePath[] => {
    // Only constants are not stored.
    const attribute = name as SecretField;
    const members = new Set(group.flatMap(({ parts }) => parts.slice(0, 1)));
    const isWhole = group.some(({ parts }) => parts.length === 0) || members.size > maxMembers;
    return isWhole ? [[attribute]] : [...members].map((member): AttributePath => [attribute, member]);
  });
}
