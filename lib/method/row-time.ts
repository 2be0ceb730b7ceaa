/** How long a query may go on with rows, and what it fails with when its time is up. */

import { SecretError } from "../base/errors.ts";
import { queryError } from "../query/bounds.ts";
import type { Call } from "./call.ts";

/** Time that is kept for what comes after reading: sorting, the page's rows, the answer. */
const reservedMs = 1500;

/** Pages of 1 MB that are read in a fraction of a second: who had no time for more was kept waiting, and may try again. */
const fewPages = 8;

export function hasTimeToRead(call: Call): boolean {
  return call.remainingMs() >= reservedMs;
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
export function outOfTime(pages: number): Error {
  return pages < fewPages ? timeout() : tooManyRows();
}

function timeout(): Error {
  return new SecretError("ERROR_REQUEST_TIMEOUT", {});
}

function tooManyRows(): Error {
  return queryError("there are more rows than the time of one call allows to read: filter by project or account");
}
