/** `npm run fuzz -- --minutes 5 [--seed 1]`: fuzzes for longer than the tests do, and tells what it takes to repeat it. */

import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const usage = `npm run fuzz -- [--minutes 5] [--seed 1]

  --minutes n  how long to send random requests and events, 1 by default
  --seed n     repeats what an earlier run with this seed sent
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      help: { type: "boolean" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return;
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0 && Number.isInteger(seed)))
    throw new Error("--minutes takes a positive number, --seed a whole one.");
  process.stdout.write(`Fuzzing for ${minutes} minutes, seed ${seed}.\n`);
  const report = await fuzz({ seed, timeMs: minutes * 60_000 });
  process.stdout.write(`${report.inputs} inputs; by status: ${JSON.stringify(report.statuses)}\n`);
  if (report.failure === null) return;
  process.stderr.write(`${report.failure}\n`);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
