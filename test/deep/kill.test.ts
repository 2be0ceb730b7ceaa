/** The process of a function killed at every point of every write: before a backend does what it asks for, and after. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder } from "../../lib/base/async.ts";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import type { Invocation } from "../faults/child.ts";
import { findLoss } from "../faults/loss.ts";
import { type Plan, Plans, type Point } from "../faults/plans.ts";
import { before, fill, type Scenario, scenarios, versionsKept } from "../faults/scenarios.ts";
import { claims, httpEvent } from "../http/events.ts";
import { type Functions, startFunctions } from "../support/functions.ts";

type Moment = "before" | "after";

const writes = scenarios.filter(({ after }) => after !== undefined);
const noStatus = 0;

let functions: Functions;
let plans: Plans;
let killed = 0;

beforeAll(async () => {
  functions = await startFunctions({ DATA_VERSIONS_KEPT: String(versionsKept) });
  plans = new Plans(functions.proxies);
});
afterAll(async () => {
  await functions.close();
  process.stdout.write(`Killed ${killed} processes at every point of ${writes.length} writes.\n`);
});

async function prepare(scenario: Scenario) {
  const marker = plans.newMarker();
  const message = { domain_id: marker, ...scenario.message({ ids: await fill(functions, marker), marker }) };
  return { marker, message };
}

/** Runs the function in a process; tells what ended it. */
async function runProcess(invocation: Invocation, plan: (kill: () => void) => Plan, marker: string) {
  const child = fork(join(import.meta.dirname, "../faults/child.ts"), {
    env: { ...functions.environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  child.send(invocation);
  const kill = () => void child.kill("SIGKILL");
  const { points } = await plans.run(marker, plan(kill), async () => await ended);
  const [, signal]: readonly unknown[] = await ended;
  return { signal, points };
}

/** It is killed before anything else can happen to it, and gets no answer any more. */
function killAt(index: number, moment: Moment): (kill: () => void) => Plan {
  return (kill) => ({
    fateAt: (point) => {
      if (point.index !== index) return "serve";
      if (moment === "after") return "hang-answer";
      kill();
      return "hang";
    },
    onServed: (point) => {
      if (point.index === index) kill();
    },
  });
}

async function findFailure(scenario: Scenario, point: Point, moment: Moment): Promise<string | undefined> {
  const { marker, message } = await prepare(scenario);
  const event = httpEvent({ body: message, claims: { ...claims, domain_id: marker } });
  const { signal } = await runProcess({ route: scenario.route, event }, killAt(point.index, moment), marker);
  if (signal !== "SIGKILL") return "was not killed";
  killed += 1;
  const repeat = async () => await functions.call(scenario.route, message);
  const after = scenario.after?.(before) ?? before;
  return await findLoss(functions, { domain: marker, after, status: noStatus, repeat });
}

describe("a process that is killed", () => {
  it.each(writes)("at any point of $title leaves the write wholly done or not at all", async (scenario) => {
    const { marker, message } = await prepare(scenario);
    const container = await functions.newContainer();
    const { points } = await plans.run(
      marker,
      { fateAt: () => "serve" },
      async () => await container(scenario.route, message),
    );
    const cases = points.flatMap((point) => (["before", "after"] as const).map((moment) => ({ point, moment })));
    const tasks = cases.map(({ point, moment }) => async () => {
      const failure = await findFailure(scenario, point, moment);
      return failure === undefined ? [] : [`${moment} ${point.operation} ${point.index}: ${failure}`];
    });

    const failures: string[] = [];
    for await (const found of inOrder(tasks, availableParallelism(), {})) failures.push(...found);

    expect(points.length).toBeGreaterThan(1);
    expect(failures).toEqual([]);
  });

  it("leaves rows that belong together", async () => {
    const { violations } = await checkIntegrity(functions.database, { versionsKept, pause: async () => undefined });

    expect(violations).toEqual([]);
  });
});
