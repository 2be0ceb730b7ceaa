/**
 * `npm run bench peer [rounds]`: compares this service with credstash's sequence of requests, on the same DynamoDB
 * Local and KMS endpoint. The contestants are warm processes that take turns; compare ratios, not milliseconds.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, print, printTable, verdict } from "./measure/figures.ts";
import { writeBars } from "./measure/plot.ts";
import { timeBareRequests } from "./peer/bare-requests.ts";
import { type Contest, type Contestant, startContests, startServices } from "./peer/contestants.ts";

const rounds = Number(process.argv[2] ?? 21);
const callsPerStretch = 15;
const runInCalls = 5;
const warmUpCalls = 600;
/** Network time of a request to a service in the same region and back. */
const networkMs = 5;

/** With network time: what counts is how often requests wait for each other. */
const networkTargets: readonly Target[] = [
  ["put a new secret", "ours", 0.81],
  ["put a next version", "ours, with an idempotency token", 1.13],
  ["put a next version", "ours, with expected_version", 0.85],
];
const targets: readonly Target[] = [
  ["put a new secret", "ours", 0.6],
  ["put a next version", "ours", 0.6],
  ["get the newest version", "ours, key cached", 0.45],
  ["get the newest version", "ours, key cache off", 0.45],
];

type Target = readonly [work: string, name: string, most: number];

const folder = mkdtempSync(join(tmpdir(), "bench-peer-"));
const parts = new AsyncDisposableStack();
try {
  const environment = await startServices(parts);
  const bare = await timeBareRequests(folder, environment);
  const contests = await startContests(parts, folder, environment);
  const wall = new Map<Contestant, number[]>();
  const cpu = new Map<Contestant, number[]>();
  const all = contests.flatMap(({ contestants }) => contestants);
  await Promise.all(all.map(async ({ candidate, event }) => await candidate.run({ event, calls: warmUpCalls })));
  for (const one of all) {
    wall.set(one, []);
    cpu.set(one, []);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestants } of contests) {
      for (const index of contestants.keys()) {
        // Every contestant is first equally often.
        const one = contestants[(index + round) % contestants.length];
        if (one === undefined) continue;
        const { wallMs, cpuMs } = await one.candidate.run({
          event: one.event,
          calls: callsPerStretch,
          runIn: runInCalls,
        });
        wall.get(one)?.push(wallMs / callsPerStretch);
        cpu.get(one)?.push(cpuMs / callsPerStretch);
      }
    }
  }
  printTable("The bare requests at these endpoints", ["", "ms"], [...bare]);
  report(contests, wall, cpu);
} finally {
  await parts.disposeAsync();
  rmSync(folder, { recursive: true });
}

type Samples = ReadonlyMap<Contestant, readonly number[]>;

function report(contests: readonly Contest[], wall: Samples, cpu: Samples): void {
  const rows = contests.flatMap(({ work, contestants }) =>
    contestants.map((one) => {
      const [peer = one] = contestants;
      const ofNetwork = median(wall.get(peer) ?? []) + peer.requests * networkMs;
      const withNetwork = (median(wall.get(one) ?? []) + one.requests * networkMs) / ofNetwork;
      return { work, one, time: ratio(wall, one, peer), cpu: ratio(cpu, one, peer), withNetwork };
    }),
  );
  printTable(
    "On DynamoDB Local and the local KMS, beside credstash's requests",
    ["", "", "requests in a row", "ms", "× time", "× client CPU", `× time, were each request ${networkMs} ms longer`],
    rows.map(({ work, one, time, cpu: client, withNetwork }) => [
      ...[work, one.name, one.requests, median(wall.get(one) ?? []), time, client, withNetwork],
    ]),
  );
  const find = (work: string, name: string) => rows.find((row) => row.work === work && row.one.name === name);
  for (const [work, name, target] of targets) {
    print(verdict(`${work}, ${name}, × credstash's time`, find(work, name)?.time ?? Number.NaN, target));
  }
  for (const [work, name, target] of networkTargets) {
    const { withNetwork = Number.NaN } = find(work, name) ?? {};
    print(verdict(`${work}, ${name}, × credstash's time with ${networkMs} ms a request`, withNetwork, target));
  }
  writeBars("peer.svg", {
    title: "Time beside credstash's requests, on the same DynamoDB Local and KMS endpoint",
    unit: "×",
    groups: rows
      .filter(({ one }) => one.name !== "credstash")
      .map(({ work, one, time, withNetwork }) => ({
        name: `${work}${one.name.replace("ours", "")}`,
        values: { local: time, [`with ${networkMs} ms a request`]: withNetwork },
      })),
    lines: [{ name: "credstash", value: 1 }],
  });
}

/** The median of the rounds' ratios. */
function ratio(samples: Samples, one: Contestant, peer: Contestant): number {
  const others = samples.get(peer) ?? [];
  return median((samples.get(one) ?? []).map((value, round) => value / (others[round] ?? Number.NaN)));
}
