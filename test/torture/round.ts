/** A round: several callers work on one domain at the same time, and then what they saw is checked. */

import { Client, type Domain } from "./client.ts";
import { type Container, versionsKept } from "./container.ts";
import { History } from "./history.ts";
import { checkLinearizability, type Event } from "./linearizability.ts";
import { modelOf, type Step } from "./model.ts";
import { Random } from "./random.ts";

export interface RoundOptions {
  readonly seed: number;
  /** One per caller. */
  readonly containers: readonly Container[];
  /** Calls per caller. */
  readonly calls: number;
}

export interface RoundResult {
  readonly calls: number;
  readonly unknown: number;
  /** What is wrong, as text; `null` if nothing is. */
  readonly complaint: string | null;
}

const model = modelOf(versionsKept);

export async function runRound({ seed, containers, calls }: RoundOptions): Promise<RoundResult> {
  const random = new Random(seed);
  const history = new History();
  const domain: Domain = { id: `domain-${seed}-${Date.now()}`, history, secrets: new Map(), deleted: [] };
  const clients = containers.map((container, index) => new Client(`c${index}`, random.fork(), domain, container));
  for (const container of containers) container.misbehave(random.fork());
  await Promise.all(clients.map(async (client) => await repeat(calls, async () => await client.act())));
  for (const container of containers) container.misbehave(null);
  // An abandoned request may still be served.
  await Promise.all(containers.map(async (container) => await container.settle()));
  for (const client of clients.slice(0, 2)) await client.readAll();
  return { calls: history.calls, unknown: history.unknown, complaint: complain(history) };
}

async function repeat(times: number, action: () => Promise<void>): Promise<void> {
  for (let made = 0; made < times; made++) await action();
}

function complain(history: History): string | null {
  if (history.flaws.length > 0) return history.flaws.join("\n");
  const events = history.events();
  const verdict = checkLinearizability(events, model);
  switch (verdict.kind) {
    case "linearizable":
      return null;
    case "undecided":
      return `The search was given up.\n${describe(events)}`;
    case "impossible":
      return [
        "No order of the calls explains what was seen. All of them, by their beginning:",
        describe(events),
        "The furthest that any order came:",
        JSON.stringify(verdict.state, null, 1),
        "where none of these could come next:",
        describe(verdict.stuck),
      ].join("\n");
  }
}

function describe(events: readonly Event<Step>[]): string {
  return [...events]
    .sort((one, other) => one.from - other.from)
    .map(({ step, from, to }) => `${from}-${to ?? "?"}  ${JSON.stringify(step)}`)
    .join("\n");
}
