/** Executes a plan within the time of the call. Callers still have to filter the rows. */

import { SecretError } from "../base/errors.ts";
import { queryError } from "../query/bounds.ts";
import type { CountPlan, PagesPlan } from "../query/plan.ts";
import type { SecretRow, SecretRows } from "../store/secret-store.ts";
import type { Call } from "./call.ts";

/** Ports for roles that may `Query` but not `GetItem` or `BatchGetItem`. */
export interface QueryPorts {
  readonly rows: Pick<SecretRows, "readRows" | "countRows">;
}

export interface RowPage {
  readonly rows: readonly SecretRow[];
  /** Whether the rows have all attributes. */
  readonly isWhole: boolean;
}

/** Time reserved for the work after reading: sorting, the page's rows, the answer. */
const reservedMs = 1500;

/** Pages of 1 MB, which take a fraction of a second. A call with no time for more was kept waiting by DynamoDB. */
const fewPages = 8;

export async function countRows(
  domainId: string,
  { ranges }: CountPlan,
  call: Call,
  { rows }: QueryPorts,
): Promise<number> {
  const counts = await Promise.all(ranges.map(async (range) => await rows.countRows({ domainId, ...range }, call)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * Yields pages of rows, each row once.
 * @throws ERROR_DB_QUERY if there are more rows than the call has time to read
 * @throws ERROR_REQUEST_TIMEOUT if it had no time for even a few pages: the caller may try again
 */
export async function* readPages(
  domainId: string,
  { ranges, attributes, firstPageWhole }: PagesPlan,
  call: Call,
  { rows }: QueryPorts,
): AsyncGenerator<RowPage> {
  let isLate = false;
  for (const range of ranges) {
    let isWhole = firstPageWhole || attributes === null;
    let pages = 0;
    for await (const page of rows.readRows({ domainId, ...range, attributes, firstPageWhole }, call)) {
      // Only a further page makes the call too late: after the last page nothing is left to read.
      if (isLate) throw outOfTime(pages);
      pages += 1;
      yield { rows: page, isWhole };
      isWhole = attributes === null;
      isLate = call.remainingMs() < reservedMs;
    }
  }
}

/**
 * Call this before each row: a query can make rows expensive, and no timer fires while rows are processed.
 * @param givenMs the time that was left when the work on the page began
 * @throws ERROR_DB_QUERY if no time is left
 * @throws ERROR_REQUEST_TIMEOUT if the time was almost over before that work began
 */
export function assertInTime(call: Call, givenMs: number): void {
  if (call.remainingMs() >= 0) return;
  throw givenMs < reservedMs ? timeout() : tooManyRows();
}

/** The error of a call whose time is up after this many pages. */
function outOfTime(pages: number): Error {
  return pages < fewPages ? timeout() : tooManyRows();
}

function timeout(): Error {
  return new SecretError("ERROR_REQUEST_TIMEOUT", {});
}

function tooManyRows(): Error {
  return queryError("there are more rows than the time of one call allows to read: filter by project or account");
}
