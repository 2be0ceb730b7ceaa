/** Executes a plan of rows while the call has time. Callers still have to apply the filter to the rows. */

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

/** Pages of 1 MB that take a fraction of a second. A call with no time for more was kept waiting, and may be tried again. */
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
 * Pages of rows, each row once.
 * @throws ERROR_DB_QUERY when the time of the call does not suffice to read them all
 * @throws ERROR_REQUEST_TIMEOUT when it did not suffice for a few
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
      // Told by a page that comes too late: after the last one there is nothing left to read.
      if (isLate) throw outOfTime(pages);
      pages += 1;
      yield { rows: page, isWhole };
      isWhole = attributes === null;
      isLate = call.remainingMs() < reservedMs;
    }
  }
}

/**
 * To be asked before each row is worked on: what a row costs is for the query to say, and no timer runs meanwhile.
 * @param givenMs what was left when the work on a page of rows began
 * @throws ERROR_DB_QUERY when no time is left
 * @throws ERROR_REQUEST_TIMEOUT when it went by before the work began
 */
export function assertInTime(call: Call, givenMs: number): void {
  if (call.remainingMs() >= 0) return;
  throw givenMs < reservedMs ? timeout() : tooManyRows();
}

/** What a call fails with whose time is up after so many pages. */
function outOfTime(pages: number): Error {
  return pages < fewPages ? timeout() : tooManyRows();
}

function timeout(): Error {
  return new SecretError("ERROR_REQUEST_TIMEOUT", {});
}

function tooManyRows(): Error {
  return queryError("there are more rows than the time of one call allows to read: filter by project or account");
}
