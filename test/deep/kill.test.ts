/** Kills a function's process at every point of every write: before and after each request to a backend is served. */

import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder } from "../../lib/base/async.ts";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { Killer, writes } from "../faults/killer.ts";
import { Plans } from "../faults/plans.ts";
import { versionsKept } from "../faults/scenarios.ts";
import { type Functions, startFunctions } from "../support/functions.ts";

let functions: Functions;
let killer: Killer;
let killed = 0;

beforeAll(async () => {
  functions = await startFunctions({ DATA_VERSIONS_KEPT: String(versionsKept) });
  killer = new Killer(functions, new Plans(functions.proxies), await functions.newContainer());
});
afterAll(async () => {
  await functions.close();
  process.stdout.write(`Killed ${killed} processes at every point of ${writes.length} writes.\n`);
});

describe("a killed process", () => {
  it.each(writes)("at any point of $title leaves the write completely done or not done", async (scenario) => {
    const kills = await killer.killsOf(scenario);
    const tasks = kills.map((kill) => async () => await killer.findFailure(scenario, kill));

    const failures: string[] = [];
    for await (const found of inOrder(tasks, availableParallelism(), {})) failures.push(...found);

    expect(kills.length).toBeGreaterThan(2);
    expect(failures).toEqual([]);
    killed += kills.length;
  });

  it("leaves consistent rows", async () => {
    const { violations } = await checkIntegrity(functions.database, { versionsKept, pause: async () => undefined });

    expect(violations).toEqual([]);
  });
});
