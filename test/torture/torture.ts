/** `npm run torture`: random calls with random faults. Looks for results that no order of the calls explains. */

import { parseArgs } from "node:util";
import { muteLog } from "../support/mute-log.ts";
import { startBackends } from "./real-containers.ts";
import { type Totals, torture } from "./torture-run.ts";

const usage = `npm run torture -- [--minutes 5] [--seed n]

Calls all methods at random on a DynamoDB Local and a KMS of its own, adds faults, and checks that all answers are
linearizable. The same seed makes the same calls and faults, but the machine decides how they overlap.
`;

const progressMs = 10_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "5" }, seed: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Date.now() % 10_000)];
  if (!(minutes > 0 && Number.isInteger(seed)))
    throw new Error("--minutes must be a number greater than 0, and --seed a whole number.");
  return await run(minutes, seed);
}

async function run(minutes: number, seed: number): Promise<number> {
  const unmute = muteLog();
  const startedAt = Date.now();
  const end = startedAt + minutes * 60_000;
  let told = startedAt;
  process.stdout.write(`Seed ${seed}.\n`);
  const backends = await startBackends();
  const totals = await torture(backends, {
    seed,
    goesOn: () => Date.now() < end,
    onRound: (sofar) => {
      if (Date.now() - told < progressMs) return;
      told = Date.now();
      process.stdout.write(`${describe(sofar, startedAt)}\n`);
    },
  });
  await backends.close();
  unmute();
  process.stdout.write([...totals.complaints, describe(totals, startedAt), ""].join("\n"));
  return totals.complaints.length > 0 ? 1 : 0;
}

function describe({ rounds, calls, unknown, complaints }: Totals, startedAt: number): string {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  return `${seconds} s: ${rounds} rounds, ${calls} calls, ${unknown} of unknown outcome, ${complaints.length} complaints.`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
