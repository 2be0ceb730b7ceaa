/**
 * `npm run bench cold [rounds]`: the cost of a cold start, for each function: the size of its bundle, its import in a
 * fresh process, and what each library adds. For comparison: a floor (only its AWS clients, bundled the same way) and a
 * naive bundle (all functions, esbuild's default options). Bundles take turns; compare ratios, not milliseconds.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bundle, buildFloor, buildFunction, buildNaive, buildSource, functionNames } from "./bundle/build.ts";
import { type Loaded, ladder, load } from "./cold/steps.ts";
import { median, print, printTable, sum, verdict } from "./measure/figures.ts";
import { writeBars } from "./measure/plot.ts";

interface Entrant {
  readonly bundle: Bundle;
  readonly loads: Loaded[];
}

const rounds = Number(process.argv[2] ?? 15);
const folder = mkdtempSync(join(tmpdir(), "bench-cold-"));
try {
  const naive = enter(await buildNaive(folder));
  const functions = await Promise.all(
    functionNames.map(async (name) => ({
      name,
      own: enter(await buildFunction(name, folder)),
      floor: enter(await buildFloor(name, folder)),
    })),
  );
  const steps = await Promise.all(
    ladder.map(async ({ name, source }, index) => ({
      name,
      entrant: enter(await buildSource(source, join(folder, `step-${index}.cjs`))),
    })),
  );
  const entrants = [
    naive,
    ...functions.flatMap(({ own, floor }) => [own, floor]),
    ...steps.map((step) => step.entrant),
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const { bundle, loads } of entrants) loads.push(await load(bundle.path));
  }
  reportFunctions(functions, naive);
  reportSteps(steps);
  reportParts(functions);
} finally {
  rmSync(folder, { recursive: true });
}

function enter(bundle: Bundle): Entrant {
  return { bundle, loads: [] };
}

interface Measured {
  readonly name: string;
  readonly own: Entrant;
  readonly floor: Entrant;
}

function reportFunctions(functions: readonly Measured[], naive: Entrant): void {
  const rows = functions.map(({ name, own, floor }) => [
    ...[name, kilobytes(own), kilobytes(floor), kilobytes(naive)],
    ...[milliseconds(own), ratio(own, floor, "wallMs"), ratio(own, floor, "cpuMs"), ratio(naive, own, "wallMs")],
  ]);
  printTable(
    "Bundles: KB, and import in a fresh process. The floor has the function's clients alone; naive: all, default options",
    ["", "KB", "floor KB", "naive KB", "import ms", "× floor", "× floor, CPU", "naive ×"],
    rows,
  );
  const getData = functions.find(({ name }) => name === "get-data");
  if (getData === undefined) return;
  print(`\n${verdict("get-data, import beside its floor", ratio(getData.own, getData.floor, "wallMs"), 1.15)}`);
  print(verdict("get-data, KB", kilobytes(getData.own), 240));
  print(verdict("the largest bundle, KB", Math.max(...functions.map(({ own }) => kilobytes(own))), 400));
  writeBars("cold.svg", {
    title: "Import of each function in a fresh process, beside a bundle with just its clients",
    unit: "×",
    groups: functions.map(({ name, own, floor }) => ({
      name,
      values: { ours: ratio(own, floor, "wallMs"), naive: ratio(naive, floor, "wallMs") },
    })),
    lines: [{ name: "just its clients", value: 1 }],
  });
}

function reportSteps(steps: readonly { readonly name: string; readonly entrant: Entrant }[]): void {
  const rows = steps.map(({ name, entrant }, index) => {
    const before = steps[index - 1]?.entrant ?? entrant;
    const added = median(entrant.loads.map(({ wallMs }, round) => wallMs - (before.loads[round]?.wallMs ?? wallMs)));
    return [name, kilobytes(entrant), kilobytes(entrant) - kilobytes(before), milliseconds(entrant), added];
  });
  printTable("What each library adds to get-data, one upon the other", ["", "KB", "+ KB", "import ms", "+ ms"], rows);
}

/** Prints KB of the output by origin. */
function reportParts(functions: readonly Measured[]): void {
  const sizes = new Map<string, number>();
  for (const { own } of functions) {
    for (const [part, bytes] of own.bundle.parts) sizes.set(part, Math.max(bytes, sizes.get(part) ?? 0));
  }
  const parts = [...sizes].filter(([, bytes]) => bytes >= 2000).sort(([, a], [, b]) => b - a);
  const rows = parts.map(([part]) => [
    part,
    ...functions.map(({ own }) => Math.round((own.bundle.parts.get(part) ?? 0) / 100) / 10),
  ]);
  const rest = functions.map(
    ({ own }, index) => own.bundle.bytes / 1000 - sum(rows.map((row) => Number(row[index + 1]))),
  );
  printTable("KB by library or folder", ["", ...functions.map(({ name }) => name)], [...rows, ["rest", ...rest]]);
}

function kilobytes({ bundle }: Entrant): number {
  return Math.round(bundle.bytes / 100) / 10;
}

function milliseconds({ loads }: Entrant): number {
  return median(loads.map(({ wallMs }) => wallMs));
}

/** The median of the rounds' ratios. */
function ratio(one: Entrant, other: Entrant, what: keyof Loaded): number {
  return median(one.loads.map((loaded, round) => loaded[what] / (other.loads[round]?.[what] ?? Number.NaN)));
}
