/** For any input, every function answers in time with a documented status, and reveals nothing confidential. */

import { expect, it } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";

const timeMs = 10_000;

it("no input makes a function fail, hang or reveal data", async () => {
  const seed = Date.now() % 2 ** 31;

  const report = await fuzz({ seed, timeMs });

  process.stdout.write(`Fuzzed ${report.inputs} inputs (seed ${seed}): ${JSON.stringify(report.statuses)}\n`);
  expect(report.failure).toBeNull();
  // The inputs cover both outcomes: accepted and refused.
  expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(["200", "400", "403", "404", "409"]));
});
