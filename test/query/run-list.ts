/** Runs a list query over rows in memory, without a database. */

import { compileList } from "../../lib/query/list.ts";
import type { Row } from "../../lib/query/path.ts";
import type { Query } from "../../lib/query/query.ts";
import { loadPatterns } from "../../lib/query/search.ts";
import { answeredPaths, compileSelection } from "../../lib/query/selection.ts";
import { parseQuery } from "../../lib/request/list.ts";

export const now: Date = new Date("2024-05-15T10:20:30.400Z");

/** @returns the rows of the page, and the number of matches on all pages */
export async function findRows(query: Query, rows: Iterable<Row>): Promise<{ rows: Row[]; totalCount: number }> {
  const run = compileList(query, { now, patterns: await loadPatterns(query) });
  for (const row of rows) run.add(row);
  return run.finish();
}

/** @returns the answer to a request with this `query` */
export async function runList(
  query: unknown,
  rows: Iterable<Row>,
): Promise<{ results: unknown[]; total_count: number }> {
  const parsed = parseQuery(query);
  const found = await findRows(parsed, rows);
  return { results: found.rows.map(compileSelection(answeredPaths(parsed))), total_count: found.totalCount };
}

/** The ids of the matching rows, in order. */
export async function listIds(query: unknown, rows: Iterable<Row>): Promise<unknown[]> {
  const { rows: found } = await findRows(parseQuery(query), rows);
  return found.map((row) => row["secret_id"]);
}
