/** stat: returns statistics about the secrets of a domain. */

import { planPages } from "../query/plan.ts";
import { bindQuery } from "../query/query.ts";
import { loadPatterns } from "../query/search.ts";
import type { StatRequest } from "../request/stat.ts";
import { compileStatistics, type StatisticsResult } from "../stat/run.ts";
import { readPaths } from "../stat/statistics-query.ts";
import type { Call } from "./call.ts";
import { assertInTime, type QueryPorts, readPages } from "./rows.ts";

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_…, ERROR_UNAVAILABLE */
export async function stat(request: StatRequest, call: Call, ports: QueryPorts): Promise<StatisticsResult> {
  const query = bindQuery(request.query, { project_id: call.principal.projects });
  const plan = planPages(query, readPaths(query), call.now);
  const run = compileStatistics(query, { now: call.now, patterns: await loadPatterns(query) });
  for await (const { rows } of readPages(request.domain_id, plan, call, ports)) {
    const givenMs = call.remainingMs();
    for (const row of rows) {
      assertInTime(call, givenMs);
      if (!run.add(row)) return run.finish();
    }
  }
  return run.finish();
}
