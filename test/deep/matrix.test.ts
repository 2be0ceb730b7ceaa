/**
 * Every fault of every backend at every point of every method, once and lastingly: an acknowledged write is there, one
 * that is not is there wholly or not at all, the caller is told the right class of error in time, and a repeat works.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder } from "../../lib/base/async.ts";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { aSecret } from "../contract/secret-store.ts";
import { type Expected, type Fault, faults } from "../faults/faults.ts";
import { findLoss } from "../faults/loss.ts";
import { type Plan, Plans, type Point } from "../faults/plans.ts";
import { before, fill, type Ids, type Scenario, scenarios, versionsKept } from "../faults/scenarios.ts";
import { loadSecrets } from "../support/dynamodb-local.ts";
import { type Functions, startFunctions } from "../support/functions.ts";

/** A fault that a call meets at one point, or there and at every later request to the same backend. */
interface Case {
  readonly scenario: Scenario;
  readonly point: Point;
  readonly fault: Fault;
  readonly mode: "once" | "always";
  readonly expected: Expected;
}

type Mode = Case["mode"];
const modes: readonly Mode[] = ["once", "always"];

/** How many cases run at a time: of those that compute, and of those that wait for timeouts. */
const widths = { fast: 24, slow: 250 };

/** How many requests one call may make at most, whatever fails. */
const maxRequests = 150;

const largeDomain = "domain-large";
/** More than fit into a page of 1 MB. */
const largeSecrets = Array.from({ length: 160 }, (_, index) =>
  aSecret({
    domain_id: largeDomain,
    secret_id: `secret-${Math.floor((index / 160) * 16 ** 12)
      .toString(16)
      .padStart(12, "0")}`,
    tags: { filler: "x".repeat(16_000) },
  }),
);

const uncached = { DATA_KEY_CACHE_SECONDS: "0" };

let functions: Functions;
/** Containers that meet no lasting faults: the SDK allows all calls of a client so many repeats, which those use up. */
let patient: Functions["call"];
let plans: Plans;
let survived = 0;
const tried = { faults: new Set<string>(), points: new Set<string>() };
/** Domains that are as `fill` makes them. */
const spare: Domain[] = [];

interface Domain {
  readonly marker: string;
  readonly ids: Ids;
}

beforeAll(async () => {
  functions = await startFunctions({ DATA_VERSIONS_KEPT: String(versionsKept) });
  patient = await functions.newContainer(uncached);
  plans = new Plans(functions.proxies);
  await loadSecrets(functions.database, largeSecrets);
});
afterAll(async () => {
  await functions.close();
  const { faults, points } = tried;
  const summary = `${faults.size} faults, at ${points.size} points of ${scenarios.length} calls`;
  process.stdout.write(`Survived ${survived} cases: ${summary}.\n`);
});

async function takeDomain(): Promise<Domain> {
  return spare.pop() ?? (await newDomain());
}

async function newDomain(): Promise<Domain> {
  const marker = plans.newMarker();
  return { marker, ids: await fill(functions, marker) };
}

function messageOf(scenario: Scenario, domain: Domain) {
  return { domain_id: scenario.isLarge ? largeDomain : domain.marker, ...scenario.message(domain) };
}

/** Where a scenario's call waits for a backend when nothing fails. */
async function findPoints(scenario: Scenario): Promise<readonly Point[]> {
  const domain = await newDomain();
  const call = async () => await patient(scenario.route, messageOf(scenario, domain), scenario.settings);
  return (await plans.run(domain.marker, { fateAt: () => "serve" }, call)).points;
}

async function casesOf(scenario: Scenario): Promise<Case[]> {
  const points = await findPoints(scenario);
  return points.flatMap((point) =>
    faults[point.backend]
      .filter(({ operations }) => operations?.includes(point.operation) ?? true)
      .flatMap((fault) => modes.map((mode) => ({ scenario, point, fault, mode, expected: fault[mode] })))
      .filter((one): one is Case => one.expected !== undefined),
  );
}

function planOf({ point, fault, mode }: Case): Plan {
  return {
    fateAt: ({ backend, operation, index }, request) => {
      const isSimilar = backend === point.backend && (fault.operations?.includes(operation) ?? true);
      const isMet = index === point.index || (mode === "always" && index > point.index && isSimilar);
      return isMet ? fault.fate(request) : "serve";
    },
  };
}

const statuses: { readonly [Name in Expected]: readonly number[] } = {
  ok: [200],
  unavailable: [503, 504],
  contended: [409, 503],
};

/** What went wrong with a case, if anything. */
async function findFailure(one: Case, container: Functions["call"]): Promise<string | undefined> {
  const { scenario, expected } = one;
  const domain = await takeDomain();
  const message = messageOf(scenario, domain);
  const call = async () => await container(scenario.route, message, scenario.settings);
  const { result, points } = await plans.run(domain.marker, planOf(one), call);
  const status = result.kind === "answer" ? result.status : 0;
  if (!statuses[expected].includes(status)) return `answered ${JSON.stringify(result)}`;
  if (points.length > maxRequests) return `made ${points.length} requests`;
  if (scenario.after !== undefined) {
    const repeat = async () => await functions.call(scenario.route, message, scenario.settings);
    return await findLoss(functions, { domain: domain.marker, after: scenario.after(before), status, repeat });
  }
  spare.push(domain);
  return undefined;
}

async function findFailures(cases: readonly Case[], width: number): Promise<string[]> {
  const containers = { once: patient, always: await functions.newContainer(uncached) };
  const tasks = cases.map((one) => async () => ({ one, failure: await findFailure(one, containers[one.mode]) }));
  const failures: string[] = [];
  for await (const { one, failure } of inOrder(tasks, width, {})) {
    const { scenario, point, fault, mode } = one;
    tried.faults.add(`${point.backend}: ${fault.name}`);
    tried.points.add(`${scenario.title} ${point.index}`);
    if (failure === undefined) survived += 1;
    else failures.push(`${scenario.title}: ${fault.name} (${mode}) at ${point.operation} ${point.index} ${failure}`);
  }
  return failures;
}

describe("every fault at every point", () => {
  it.each(scenarios)("of $title is survived", async (scenario) => {
    const cases = (await casesOf(scenario)).filter(({ fault }) => fault.isSlow !== true);

    const failures = await findFailures(cases, widths.fast);

    expect(failures).toEqual([]);
  });

  it("that only time tells is survived", async () => {
    const cases: Case[] = [];
    for (const scenario of scenarios) cases.push(...(await casesOf(scenario)).filter(({ fault }) => fault.isSlow));
    // All of them wait at once, but the machine could not make all their domains at once.
    for await (const domain of inOrder(
      cases.map(() => newDomain),
      widths.fast,
      {},
    ))
      spare.push(domain);

    const failures = await findFailures(cases, widths.slow);

    expect(failures).toEqual([]);
  });

  it("leaves rows that belong together", async () => {
    const { violations } = await checkIntegrity(functions.database, { versionsKept, pause: async () => undefined });

    // The large domain's rows were loaded without data.
    expect(violations.filter(({ key }) => key["domain_id"] !== largeDomain)).toEqual([]);
  });
});
