/**
 * The data-key cache under reads of which few secrets have most (Zipf): how often it hits, what its bounds of number and
 * age cost, that keys are zeroed when they leave, and what it saves: `npm run bench cache`. One container, the real cache, a
 * simulated clock, fixed seeds: the hit rates are the same in every run.
 */

import { type Load, simulate } from "./cache/simulate.ts";
import { zipf } from "./cache/zipf.ts";
import { assumed } from "./cost/call-cost.ts";
import { prices } from "./cost/prices.ts";
import { digits, print, printTable } from "./measure/print.ts";
import { writeLines } from "./plot/lines.ts";

const rates = [0.01, 0.1, 1, 10, 100];
const numbers = [100, 1000, 10_000, 100_000];
/** As the functions are deployed. */
const deployed = { maxAgeSeconds: 300, maxKeys: 1000 };

let [left, leftReadable] = [0, 0];

const byRate: { readonly secrets: number; readonly shares: readonly number[] }[] = [];
for (const secrets of numbers) {
  const shares: number[] = [];
  for (const readsPerSecond of rates) shares.push((await run({ secrets, readsPerSecond })).hitShare);
  byRate.push({ secrets, shares });
}
printTable(
  `Keys found in memory, % of reads, by secrets and reads a second of one container (exponent 1, ${deployed.maxAgeSeconds} s, ${deployed.maxKeys} keys)`,
  ["secrets", ...rates.map((rate) => `${rate}/s`)],
  byRate.map(({ secrets, shares }) => [secrets, ...shares.map(percent)]),
);
writeLines("cache.svg", {
  title: "Data keys found in memory (Zipf, exponent 1; 300 s, 1,000 keys)",
  x: { name: "reads a second of one container", values: rates },
  y: { name: "% of reads", ticks: [0, 20, 40, 60, 80, 100] },
  series: byRate.map(({ secrets, shares }) => ({ name: `${secrets} secrets`, values: shares.map(percent) })),
});

const busy = { secrets: 10_000, readsPerSecond: 100 };
const bounds: (readonly [string, Partial<Load> & { readonly exponent?: number }])[] = [
  ["as deployed", {}],
  ["100 keys", { maxKeys: 100 }],
  ["10,000 keys", { maxKeys: 10_000 }],
  ["60 s", { maxAgeSeconds: 60 }],
  ["3600 s", { maxAgeSeconds: 3600 }],
  ["exponent 0.8", { exponent: 0.8 }],
  ["exponent 1.2", { exponent: 1.2 }],
];
const rows = [];
for (const [name, change] of bounds) {
  const { hitShare, lruHitShare, largestSize } = await run({ ...busy, ...change });
  const saved = hitShare * prices.kmsRequest * 10_000;
  rows.push([name, percent(hitShare), percent(lruHitShare), largestSize, saved, hitShare * assumed.kmsMs]);
}
printTable(
  "10,000 secrets, 100 reads a second in one container: what the bounds cost, and what is saved",
  ["", "hits %", "least recently used %", "most keys", "$ saved of 10k reads", "ms saved of a read"],
  rows,
);
print(`
First in, first out is what lets every call clear what has expired; keeping the recently used would hit as often as the second column.
Saved: ${digits(prices.kmsRequest * 10_000)} $ for 10,000 KMS requests, and ${assumed.kmsMs} ms (assumed) for one; its CPU is in \`npm run bench warm\`.
${left} keys have left the cache in these runs; ${leftReadable} of them were not zeroed.`);
if (leftReadable > 0) process.exitCode = 1;

async function run(
  load: Partial<Load> & { readonly secrets: number; readonly readsPerSecond: number; readonly exponent?: number },
) {
  const popularity = zipf(load.secrets, load.exponent ?? 1);
  const simulated = await simulate({ ...deployed, ...load, popularity });
  left += simulated.left;
  leftReadable += simulated.leftReadable;
  return simulated;
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
