/** Runs calls with a fault at one of their points, and checks the answer, the rows, and a repeat. */

import { inOrder } from "../../lib/base/async.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbClient, loadSecrets } from "../../tools/local/database.ts";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { aSecret } from "../contract/secret-store.ts";
import { type Functions, type Outcome, startFunctions } from "../support/functions.ts";
import { type Expected, type Fault, faults } from "./faults.ts";
import { findLoss } from "./loss.ts";
import { type Operator, operatorOn } from "./operator.ts";
import { type Plan, Plans, type Point } from "./plans.ts";
import { beforeOf, fill, type Ids, prepare, type Scenario, scenarios, versionsKept } from "./scenarios.ts";

/** A fault at one point of a call, or from there on at every request to the same backend. */
export interface Case {
  readonly scenario: Scenario;
  readonly point: Point;
  readonly fault: Fault;
  readonly mode: "once" | "always";
  readonly expected: Expected;
}

const modes: readonly Case["mode"][] = ["once", "always"];

/**
 * How many cases run at a time: cases that compute, and cases that wait for timeouts. All share a thread with the key
 * service, so that with more, requests would time out because of other cases.
 */
const widths = { fast: 6, slow: 60 };

/** The most requests that one call may make, whatever fails. */
const maxRequests = 150;

/** The timeouts of an operator's client, like those of the functions' clients. */
const timeouts = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true, socketTimeout: 2000 };

const largeDomain = "domain-large";
/** More than a page of 1 MB. */
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

const statuses: { readonly [Name in Expected]: readonly number[] } = {
  ok: [200],
  unavailable: [503, 504],
  contended: [409, 503],
};

interface Domain {
  readonly marker: string;
  readonly ids: Ids;
}

/** The containers whose functions have the faults. */
type Containers = { readonly [Mode in Case["mode"]]: Functions["call"] };

export class Matrix {
  readonly functions: Functions;
  readonly plans: Plans;
  /** A container without lasting faults, which would use up the SDK's budget of retries for all calls of a client. */
  readonly patient: Functions["call"];
  readonly #operators: { readonly disturbed: Operator; readonly undisturbed: Operator };
  /** Unchanged domains of `fill`. */
  readonly #spare: Domain[] = [];
  readonly #tried = { cases: 0, faults: new Set<string>(), points: new Set<string>() };

  /** @param hasLarge with the domain of several pages */
  static async start({ hasLarge }: { readonly hasLarge: boolean }): Promise<Matrix> {
    const functions = await startFunctions({ DATA_VERSIONS_KEPT: String(versionsKept) });
    if (hasLarge) await loadSecrets(functions.database, largeSecrets);
    return new Matrix(functions, await functions.newContainer(uncached));
  }

  constructor(functions: Functions, patient: Functions["call"]) {
    this.functions = functions;
    this.plans = new Plans(functions.proxies);
    this.patient = patient;
    const client = documentClient(dynamodbClient(functions.proxies.dynamodb.url, { requestHandler: timeouts }));
    const { database } = functions;
    this.#operators = { disturbed: operatorOn({ ...database, client }), undisturbed: operatorOn(database) };
  }

  /** What was tried so far, as text. */
  get summary(): string {
    const { cases, faults: kinds, points } = this.#tried;
    return `${cases} cases: ${kinds.size} faults, at ${points.size} points of ${scenarios.length} calls`;
  }

  /** Every fault at every point where the scenario's call waits for a backend. */
  async casesOf(scenario: Scenario): Promise<readonly Case[]> {
    const domain = await this.#domainFor(scenario);
    const call = async () => await this.#call(this.patient, scenario, domain);
    const { points } = await this.plans.run(domain.marker, { fateAt: () => "serve" }, call);
    return points.flatMap((point) =>
      faults[point.backend]
        .filter(({ operations }) => operations?.includes(point.operation) ?? true)
        .flatMap((fault) => modes.map((mode) => ({ scenario, point, fault, mode, expected: fault[mode] })))
        .filter((one): one is Case => one.expected !== undefined),
    );
  }

  /** Runs cases that compute, some at a time. Returns what went wrong. */
  async findFailures(cases: readonly Case[]): Promise<readonly string[]> {
    const containers = await this.#containers();
    const found = await all(cases, widths.fast, async (one) => {
      const check = await this.#meet(one, await this.#domainFor(one.scenario), containers);
      return await check();
    });
    return found.flat();
  }

  /**
   * Runs cases that wait, all at once. Returns what went wrong. Domains are created before, and results are checked
   * afterwards, because the machine could not do that for all cases at once.
   */
  async findSlowFailures(cases: readonly Case[]): Promise<readonly string[]> {
    const containers = await this.#containers();
    const ready = await all(cases, widths.fast, async (one) => ({ one, domain: await this.#domainFor(one.scenario) }));
    const checks = await all(ready, widths.slow, async ({ one, domain }) => await this.#meet(one, domain, containers));
    const found = await all(checks, widths.fast, async (check) => await check());
    return found.flat();
  }

  /** Inconsistent rows; not those of the large domain, which were loaded without data. */
  async findViolations(): Promise<readonly unknown[]> {
    const options = { versionsKept, pause: async () => undefined };
    const { violations } = await checkIntegrity(this.functions.database, options);
    return violations.filter(({ key }) => key["domain_id"] !== largeDomain);
  }

  /** Calls a container's function, or the operator's tool with the same faults. */
  async #call(container: Functions["call"], scenario: Scenario, domain: Domain): Promise<Outcome> {
    const message = messageOf(scenario, domain);
    if (scenario.route !== "undelete") return await container(scenario.route, message, scenario.settings);
    return await (container === this.functions.call ? this.#operators.undisturbed : this.#operators.disturbed)(message);
  }

  async #newDomain(): Promise<Domain> {
    const marker = this.plans.newMarker();
    return { marker, ids: await fill(this.functions, marker) };
  }

  /** A domain in the scenario's initial state. */
  async #domainFor(scenario: Scenario): Promise<Domain> {
    const domain = this.#spare.pop() ?? (await this.#newDomain());
    await prepare(this.functions, scenario, domain.marker, domain.ids);
    return domain;
  }

  async #containers(): Promise<Containers> {
    return { once: this.patient, always: await this.functions.newContainer(uncached) };
  }

  /** Makes a call with its fault. Returns a check of the answer and the rows, which says what went wrong. */
  async #meet(one: Case, domain: Domain, containers: Containers): Promise<() => Promise<readonly string[]>> {
    const { scenario, point, fault, mode } = one;
    const call = async () => await this.#call(containers[mode], scenario, domain);
    const { result, points } = await this.plans.run(domain.marker, planOf(one), call);
    this.#tried.cases += 1;
    this.#tried.faults.add(`${point.backend}: ${fault.name}`);
    this.#tried.points.add(`${scenario.title} ${point.index}`);
    return async () => {
      const failure = await this.#failureOf(one, domain, result, points.length);
      return failure === undefined ? [] : [`${nameOf(one)} ${failure}`];
    };
  }

  async #failureOf(
    { scenario, expected }: Case,
    domain: Domain,
    result: Outcome,
    requests: number,
  ): Promise<string | undefined> {
    const status = result.kind === "answer" ? result.status : 0;
    if (!statuses[expected].includes(status)) return `answered ${JSON.stringify(result)}`;
    if (requests > maxRequests) return `made ${requests} requests`;
    if (scenario.after !== undefined) {
      const before = beforeOf(scenario);
      const repeat = async () => await this.#call(this.functions.call, scenario, domain);
      const write = { domain: domain.marker, before, after: scenario.after(before), status, repeat };
      return await findLoss(this.functions, write);
    }
    this.#spare.push(domain);
    return undefined;
  }
}

/** Does `task` for each item, `width` at a time. */
async function all<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const tasks = items.map((item) => async () => await task(item));
  const results: Result[] = [];
  for await (const result of inOrder(tasks, width, {})) results.push(result);
  return results;
}

function messageOf(scenario: Scenario, domain: Domain) {
  return { domain_id: scenario.isLarge ? largeDomain : domain.marker, ...scenario.message(domain) };
}

function nameOf({ scenario, point, fault, mode }: Case): string {
  return `${scenario.title}: ${fault.name} (${mode}) at ${point.operation} ${point.index}`;
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
