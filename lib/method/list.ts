/** list: returns the secrets of a domain that match a query. */

import { compileList, type ListRun } from "../query/list.ts";
import { type CountPlan, planRows, type RowPlan } from "../query/plan.ts";
import { bindQuery } from "../query/query.ts";
import { loadPatterns } from "../query/search.ts";
import { answeredPaths, compileSelection, type ShownRow } from "../query/selection.ts";
import type { ListRequest } from "../request/list.ts";
import type { SecretRow, SecretRows } from "../store/secret-store.ts";
import { assertAnswerFits, type Call } from "./call.ts";
import { assertInTime, countRows, type RowPage, readPages } from "./rows.ts";

export interface ListPorts {
  readonly rows: SecretRows;
}

export interface SecretsInfo {
  /** Whole secrets, or only the requested fields. */
  readonly results: readonly ShownRow[];
  /** The number of matching secrets on all pages. */
  readonly total_count: number;
}

type Fetch = (ids: readonly string[]) => Promise<readonly SecretRow[]>;

/** How many rows of a page are fetched before their size is checked. */
const rowsAtOnce = 500;

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_…, ERROR_UNAVAILABLE */
export async function list(request: ListRequest, call: Call, ports: ListPorts): Promise<SecretsInfo> {
  const { query: given, domain_id: domainId, ...fields } = request;
  const query = bindQuery(bindQuery(given, { project_id: call.principal.projects }), fields);
  const plan = planRows(query, call.now);
  if (plan.kind === "count") return { results: [], total_count: await countRows(domainId, plan, call, ports) };

  const show = compileSelection(answeredPaths(query));
  const meter = answerMeter(show);
  const whole = new WeakSet<SecretRow>();
  const run = compileList<SecretRow>(query, { now: call.now, patterns: await loadPatterns(query) });
  await addPages(run, readPlanned(domainId, plan, call, ports), call, (row, { isWhole, isFirst }) => {
    if (isWhole) whole.add(row);
    // Without a page the row will be shown, so reading can stop once the answer is too large. The first page cannot be.
    if (query.page === null && !query.countOnly && !isFirst) meter(row);
  });
  const fetch = async (ids: readonly string[]): Promise<readonly SecretRow[]> => {
    const rows = (await ports.rows.findByIds(domainId, ids, call)).filter((row) => run.matches(row));
    for (const row of rows) meter(row);
    return rows;
  };
  const found = run.finish();
  const rows = query.page === null ? found.rows : await completeRows(found.rows, whole, fetch);
  // Secrets that were deleted, or stopped matching, between the two reads are not counted.
  return { results: rows.map(show), total_count: found.totalCount - (found.rows.length - rows.length) };
}

async function* readPlanned(
  domainId: string,
  plan: Exclude<RowPlan, CountPlan>,
  call: Call,
  ports: ListPorts,
): AsyncGenerator<RowPage> {
  if (plan.kind === "pages") {
    yield* readPages(domainId, plan, call, ports);
    return;
  }
  const ids = plan.field === "secret_id" ? plan.values : await ports.rows.findIdsByNames(domainId, plan.values, call);
  if (ids.length < plan.values.length) yield* readPages(domainId, plan.otherwise, call, ports);
  else yield { rows: await ports.rows.findByIds(domainId, ids, call), isWhole: true };
}

async function addPages(
  run: ListRun<SecretRow>,
  pages: AsyncIterable<RowPage>,
  call: Call,
  onMatch: (row: SecretRow, page: { readonly isWhole: boolean; readonly isFirst: boolean }) => void,
): Promise<void> {
  let isFirst = true;
  for await (const { rows, isWhole } of pages) {
    const givenMs = call.remainingMs();
    for (const row of rows) {
      assertInTime(call, givenMs);
      if (run.add(row)) onMatch(row, { isWhole, isFirst });
    }
    isFirst = false;
  }
}

/**
 * The rows of a page with everything that is shown of them. Rows from an index may be stale, so this leaves out secrets
 * that were deleted, no longer match the query, or have left the caller's projects.
 */
async function completeRows(
  rows: readonly SecretRow[],
  whole: WeakSet<SecretRow>,
  fetch: Fetch,
): Promise<readonly SecretRow[]> {
  const missing = rows.filter((row) => !whole.has(row)).map((row) => row.secret_id);
  const fetched = new Map<string, SecretRow>();
  for (let start = 0; start < missing.length; start += rowsAtOnce) {
    for (const row of await fetch(missing.slice(start, start + rowsAtOnce))) fetched.set(row.secret_id, row);
  }
  return rows.flatMap((row) => (whole.has(row) ? row : (fetched.get(row.secret_id) ?? [])));
}

/** Adds up the size of the rows in an answer, and fails as soon as it is too large. */
function answerMeter(show: (row: SecretRow) => ShownRow): (row: SecretRow) => void {
  let bytes = 0;
  return (row) => {
    bytes += JSON.stringify(show(row)).length;
    assertAnswerFits(bytes);
  };
}
