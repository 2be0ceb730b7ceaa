/** Kills processes of functions in the middle of a write: before or after a backend serves a request. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbClient } from "../../tools/local/database.ts";
import { claims, httpEvent } from "../http/events.ts";
import type { Functions, Message, Outcome } from "../support/functions.ts";
import type { Invocation } from "./child.ts";
import { findLoss } from "./loss.ts";
import { operatorOn } from "./operator.ts";
import type { Plan, Plans, Point } from "./plans.ts";
import { beforeOf, fill, prepare, type Scenario, scenarios } from "./scenarios.ts";

export interface Kill {
  readonly point: Point;
  readonly moment: "before" | "after";
}

export const writes: readonly Scenario[] = scenarios.filter(({ after }) => after !== undefined);

const noStatus = 0;

export class Killer {
  readonly #functions: Functions;
  readonly #plans: Plans;

  readonly #container: Functions["call"];

  /** @param container one behind the proxies, which shows where a write waits */
  constructor(functions: Functions, plans: Plans, container: Functions["call"]) {
    this.#functions = functions;
    this.#plans = plans;
    this.#container = container;
  }

  /** All possible kills of a write: before and after each request to a backend. */
  async killsOf(scenario: Scenario): Promise<readonly Kill[]> {
    const { marker, message } = await this.#prepare(scenario);
    const call = async () => await this.#call(this.#container, scenario, message);
    const { points } = await this.#plans.run(marker, { fateAt: () => "serve" }, call);
    return points.flatMap((point) => (["before", "after"] as const).map((moment) => ({ point, moment })));
  }

  /** Returns what went wrong, if anything. */
  async findFailure(scenario: Scenario, kill: Kill): Promise<readonly string[]> {
    const { marker, message } = await this.#prepare(scenario);
    const event = httpEvent({ body: message, claims: { ...claims, domain_id: marker } });
    const invocation: Invocation =
      scenario.route === "undelete"
        ? { route: scenario.route, message, tables: this.#functions.database.tables }
        : { route: scenario.route, event };
    const signal = await this.#runProcess(invocation, kill, marker);
    const before = beforeOf(scenario);
    const repeat = async () => await this.#call(this.#functions.call, scenario, message);
    const after = scenario.after?.(before) ?? before;
    const write = { domain: marker, before, after, status: noStatus, repeat };
    const failure = signal === "SIGKILL" ? await findLoss(this.#functions, write) : "was not killed";
    return failure === undefined ? [] : [`${kill.moment} ${kill.point.operation} ${kill.point.index}: ${failure}`];
  }

  async #call(container: Functions["call"], { route }: Scenario, message: Message): Promise<Outcome> {
    if (route !== "undelete") return await container(route, message);
    const { database, proxies } = this.#functions;
    if (container === this.#functions.call) return await operatorOn(database)(message);
    return await operatorOn({ ...database, client: documentClient(dynamodbClient(proxies.dynamodb.url)) })(message);
  }

  async #prepare(scenario: Scenario) {
    const marker = this.#plans.newMarker();
    const ids = await fill(this.#functions, marker);
    await prepare(this.#functions, scenario, marker, ids);
    return { marker, message: { domain_id: marker, ...scenario.message({ ids, marker }) } };
  }

  /** Runs the function in a process, and returns the signal that ended it. */
  async #runProcess(invocation: Invocation, kill: Kill, marker: string): Promise<unknown> {
    const child = fork(join(import.meta.dirname, "child.ts"), {
      env: { ...this.#functions.environment },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const ended = once(child, "exit");
    child.send(invocation);
    const plan = planOf(kill, () => void child.kill("SIGKILL"));
    await this.#plans.run(marker, plan, async () => await ended);
    const [, signal]: readonly unknown[] = await ended;
    return signal;
  }
}

/** Kills the process before it can get an answer. */
function planOf({ point, moment }: Kill, kill: () => void): Plan {
  return {
    fateAt: ({ index }) => {
      if (index !== point.index) return "serve";
      if (moment === "after") return "hang-answer";
      kill();
      return "hang";
    },
    onServed: ({ index }) => {
      if (index === point.index) kill();
    },
  };
}
