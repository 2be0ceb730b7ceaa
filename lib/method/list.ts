/** list: the secrets of a domain that a query is about. */

import { assertAnswerFits } from "../base/answer-size.ts";
import { compileList, type ListResult } from "../query/list.ts";
import { answeredPaths, compileSelection, type Projection } from "../query/projection.ts";
import type { Query } from "../query/query.ts";
import { referencedFields, toAttributes } from "../query/referenced.ts";
import { loadPatterns } from "../query/search.ts";
import type { ListRequest } from "../request/list.ts";
import type { Row, SecretRows } from "../store/secret-rows.ts";
import type { Call } from "./call.ts";
import { bindQuery, countRows, findNamedRows, type RowPage, readRows, type Wanted } from "./row-source.ts";
import { assertInTime } from "./row-time.ts";

export interface ListPorts {
  readonly rows: SecretRows;
}

export interface SecretsInfo {
  /** Whole secrets, or just the fields that were asked for. */
  readonly results: readonly ReturnType<Projection>[];
  /** All that match, on whatever page. */
  readonly total_count: number;
}

/** How many rows of a page are fetched before their size is looked at. */
const rowsAtOnce = 500;

/** @throws ERROR_DB_QUERY, ERROR_OPERATOR_…, ERROR_UNAVAILABLE */
export async function list(request: ListRequest, call: Call, ports: ListPorts): Promise<SecretsInfo> {
  const { query: given, domain_id: domainId, ...fields } = request;
  const query = bindQuery(given, fields, call);
  const count = query.countOnly ? await countRows(domainId, query, call, ports) : undefined;
  if (count !== undefined) return { results: [], total_count: count };

  const show = compileSelection(answeredPaths(query));
  const meter = answerMeter(show);
  const whole = new WeakSet<Row>();
  const found = await findRows(domainId, query, call, ports, (row, { isWhole, isFirst }) => {
    if (isWhole) whole.add(row);
    // It will be shown: an answer that grows too large need not be read to its end. Of the first page it cannot.
    if (query.page === null && !query.countOnly && !isFirst) meter(row);
  });
  const rows = query.page === null ? found.rows : await completeRows(domainId, found.rows, whole, call, ports, meter);
  return { results: rows.map(show), total_count: found.totalCount };
}

async function findRows(
  domainId: string,
  query: Query,
  call: Call,
  ports: ListPorts,
  onMatch: (row: Row, page: { readonly isWhole: boolean; readonly isFirst: boolean }) => void,
): Promise<ListResult<Row>> {
  const run = compileList<Row>(query, { now: call.now, patterns: await loadPatterns(query) });
  const named = await findNamedRows(domainId, query, call, ports.rows);
  const pages = named === undefined ? readRows(domainId, query, wantedOf(query), call, ports) : [wholePage(named)];
  let isFirst = true;
  for await (const { rows, isWhole } of pages) {
    const givenMs = call.remainingMs();
    for (const row of rows) {
      assertInTime(call, givenMs);
      if (run.add(row)) onMatch(row, { isWhole, isFirst });
    }
    isFirst = false;
  }
  return run.finish();
}

function wholePage(rows: readonly Row[]): RowPage {
  return { rows, isWhole: true };
}

/**
 * Without a page every row that matches is shown, so that all that is shown of it is read at once. With one, only what
 * filter and sort need is read, but for the first page that the database gives: most domains are no larger, and then
 * there is no second request.
 */
function wantedOf(query: Query): Wanted {
  const needed = referencedFields(query);
  if (query.countOnly) return { attributes: needed, firstPageWhole: false };
  if (query.page !== null) return { attributes: needed, firstPageWhole: true };
  const answered = answeredPaths(query);
  return { attributes: answered === null ? null : [...needed, ...toAttributes(answered)], firstPageWhole: false };
}

/** The rows of a page with all that is shown of them; one that was deleted meanwhile is left out. */
async function completeRows(
  domainId: string,
  rows: readonly Row[],
  whole: WeakSet<Row>,
  call: Call,
  ports: ListPorts,
  meter: (row: Row) => void,
): Promise<readonly Row[]> {
  const missing = rows.filter((row) => !whole.has(row)).map((row) => row.secret_id);
  const fetched = new Map<string, Row>();
  for (let start = 0; start < missing.length; start += rowsAtOnce) {
    for (const row of await ports.rows.findByIds(domainId, missing.slice(start, start + rowsAtOnce), call)) {
      meter(row);
      fetched.set(row.secret_id, row);
    }
  }
  return rows.flatMap((row) => (whole.has(row) ? row : (fetched.get(row.secret_id) ?? [])));
}

/** Adds up what the rows of an answer take, and refuses the one that is too much. */
function answerMeter(show: Projection): (row: Row) => void {
  let bytes = 0;
  return (row) => {
    bytes += JSON.stringify(show(row)).length;
    assertAnswerFits(bytes);
  };
}
