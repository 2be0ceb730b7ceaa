/** Sends inputs to the functions until the time is over, or until an answer breaks a rule. */

import fc from "fast-check";
import { isObject } from "../../lib/base/json.ts";
import { type Reply, type Service, startService } from "../attack/service.ts";
import { type Input, inputs } from "./inputs.ts";
import { dataMarker } from "./messages.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly timeMs: number;
}

export interface FuzzReport {
  readonly inputs: number;
  /** How many inputs got each status. */
  readonly statuses: { readonly [status: string]: number };
  /** What went wrong, with the smallest input that causes it; `null` if nothing did. */
  readonly failure: string | null;
}

/** More than a function's timeout: after this, the input counts as unanswered. */
const patienceMs = 20_000;

/** Inputs per domain. A new domain starts afresh: inputs create many secrets, and delete the prepared ones. */
const inputsPerDomain = 100;

/** Fuzzes one domain after the other. Their seeds follow from the first. */
export async function fuzz({ seed, timeMs }: FuzzOptions): Promise<FuzzReport> {
  const service = await startService();
  const end = Date.now() + timeMs;
  const statuses: Record<string, number> = {};
  let made = 0;
  try {
    for (let domain = 0; Date.now() < end; domain++) {
      const names = await fillDomain(service, domain);
      const property = fc.asyncProperty(inputs, async (input) => {
        const reply = await send(service, input, names);
        made += 1;
        statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
        const fault = findFault(reply);
        if (fault !== undefined)
          throw new Error(`${fault}: ${reply.status} ${reply.text.slice(0, 500)}\n${reply.logged}`);
      });
      const result = await fc.check(property, { seed: (seed + domain) % 2 ** 31, numRuns: inputsPerDomain });
      if (result.failed) return { inputs: made, statuses, failure: describeFailure(result) };
    }
    return { inputs: made, statuses, failure: null };
  } finally {
    await service.close();
  }
}

/** Values for placeholders in inputs, which only this run knows. */
type Names = { readonly [placeholder: string]: string };

async function fillDomain(service: Service, number: number): Promise<Names> {
  const domain = `domain-${number}`;
  const create = async (domain_id: string, name: string, more: object = {}) => {
    const tags = { env: "prod", n: 1, list: [1, { a: 2 }, "x"], map: { a: 1 } };
    const message = { name, tags, data: { [dataMarker]: dataMarker }, secret_type: "CREDENTIALS", domain_id, ...more };
    const { body } = await service.deliver("create", message);
    return String(Reflect.get(Object(body), "secret_id"));
  };
  const trusted = await create(domain, "trusted", { project_id: "project-1" });
  return {
    $domain: domain,
    $trusted: trusted,
    $own: await create(domain, "own", { project_id: "project-1", schema: "aws_access_key" }),
    $dependent: await create(domain, "dependent", { trusted_secret_id: trusted }),
    $foreign: await create("domain-foreign", `foreign-${number}`),
  };
}

async function send(service: Service, { route, event }: Input, names: Names): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const timer = setTimeout(() => resolve({ status: 0, text: "no answer", body: null, logged: "" }), patienceMs);
  try {
    return await Promise.race([service.deliver(route, fillIn(event, names)), promise]);
  } finally {
    clearTimeout(timer);
  }
}

const placeholder = /\$(domain|own|trusted|dependent|foreign)\b/g;

/** Replaces placeholders in an event, also in bodies and in base64. */
function fillIn(event: unknown, names: Names): unknown {
  if (typeof event === "string") return event.replace(placeholder, (name) => names[name] ?? name);
  if (Array.isArray(event)) return event.map((item) => fillIn(item, names));
  if (!isObject(event)) return event;
  const { isBase64Encoded, body } = event;
  const filled = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, fillIn(value, names)]));
  if (isBase64Encoded !== true || typeof body !== "string") return filled;
  // Latin-1 keeps every byte.
  const text = fillIn(Buffer.from(body, "base64").toString("latin1"), names);
  return { ...filled, body: Buffer.from(String(text), "latin1").toString("base64") };
}

const allowed = /^(200|4\d\d|503|504)$/;
const inside = /\n\s+at |node_modules|\.[cm]?[jt]s:\d|arn:aws|\bKey(Id|Object)\b/;

/** The rule that an answer breaks, if any. */
function findFault({ status, text, body, logged }: Reply): string | undefined {
  if (!allowed.test(String(status))) return "a status that no caller should see";
  const errors = status === 200 ? errorsOfItems(body) : text;
  if (inside.test(errors)) return "an error that tells of the inside";
  if (errors.includes(dataMarker)) return "data in an error";
  if (logged.includes(dataMarker)) return "data in the log";
  const lines = logged.split("\n").filter((line) => line.startsWith('{"level":'));
  const audits = lines
    .map((line) => JSON.parse(line))
    .filter(({ message, item }) => message === "audit" && item === undefined);
  return audits.length === 1 ? undefined : `${audits.length} audit lines`;
}

function errorsOfItems(body: unknown): string {
  const { results } = Object(body);
  return Array.isArray(results) ? JSON.stringify(results.map((result) => Object(result).error)) : "";
}

function describeFailure({ counterexample, counterexamplePath, errorInstance, seed }: fc.RunDetails<[Input]>): string {
  return [String(errorInstance), `--seed ${seed}, path ${counterexamplePath}`, JSON.stringify(counterexample)].join(
    "\n",
  );
}
