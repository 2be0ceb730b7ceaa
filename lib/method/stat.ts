/** stat: what the secrets of a domain add up to. */

import { loadPatterns } from "../query/search.ts";
import type { StatRequest } from "../request/stat.ts";
import { compileStatistics, type StatisticsResult } from "../stat/run.ts";
import { referencedByStatistics } from "../stat/statistics-query.ts";
import type { Call } from "./call.ts";
import { bindQuery, type QueryPorts, readRows } from "./row-source.ts";
import { assertInTime } from "./row-time.ts";

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_…, ERROR_UNAVAILABLE */
export async function stat(request: StatRequest, call: Call, ports: QueryPorts): Promise<StatisticsResult> {
  const query = bindQuery(request.query, {}, call);
  const run = compileStatistics(query, { now: call.now, patterns: await loadPatterns(query) });
  const wanted = { attributes: referencedByStatistics(query), firstPageWhole: false };
  for await (const { rows } of readRows(request.domain_id, query, wanted, call, ports)) {
    const givenMs = call.remainingMs();
    for (const row of rows) {
      assertInTime(call, givenMs);
      if (!run.add(row)) return run.finish();
    }
  }
  return run.finish();
}
