/** Some faults at some points of every method, and one kill of every write. All of them: test/deep. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../torture/random.ts";
import { Killer, writes } from "./killer.ts";
import { type Case, Matrix } from "./matrix.ts";
import { scenarios } from "./scenarios.ts";

const seed = Date.now() % 10_000;
const faultsOfEach = 1;

let random: Random;
let matrix: Matrix;
let killer: Killer;

beforeAll(async () => {
  random = new Random(seed);
  matrix = await Matrix.start({ hasLarge: false });
  killer = new Killer(matrix.functions, matrix.plans, matrix.patient);
});
afterAll(async () => {
  await matrix.functions.close();
  process.stdout.write(`Survived ${matrix.summary} (seed ${seed}).\n`);
});

/** Different ones, where there are so many. */
function pickSome<Item>(items: readonly Item[], count: number): readonly Item[] {
  return [...new Set(Array.from({ length: count }, () => random.pick(items)))];
}

describe("a sample of faults", { timeout: 180_000 }, () => {
  it("of every call are survived", async () => {
    const cases: Case[] = [];
    // On a busy machine, large pages take so long that a single fault causes a timeout.
    for (const scenario of scenarios.filter(({ isLarge }) => isLarge !== true)) {
      const all = (await matrix.casesOf(scenario)).filter(({ fault }) => fault.isSlow !== true);
      cases.push(...pickSome(all, faultsOfEach));
    }

    expect((await matrix.findFailures(cases)).join("\n"), `seed ${seed}`).toBe("");
  });

  it.each(writes)("of $title, and a killed process, leave the write completely done or not done", async (scenario) => {
    const kill = random.pick(await killer.killsOf(scenario));

    expect(await killer.findFailure(scenario, kill), `seed ${seed}`).toEqual([]);
  });

  it("leave consistent rows", async () => {
    expect(await matrix.findViolations()).toEqual([]);
  });
});
