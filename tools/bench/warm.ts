/**
 * `npm run bench warm [rounds]`: CPU and wall time of a call through the real handlers, for both ways in, compared with
 * the bare SDK calls that it makes; and where the rest of the time goes. Each candidate is a warm process. They take
 * turns in short stretches, so that other work on the machine affects all of them. Compare ratios, not microseconds.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, print, printTable, sum, verdict } from "./measure/figures.ts";
import { writeBars } from "./measure/plot.ts";
import { StubEndpoint } from "./stub/endpoint.ts";
import { type Contest, type Contestant, prepareContest, warmCases } from "./warm/contest.ts";

const rounds = Number(process.argv[2] ?? 12);
const callsPerStretch = 40;
const runInCalls = 10;
const profiledCalls = 2000;

const folder = mkdtempSync(join(tmpdir(), "bench-warm-"));
const stubs: StubEndpoint[] = [];
const contests: Contest[] = [];
try {
  for (const one of warmCases) {
    const stub = await new StubEndpoint().start();
    stubs.push(stub);
    contests.push(await prepareContest(one, stub, folder));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const contest of contests) {
      for (let turn = 0; turn < turnsOf(contest); turn += 1) await takeTurns(contest, round + turn);
    }
  }
  report();
  for (const { name, direct, bare } of contests.filter(({ name }) => name.startsWith("get-data"))) {
    await reportProfile(name, direct, bare);
  }
} finally {
  await Promise.all(contests.flatMap(({ direct, bare }) => [direct.candidate.end(), bare.candidate.end()]));
  await Promise.all(stubs.map(async (stub) => await stub.close()));
  rmSync(folder, { recursive: true });
}

/** Cases with a target get more turns. */
function turnsOf({ name }: Contest): number {
  return name.startsWith("get-data") ? 6 : 1;
}

async function takeTurns({ direct, http, bare }: Contest, turn: number): Promise<void> {
  const contestants = [direct, http, bare];
  // Every contestant is first equally often.
  for (const index of contestants.keys()) await stretch(contestants[(index + turn) % contestants.length] ?? direct);
}

async function stretch({ candidate, event, cpu, wall }: Contestant): Promise<void> {
  const { cpuMs, wallMs } = await candidate.run({ event, calls: callsPerStretch, runIn: runInCalls });
  cpu.push((cpuMs * 1000) / callsPerStretch);
  wall.push((wallMs * 1000) / callsPerStretch);
}

function report(): void {
  const columns = [
    "",
    "direct",
    "HTTP",
    "bare SDK",
    "direct ×",
    "HTTP ×",
    "direct",
    "HTTP",
    "bare SDK",
    "direct ×",
    "HTTP ×",
  ];
  const rows = contests.map((contest) => ({
    name: contest.name,
    cpu: compare(contest, "cpu"),
    wall: compare(contest, "wall"),
  }));
  printTable(
    "µs a call, CPU and then wall time; × is the median ratio to the bare SDK calls of the same method in the same round",
    columns,
    rows.map(({ name, cpu, wall }) => [name, ...cpu.micros, ...cpu.ratios, ...wall.micros, ...wall.ratios]),
  );
  const getData = rows.find(({ name }) => name === "get-data")?.cpu.ratios ?? [];
  print(`\n${verdict("get_data, direct, CPU beside the bare SDK calls", getData[0] ?? Number.NaN, 1.2)}`);
  print(verdict("get_data, HTTP, CPU beside the bare SDK calls", getData[1] ?? Number.NaN, 1.2));
  for (const [what, most] of [
    ["wall", 4],
    ["cpu", 8],
  ] as const)
    print(verdictOfFifty(what, most));
  writeBars("warm.svg", {
    title: "CPU of a call through the handler, beside the bare SDK calls that it makes",
    unit: "×",
    groups: rows.map(({ name, cpu }) => ({ name, values: { direct: cpu.ratios[0] ?? 0, HTTP: cpu.ratios[1] ?? 0 } })),
    lines: [
      { name: "bare SDK", value: 1 },
      { name: "target for get-data", value: 1.2 },
    ],
  });
}

/** Compares a call for fifty secrets with a call for one. */
function verdictOfFifty(what: "cpu" | "wall", most: number): string {
  const [one = [], fifty = []] = ["get-data, small, key cached", "get-data, 50 small, keys cached"].map(
    (wanted) => contests.find(({ name }) => name === wanted)?.direct[what],
  );
  const ratio = median(fifty.map((micros, round) => micros / (one[round] ?? Number.NaN)));
  return verdict(`50 small secrets in a call, ${what === "cpu" ? "CPU" : "time"} beside one`, ratio, most);
}

interface Compared {
  readonly micros: readonly number[];
  readonly ratios: readonly number[];
}

function compare({ direct, http, bare }: Contest, what: "cpu" | "wall"): Compared {
  const ratio = (ours: Contestant) =>
    median(ours[what].map((value, round) => value / (bare[what][round] ?? Number.NaN)));
  return { micros: [direct, http, bare].map((one) => median(one[what])), ratios: [ratio(direct), ratio(http)] };
}

/**
 * Prints time by origin of the code. The column of the bare calls is what the SDK and Node take for the same requests.
 */
async function reportProfile(name: string, ours: Contestant, bare: Contestant): Promise<void> {
  const [own, theirs] = [await profile(ours), await profile(bare)];
  const parts = [...own].filter(([part]) => part !== "idle").sort(([, a], [, b]) => b - a);
  const total = sum(parts.map(([, micros]) => micros));
  const rows = parts.map(([part, micros]) => [part, micros, theirs.get(part) ?? 0, (micros / total) * 100]);
  printTable(`${name}, direct: where the time goes, sampled`, ["", "µs a call", "bare SDK", "% of ours"], rows);
}

/** Microseconds per call, by origin. */
async function profile({ candidate, event }: Contestant): Promise<Map<string, number>> {
  const { profile = new Map<string, number>() } = await candidate.run({ event, calls: profiledCalls, profile: true });
  const grouped = new Map<string, number>();
  for (const [part, ms] of profile) {
    const group = /^@(aws-sdk|smithy|aws)\//.test(part) ? "the SDK" : part;
    grouped.set(group, (grouped.get(group) ?? 0) + (ms * 1000) / profiledCalls);
  }
  return grouped;
}
