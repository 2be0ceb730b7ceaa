/**
 * What limits get_data at 100 to a million reads a second, and what it costs: many containers simulated from what one
 * takes here, and from AWS's default quotas and list prices: `npm run bench scale`. docs/scale.md tells what follows.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipf } from "./cache/zipf.ts";
import { assumed, costOf, directCost } from "./cost/call-cost.ts";
import { digits, print, printTable } from "./measure/print.ts";
import { writeLines } from "./plot/lines.ts";
import { type Fleet, simulateFleet } from "./scale/fleet.ts";
import { type Measured, measure } from "./scale/measured.ts";
import { type Demand, partition, quotas, scalingPer10s } from "./scale/quotas.ts";

/** A container's share of a CPU: all of one comes with so much memory. */
const megabytesOfOneCpu = 1769;
/** Of a new container before our code: hello world on arm64; and connections with TLS at its first call. */
const platformColdMs = 120;
const firstCallMs = 100;

const secrets = 10_000;
const exponent = 1;
const deployed = { maxAgeMs: 300_000, maxKeys: 1000 };
const rates = [100, 10_000, 1_000_000];
/** Above, containers are as many times more, and each is as busy as here. */
const mostSimulated = 10_000;
const rampMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), "bench-scale-"));
let measured: Measured;
try {
  measured = await measure(folder);
} finally {
  rmSync(folder, { recursive: true });
}
const cpuShare = (assumed.memoryGigabytes * 1024) / megabytesOfOneCpu;
const readMs = assumed.databaseReadMs + measured.cachedCpuMs / cpuShare;
const kmsMs = assumed.kmsMs + (measured.uncachedCpuMs - measured.cachedCpuMs) / cpuShare;
const coldMs = platformColdMs + measured.importMs + firstCallMs;
print(
  `Measured: ${digits(measured.cachedCpuMs)} ms of CPU a read, ${digits(measured.uncachedCpuMs)} with KMS, import ${digits(measured.importMs)} ms.
Assumed: ${assumed.databaseReadMs} ms a read of DynamoDB, ${assumed.kmsMs} ms a request to KMS, ${digits(cpuShare)} of a CPU, a cold start of ${platformColdMs} ms and ${firstCallMs} at its first call.
So a read takes ${digits(readMs)} ms, ${digits(readMs + kmsMs)} with KMS, ${digits(coldMs)} more in a new container.
${secrets} secrets, read as Zipf has it with exponent ${exponent}; keys are kept ${deployed.maxAgeMs / 1000} s, ${deployed.maxKeys} in a container.`,
);

const fleets = new Map(rates.map((rate) => [rate, fleetAt(rate, rampMs)]));
reportFleets();
reportQuotas();
reportColdStarts();
plotQuotas();

function fleetAt(readsPerSecond: number, ramp: number): Fleet {
  const simulated = Math.min(readsPerSecond, mostSimulated);
  const popularity = zipf(secrets, exponent);
  const load = { ...deployed, readMs, kmsMs, coldMs, popularity, readsPerSecond: simulated, rampMs: ramp };
  // Of a rate that is there at once, just how many containers start is of interest, which is known soon.
  const fleet = simulateFleet(ramp === 0 ? { ...load, maxAgeMs: 5000 } : load, ramp === 0 ? 1 : undefined);
  return { ...fleet, containers: Math.round((fleet.containers * readsPerSecond) / simulated) };
}

function reportFleets(): void {
  const rows = rates.map((rate) => {
    const { containers, hitShare, p50Ms, p99Ms } = fleetOf(rate);
    const cost = directCost(costOf(workAt(hitShare), 0));
    return [rate, containers, hitShare * 100, p50Ms, p99Ms, rate * (1 - hitShare), cost * rate * 3600, cost * 10_000];
  });
  const columns = ["reads/s", "containers", "hits %", "p50 ms", "p99 ms", "KMS/s", "$ an hour", "$ for 10k"];
  printTable("get_data, direct", columns, rows);
}

/** A call at a hit rate, as `cost.ts` counts it. */
function workAt(hitShare: number) {
  return { readUnits: 1, writeUnits: 0, kmsRequests: 1 - hitShare, databaseReads: 1, transactions: 0 };
}

function reportQuotas(): void {
  const rows = quotas.map(({ name, limit, taken }) => [
    name,
    limit,
    ...rates.map((rate) => (taken(demandAt(rate, fleetOf(rate).hitShare)) / limit) * 100),
  ]);
  printTable("% of the default quotas taken", ["", "quota", ...rates.map((rate) => `${rate}/s`)], rows);
  print(`
One secret: ${partition.readUnitsPerSecond} reads a second, where its data is up to 4 KB; no quota raises it.
One domain: ${partition.writeUnitsPerSecond / 2} creates a second, and ${Math.floor(partition.readUnitsPerSecond / 256)} lists a second of 1 MB of rows, before DynamoDB splits its partition by heat.`);
}

function reportColdStarts(): void {
  const rows = rates.map((rate) => {
    const [slow, sudden] = [fleetOf(rate).containers, fleetAt(rate, 0).containers];
    return [rate, slow, (slow / scalingPer10s) * 10, sudden, (sudden / scalingPer10s) * 10];
  });
  const columns = ["reads/s", `if it grows for ${rampMs / 1000} s`, "s at least", "if it comes at once", "s at least"];
  printTable(`Containers that start from nothing; Lambda adds ${scalingPer10s} to a function in 10 s`, columns, rows);
}

function plotQuotas(): void {
  const at = Array.from({ length: 21 }, (_, index) => 10 ** (1 + index / 4));
  const hitShare = fleetOf(mostSimulated).hitShare;
  const share = (name: string, hits: number) => {
    const quota = quotas.find((one) => one.name.startsWith(name));
    if (quota === undefined) throw new Error(`There is no quota ${name}.`);
    return at.map((rate) => quota.taken(demandAt(rate, hits)) / quota.limit);
  };
  writeLines("scale.svg", {
    title: "get_data: what it takes of an account's default quotas (us-east-1)",
    x: { name: "reads a second", values: at },
    y: { name: "of the quota", isLogarithmic: true, ticks: [0.001, 0.01, 0.1, 1, 10, 100] },
    series: [
      { name: "Lambda invocations, API Gateway", values: share("Lambda: invocations", hitShare) },
      { name: "DynamoDB read units", values: share("DynamoDB", hitShare) },
      { name: "Lambda concurrency", values: share("Lambda: concurrent", hitShare) },
      { name: "KMS, key cache off", values: share("KMS", 0) },
      { name: "KMS, key cache on", values: share("KMS", hitShare) },
    ],
    mark: { name: "the quota", value: 1 },
  });
}

/** Concurrency by Little's law. */
function demandAt(readsPerSecond: number, hitShare: number): Demand {
  const ms = readMs + (1 - hitShare) * kmsMs;
  return {
    readsPerSecond,
    concurrency: (readsPerSecond * ms) / 1000,
    kmsPerSecond: readsPerSecond * (1 - hitShare),
    readUnitsPerSecond: readsPerSecond,
  };
}

function fleetOf(rate: number): Fleet {
  const fleet = fleets.get(rate);
  if (fleet === undefined) throw new Error(`Nothing was simulated at ${rate} reads a second.`);
  return fleet;
}
