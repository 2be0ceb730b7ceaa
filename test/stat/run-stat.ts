/** Runs a stat query over rows in memory, without a database. */

import type { Row } from "../../lib/query/path.ts";
import { loadPatterns } from "../../lib/query/search.ts";
import { parseStatisticsQuery } from "../../lib/request/stat.ts";
import { compileStatistics, type StatisticsResult } from "../../lib/stat/run.ts";
import type { StatisticsQuery } from "../../lib/stat/statistics-query.ts";
import { now } from "../query/run-list.ts";

export async function runStatistics(query: StatisticsQuery, rows: Iterable<Row>): Promise<StatisticsResult> {
  const run = compileStatistics(query, { now, patterns: await loadPatterns(query) });
  for (const row of rows) if (!run.add(row)) break;
  return run.finish();
}

/** @returns the answer to a request with this `query` */
export async function runStat(query: unknown, rows: Iterable<Row>): Promise<StatisticsResult> {
  return await runStatistics(parseStatisticsQuery(query), rows);
}
