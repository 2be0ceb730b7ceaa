/** `npm run fuzz -- --minutes 5 [--seed 1]`: fuzzes longer than the tests do, and prints how to repeat a failure. */

import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const usage = `npm run fuzz -- [--minutes 5] [--seed 1]

Sends random requests and events to all functions, and checks every answer.

  --minutes n  how long to run (default: 1)
  --seed n     repeat what an earlier run with this seed sent
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
    throw new Error("--minutes must be a number greater than 0, and --seed a whole number.");
  process.stdout.write(`Fuzzing for ${values.minutes} min, with seed ${seed}.\n`);
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
