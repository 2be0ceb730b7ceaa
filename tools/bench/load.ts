/**
 * `npm run bench load [seconds]`: the local stack under mixed reads and writes over HTTP with verified tokens; then one
 * container for many calls, to show that its memory does not grow. The load comes from the same machine, so the figures
 * include gateway, functions, database and load. They say nothing about AWS.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientCredentials } from "../../client/client-credentials.ts";
import { startStack } from "../local/stack.ts";
import { buildFunction } from "./bundle/build.ts";
import { childMegabytes, load, prepareTraffic, type Served } from "./load/traffic.ts";
import { Candidate } from "./measure/candidates.ts";
import { median, print, printTable, quantile } from "./measure/figures.ts";
import { writeLines } from "./measure/plot.ts";
import { domainId } from "./sample.ts";
import { StubEndpoint } from "./stub/endpoint.ts";
import { environmentAt, scenarios } from "./stub/scenarios.ts";

const seconds = Number(process.argv[2] ?? 4);
const warmUpSeconds = 12;
const levels = [1, 4, 16, 64];
/** Repeats the first levels at the end, to compare times and memory. */
const runs = [...levels, 4, 1];
const soakCalls = 3000;
const soakStretches = 10;

const folder = mkdtempSync(join(tmpdir(), "bench-load-"));
try {
  await loadStack();
  await soak();
} finally {
  rmSync(folder, { recursive: true });
}

async function loadStack(): Promise<void> {
  const stack = await startStack({ port: 0, dir: join(folder, "stack"), inMemory: true });
  try {
    const { api: url, issuer } = stack.description;
    const scope = "secret:read secret:write secret:data";
    const client = { clientId: "bench", clientSecret: "bench", scope, parameters: { domain_id: domainId } };
    const token = await clientCredentials({ tokenUrl: `${issuer}/token`, ...client })({});
    const next = await prepareTraffic({ url, token, domainId });
    // Starts as many instances of each function as the highest level needs.
    await load({ url, token, connections: Math.max(...levels), seconds: warmUpSeconds, next });
    const rows: (readonly number[])[] = [];
    const all: Served[] = [];
    for (const connections of runs) {
      const start = performance.now();
      const served = await load({ url, token, connections, seconds, next });
      all.push(...served);
      rows.push([
        connections,
        ...summarize(served, performance.now() - start),
        ...Object.values(await childMegabytes(["serverless", "java"])),
      ]);
    }
    printTable(
      "The local stack: 91 % reads, 9 % writes",
      ["connections", "a second", "p50 ms", "p99 ms", "errors", "functions MB", "database MB"],
      rows,
    );
    const kinds = Map.groupBy(all, ({ kind }) => kind);
    printTable(
      "By method, all levels together",
      ["", "requests", "p50 ms", "p99 ms", "errors"],
      [...kinds].map(([kind, served]) => [kind, served.length, ...summarize(served, 0).slice(1)]),
    );
    const failures = new Set(all.flatMap(({ failure }) => failure ?? []));
    for (const failure of [...failures].slice(0, 5)) print(failure);
    if (failures.size > 0) process.exitCode = 1;
    writeLines("load.svg", {
      title: "The local stack on 2 shared cores, 91 % reads",
      x: { name: "connections", values: levels },
      y: { name: "ms", isLogarithmic: true, ticks: [1, 10, 100, 1000, 10_000] },
      series: [
        { name: "p50", values: levels.map((_, index) => Number(rows[index]?.[2])) },
        { name: "p99", values: levels.map((_, index) => Number(rows[index]?.[3])) },
      ],
    });
  } finally {
    await stack.close();
  }
}

/** Requests a second, median and 99th percentile of their times, and failures. */
function summarize(served: readonly Served[], elapsedMs: number): readonly [number, number, number, number] {
  const times = served.map(({ ms }) => ms);
  const failed = served.filter(({ failure }) => failure !== null).length;
  return [Math.round((served.length / elapsedMs) * 1000), median(times), quantile(times, 0.99), failed];
}

/** Runs one container on an endpoint that answers at once. Measures its memory after garbage collection. */
async function soak(): Promise<void> {
  const stub = await new StubEndpoint().start();
  const { path } = await buildFunction("get-data", folder);
  const container = new Candidate({ path, environment: environmentAt(stub.url, stub.url), log: join(folder, "log") });
  try {
    const { message, answers } = scenarios["get-data"];
    stub.give(answers);
    await container.run({ event: message, calls: soakCalls, collect: true });
    const megabytes: number[] = [];
    for (let stretch = 0; stretch < soakStretches; stretch += 1) {
      const { heapBytes } = await container.run({ event: message, calls: soakCalls, collect: true });
      megabytes.push(heapBytes / 1e6);
    }
    const [first = Number.NaN, last = Number.NaN] = [megabytes[0], megabytes.at(-1)];
    const grown = ((last - first) * 1e6) / (soakCalls * (soakStretches - 1));
    print(
      `\nOne container, after each ${soakCalls} calls of get-data: ${megabytes.map((mb) => mb.toFixed(2)).join(" ")} MB in use`,
    );
    print(`From the first to the last: ${grown.toFixed(2)} bytes a call.`);
  } finally {
    await container.end();
    await stub.close();
  }
}
