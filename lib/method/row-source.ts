/** Reads the rows that a query is about by the cheapest way. Their filter is still to be applied to what comes. */

import { chooseAccess, indexedFields, keyFields } from "../query/access.ts";
import { type Condition, fieldIn } from "../query/condition.ts";
import { type AttributePath, isPushable, type PushedCondition, pushDownAny } from "../query/push-down.ts";
import type { FilterQuery } from "../query/query.ts";
import type { Row, RowQuery, SecretRows } from "../store/secret-rows.ts";
import type { Call } from "./call.ts";
import { hasTimeToRead, outOfTime } from "./row-time.ts";

/** What rows must carry. */
export interface Wanted {
  /** `null` for all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of the first page that the database gives carry all. */
  readonly firstPageWhole: boolean;
}

export interface RowPage {
  readonly rows: readonly Row[];
  /** Whether they carry all attributes. */
  readonly isWhole: boolean;
}

/** Reads by queries alone, as a function's role may have it that reads no single rows. */
export interface QueryPorts {
  readonly rows: Pick<SecretRows, "readRows" | "countRows">;
}

/** The query under the conditions that bind it whatever it says: the message's own fields and the caller's projects. */
export function bindQuery<Query extends FilterQuery>(
  query: Query,
  fields: { readonly [field: string]: readonly string[] | null },
  { principal }: Call,
): Query {
  const all = [...Object.entries(fields), ["project_id", principal.projects] as const];
  const binding = all.flatMap(([field, values]) => (values === null ? [] : [fieldIn(field, values)]));
  return { ...query, filter: [...binding, ...query.filter] };
}

/** How many rows the query is about; `undefined` where the database cannot count them by itself, or not for less. */
export async function countRows(
  domainId: string,
  query: FilterQuery,
  call: Call,
  { rows }: QueryPorts,
): Promise<number | undefined> {
  // It would read the whole domain to count what is found by its key.
  if (chooseAccess(query.filter, keyFields) !== null) return undefined;
  const { queries, isExact } = planQueries(domainId, query, call.now);
  if (!isExact) return undefined;
  const counts = await Promise.all(queries.map(async (one) => await rows.countRows(one, call)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Pages of rows, each row once.
 * @throws ERROR_DB_QUERY when the time of the call does not suffice to read them all
 * @throws ERROR_REQUEST_TIMEOUT when it did not suffice for a few
 */
export async function* readRows(
  domainId: string,
  query: FilterQuery,
  wanted: Wanted,
  call: Call,
  { rows }: QueryPorts,
): AsyncGenerator<RowPage> {
  let isLate = false;
  for (const one of planQueries(domainId, query, call.now).queries) {
    let isWhole = wanted.firstPageWhole || wanted.attributes === null;
    let pages = 0;
    for await (const page of rows.readRows({ ...one, ...wanted }, call)) {
      // Told by a page that comes too late: after the last one there is nothing left to read.
      if (isLate) throw outOfTime(pages);
      pages += 1;
      yield { rows: page, isWhole };
      isWhole = wanted.attributes === null;
      isLate = !hasTimeToRead(call);
    }
  }
}

/** The rows whose ids or names the query asks for; `undefined` where it asks for none, or they must be looked for. */
export async function findNamedRows(
  domainId: string,
  query: FilterQuery,
  call: Call,
  rows: Pick<SecretRows, "findByIds" | "findIdsByNames">,
): Promise<readonly Row[] | undefined> {
  const access = chooseAccess(query.filter, keyFields);
  if (access === null) return undefined;
  const { field, values } = access;
  const ids = field === "secret_id" ? values : await rows.findIdsByNames(domainId, values, call);
  // Rows that were loaded by other tools have no reservation of their names.
  return ids.length < values.length ? undefined : await rows.findByIds(domainId, ids, call);
}

interface Plan {
  readonly queries: readonly RowQuery[];
  /** Whether just the rows come that the query is about. */
  readonly isExact: boolean;
}

function planQueries(domainId: string, query: FilterQuery, now: Date): Plan {
  const { filter, filterOr, keywords } = query;
  const access = chooseAccess(filter, indexedFields);
  // An index's keys cannot be filtered by; its rows have the value that was looked up.
  const isKey = ({ path }: Condition) => access !== null && (path?.key === "name" || path?.key === access.field);
  const parts = [
    ...filter.filter((one) => one !== access?.condition).map((one) => [one]),
    ...(filterOr.length === 0 ? [] : [filterOr]),
  ];
  const pushed = parts.map((part) => (part.some(isKey) ? undefined : pushDownAny(part, now)));
  const kept = takePushable(pushed);
  const [first, ...others] = kept;
  const condition = first === undefined ? null : join([first, ...others]);
  return {
    queries:
      access === null
        ? [{ domainId, index: null, condition }]
        : access.values.map((value) => ({ domainId, index: { field: access.field, value }, condition })),
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
