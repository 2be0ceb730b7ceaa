/**
 * `npm run bench cost`: the cost of calls and of stored secrets at list prices, from requests counted at DynamoDB Local
 * and the local KMS, compared with other secret stores.
 */

import {
  assumed,
  bytesStored,
  type CallCost,
  type CallWork,
  costOf,
  directCost,
  durationMs,
  mixed,
  monthlyCost,
  multiply,
  peers,
  pricesReadOn,
} from "./cost/prices.ts";
import { play } from "./counting/cases.ts";
import { startWorld } from "./counting/world.ts";
import { digits, print, printTable, sum, verdict } from "./measure/figures.ts";
import { writeBars } from "./measure/plot.ts";

const calls = 10_000;
const secrets = 1000;
const hitShare = 0.9;
const hits = `get-data, ${hitShare * 100} % of keys cached`;
const fiftyHits = `get-data, fifty at once, ${hitShare * 100} % of keys cached`;
/** CPU of a call for fifty secrets, in calls for one: a target of the benchmark `warm`. */
const ownOfFifty = 8;
const fifties = ["get-data, fifty at once, keys cached", "get-data, fifty at once"];
const reads = ["get-data", "get-data, key cached", "get-data, unless_etag hit", "get-data, sealed"];
const others = [
  "get",
  "list, a page",
  "stat",
  "create",
  "update",
  "update-data",
  "update-data, a version leaves",
  "delete",
  "delete, permanently",
];

const works = new Map<string, CallWork>();
const world = await startWorld();
let auditLineBytes = 0;
try {
  for (const name of [...reads, ...others]) works.set(name, toWork((await play(name, world)).requests));
  for (const name of fifties) works.set(name, { ...toWork((await play(name, world)).requests), own: ownOfFifty });
  const lines = world.readLog().trim().split("\n");
  auditLineBytes = Buffer.byteLength(lines.join("\n")) / lines.length;
} finally {
  await world.close();
}
works.set(hits, mixed(hitShare, find("get-data, key cached"), find("get-data")));
works.set(fiftyHits, mixed(hitShare, find("get-data, fifty at once, keys cached"), find("get-data, fifty at once")));

reportCalls();
reportReads();
reportHolding();

function toWork(requests: Awaited<ReturnType<typeof play>>["requests"]): CallWork {
  const count = (pattern: RegExp) => requests.filter(({ operation }) => pattern.test(operation)).length;
  return {
    readUnits: sum(requests.map(({ readUnits }) => readUnits)),
    writeUnits: sum(requests.map(({ writeUnits }) => writeUnits)),
    kmsRequests: count(/^(Decrypt|GenerateDataKey)$/),
    databaseReads: count(/^(GetItem|Query|BatchGetItem)$/),
    transactions: count(/^TransactWriteItems$/),
    own: 1,
  };
}

function reportCalls(): void {
  const columns = [
    "",
    "read units",
    "write units",
    "KMS",
    "ms",
    "DynamoDB $",
    "KMS $",
    "Lambda $",
    "direct $",
    "HTTP $",
  ];
  const rows = [hits, ...reads, ...others].map((name) => {
    const [work, cost] = [find(name), costOfCalls(name)];
    const parts = [cost.dynamodb, cost.kms, cost.lambdaRequest + cost.lambdaTime, directCost(cost)];
    const counted = [work.readUnits, work.writeUnits, work.kmsRequests, durationMs(work)];
    return [name, ...counted, ...parts, directCost(cost) + cost.gateway];
  });
  printTable(`Cost of 10,000 calls at list prices of ${pricesReadOn} (us-east-1, beyond free tiers)`, columns, rows);
  print(
    `
direct = read units × 0.125 $/M + write units × 0.625 $/M + KMS requests × 0.03 $/10k + 0.20 $/M + GB-s × 0.0000133334 $
HTTP = direct + 1 $/M. GB-s = ${assumed.memoryGigabytes} GB × (${assumed.databaseReadMs} ms a read + ${assumed.transactionMs} ms a transaction + ${assumed.kmsMs} ms a KMS request + ${assumed.ownMs} ms): assumed, not measured.
Logs and traces come on top: ${digits(auditLineBytes)} bytes of audit line and 330 of Lambda's own at 0.50 $/GB, 5 % of calls traced
at 5 $/M: ${digits(costOfCalls(hits).logsAndTraces)} $ for 10,000 calls, as much for each kind.`,
  );
  print(`\n${verdict("10,000 get_data, direct, 90 % key-cache hits, $", directCost(costOfCalls(hits)), 0.008)}`);
}

function reportReads(): void {
  const direct = (name: string) => directCost(costOfCalls(name));
  const fifty = multiply(calls / 50, costOf(find(fiftyHits), auditLineBytes));
  const rows: [string, number][] = [
    [`ours, direct, ${hitShare * 100} % of keys cached`, direct(hits)],
    [`ours, direct, by fifties, ${hitShare * 100} % of keys cached`, directCost(fifty)],
    ["ours, direct, no key cached", direct("get-data")],
    [`ours, HTTP, ${hitShare * 100} % of keys cached`, direct(hits) + costOfCalls(hits).gateway],
    [`ours, HTTP, by fifties, ${hitShare * 100} % of keys cached`, directCost(fifty) + fifty.gateway],
    ["ours, HTTP, no key cached", direct("get-data") + costOfCalls("get-data").gateway],
    ...peers.map(({ name, read }): [string, number] => [name, read * calls]),
  ];
  const base = direct(hits);
  printTable(
    "10,000 reads of a secret",
    ["", "$", "×"],
    rows.map(([name, dollars]) => [name, dollars, dollars / base]),
  );
  const groups = rows.map(([name, dollars]) => ({ name, values: { reads: dollars } }));
  writeBars("cost.svg", { title: "10,000 reads of a secret at list prices", unit: "$", groups });
}

function reportHolding(): void {
  const { storage, backups, key } = monthlyCost(secrets);
  const { table, indexes } = bytesStored();
  printTable(
    `Holding ${secrets} secrets for a month`,
    ["", "$", ""],
    [
      ["ours", storage + backups + key, `key ${key} + storage ${digits(storage)} + backups ${digits(backups)}`],
      ...peers.map(({ name, month, note }) => [name, month * secrets, note]),
    ],
  );
  print(
    `\nours = key × 1 $ + secrets × ((${table} + ${indexes} bytes of rows and index entries) × 0.25 $/GB + ${table} bytes × 0.20 $/GB of backups).
A rotated key costs 1 $ more a month from its first rotation, and 1 $ more from its second. Alarms cost 0.10 $ for each metric they watch.`,
  );
}

function find(name: string): CallWork {
  const work = works.get(name);
  if (work === undefined) throw new Error(`Nothing was counted of "${name}".`);
  return work;
}

/** The cost of all calls. */
function costOfCalls(name: string): CallCost {
  return multiply(calls, costOf(find(name), auditLineBytes));
}
