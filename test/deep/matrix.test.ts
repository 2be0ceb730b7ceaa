/**
 * Every fault of every backend at every point of every method, once and permanently. An acknowledged write is stored;
 * any other is stored completely or not at all; the caller gets the right class of error in time; a repeat succeeds.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, Matrix } from "../faults/matrix.ts";
import { scenarios } from "../faults/scenarios.ts";

let matrix: Matrix;

beforeAll(async () => {
  matrix = await Matrix.start({ hasLarge: true });
});
afterAll(async () => {
  await matrix.functions.close();
  process.stdout.write(`Survived ${matrix.summary}.\n`);
});

describe("every fault at every point", { timeout: 180_000 }, () => {
  it.each(scenarios)("of $title is survived", async (scenario) => {
    const cases = (await matrix.casesOf(scenario)).filter(({ fault }) => fault.isSlow !== true);

    // A read makes one request: eight faults, once and permanently.
    expect(cases.length).toBeGreaterThanOrEqual(16);
    expect(await matrix.findFailures(cases)).toEqual([]);
  });

  it("that only takes time is survived", async () => {
    const cases: Case[] = [];
    for (const scenario of scenarios) {
      cases.push(...(await matrix.casesOf(scenario)).filter(({ fault }) => fault.isSlow));
    }

    expect(await matrix.findSlowFailures(cases)).toEqual([]);
  });

  it("leaves consistent rows", async () => {
    expect(await matrix.findViolations()).toEqual([]);
  });
});
