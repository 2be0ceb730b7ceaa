/**
 * `npm run bench rows [rounds] [rows…]`: list and stat of large domains through the deployed functions. Measures
 * requests, memory, CPU compared with the SDK's for the same requests, and wall time compared with the same requests
 * one after the other. First on an endpoint that answers pages of 1 MB after 10 ms and filters nothing, so that every
 * row reaches the function; then on DynamoDB Local, up to 20,000 rows. Compare ratios: wall time depends on the
 * machine's other work.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSecrets, startDatabase } from "../local/database.ts";
import { digits, print, printTable, verdict } from "./measure/figures.ts";
import { everything, grouping, type RowsCase, rowsCases, sampleRows } from "./rows/cases.ts";
import { buildBundles, type Called, Contestants, type Costs, countRounds } from "./rows/contest.ts";
import { Partition, partitionUnits, RowsEndpoint } from "./rows/endpoint.ts";
import { RowTable } from "./rows/table.ts";
import { type Call, toCall } from "./stub/endpoint.ts";
import { environmentAt } from "./stub/scenarios.ts";

interface Result extends Called, Costs {
  readonly one: RowsCase;
  readonly size: number;
  readonly pages: number;
  readonly requests: readonly Call[];
  readonly chain: number;
}

const [rounds = 5, ...sizes] = process.argv.slice(2).map(Number);
const latencyMs = 10;
/** A turn reads at least this many rows, by several calls for small domains. */
const rowsPerTurn = 20_000;
/** With more rows, DynamoDB Local becomes slower than in proportion. */
const mostLocalRows = 20_000;

const folder = mkdtempSync(join(tmpdir(), "bench-rows-"));
const log = join(folder, "log");
const local = await startDatabase();
const tables = { SECRETS_TABLE: local.tables.secrets, SECRET_NAMES_TABLE: local.tables.names };
try {
  const bundles = await buildBundles(folder);
  const start = (url: string) => new Contestants(bundles, { ...environmentAt(url, url), ...tables }, log);
  const results: Result[] = [];
  for (const size of sizes.length > 0 ? sizes : [1000, 20_000, 100_000]) {
    results.push(...(await measureDomain(size, start)));
  }
  judge(results);
  await reportLocal(results, start);
} finally {
  await local.close();
  rmSync(folder, { recursive: true });
}

async function measureDomain(size: number, start: (url: string) => Contestants): Promise<Result[]> {
  const table = new RowTable(sampleRows(size));
  const endpoint = await new RowsEndpoint(table, latencyMs).start();
  const contestants = start(endpoint.url);
  const turns = { rounds, calls: Math.ceil(rowsPerTurn / size) };
  const results: Result[] = [];
  for (const one of rowsCases) {
    endpoint.requests.length = 0;
    const called = await contestants.callOnce(one);
    const requests = endpoint.requests.splice(0).map(toCall);
    const costs = await contestants.measure(one, requests, turns);
    results.push({
      one,
      size,
      pages: table.pages,
      requests,
      chain: await countRounds(one, table),
      ...called,
      ...costs,
    });
  }
  report(results);
  endpoint.partition = new Partition();
  const { status, wallMs } = await contestants.callOnce(grouping);
  const least = table.bytes / 4096 / partitionUnits - 1;
  print(
    `${grouping.name} at ${partitionUnits} units a second: status ${status} after ${digits(wallMs / 1000)} s ` +
      `(at least ${digits(Math.max(0, least))}), ${endpoint.partition.refused} requests refused on the way`,
  );
  await contestants.end();
  await endpoint.close();
  return results;
}

function report(results: readonly Result[]): void {
  const { size, pages } = results[0] ?? { size: 0, pages: 0 };
  printTable(
    `${size} rows, ${pages} pages; CPU in µs a row, wall time in ms a call`,
    ["", "status", "requests", "chain", "CPU", "of it ours", "wall", "one by one", "peak MB"],
    results.map(({ one, status, requests, chain, cpuMs, ownCpuMs, wallMs, oneByOneMs, peakMegabytes }) => [
      ...[one.name, status, requests.length, chain],
      ...[(cpuMs * 1000) / size, (ownCpuMs * 1000) / size, wallMs, oneByOneMs, peakMegabytes],
    ]),
  );
}

function judge(results: readonly Result[]): void {
  const most = (of: (result: Result) => number, among = results) => Math.max(...among.map(of));
  const perRow = (ms: number, size: number) => (ms * 1000) / size;
  const reading = results.filter(({ one }) => one !== everything);
  const figures: readonly (readonly [string, number, number])[] = [
    ["CPU a row, µs, of all but everything", most(({ cpuMs, size }) => perRow(cpuMs, size), reading), 25],
    ["of it ours", most(({ ownCpuMs, size }) => perRow(ownCpuMs, size), reading), 3],
    ["longest chain of requests, of what it may be", most((result) => result.chain / mostChain(result)), 1],
    ["peak memory, MB", most(({ peakMegabytes }) => peakMegabytes), 512],
  ];
  print("");
  for (const figure of figures) print(verdict(...figure));
}

/** The longest allowed chain of requests: a second page needs the first, and a page's rows need all ids. */
function mostChain({ pages, requests }: Result): number {
  const isFetching = requests.some(({ command }) => command === "BatchGetCommand");
  return Math.max(Math.min(pages, 2), 1 + pages / 8) + (isFetching ? 1 : 0);
}

async function reportLocal(results: readonly Result[], start: (url: string) => Contestants): Promise<void> {
  const size = Math.max(...results.map((result) => result.size).filter((count) => count <= mostLocalRows));
  if (!Number.isFinite(size)) return;
  await loadSecrets(local, sampleRows(size));
  const contestants = start(local.url);
  const rows: (readonly [string, number, number])[] = [];
  for (const { one, requests } of results.filter((result) => result.size === size)) {
    const { wallMs, oneByOneMs } = await contestants.measure(one, requests, { rounds: 1, calls: 1 });
    rows.push([one.name, wallMs, oneByOneMs]);
  }
  await contestants.end();
  printTable(`${size} rows on DynamoDB Local, ms a call`, ["", "wall", "one by one"], rows);
}
