/** The load: reads and writes on existing secrets over many connections; and the memory of the stack. */

import { execFile } from "node:child_process";
import { Agent, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { seededRandom } from "../measure/figures.ts";
import { secretData } from "../sample.ts";

/** A stack under load. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly domainId: string;
}

const secrets = 64;

/** The kinds of 100 requests. */
const mix: readonly (readonly [kind: string, of100: number])[] = [
  ["get-data", 70],
  ["get", 15],
  ["list", 5],
  ["stat", 2],
  ["update-data", 4],
  ["update", 4],
];

/** Creates the secrets, and returns a function that chooses requests. */
export async function prepareTraffic(target: Target): Promise<(connection: number, random: () => number) => Wanted> {
  const ids: string[] = [];
  for (let index = 0; index < secrets; index += 1) ids.push(await create(target, index));
  return (connection, random) => {
    const kind = pick(random() * 100);
    // Reads go to all secrets. A connection writes only to its own secret, so that writers never conflict.
    const isWrite = kind.startsWith("update");
    const id = ids[isWrite ? connection % secrets : Math.floor(random() * secrets)] ?? "";
    return { kind, path: `/secret/v1/secret/${kind}`, message: messageOf(kind, id, target.domainId, random) };
  };
}

function pick(percent: number): string {
  let sum = 0;
  for (const [kind, of100] of mix) {
    sum += of100;
    if (percent < sum) return kind;
  }
  return "get-data";
}

function messageOf(kind: string, id: string, domainId: string, random: () => number): object {
  switch (kind) {
    case "list":
      return { domain_id: domainId, query: { page: { limit: 20 } } };
    case "stat":
      return { domain_id: domainId, query: { distinct: "provider" } };
    case "update-data":
      return { domain_id: domainId, secret_id: id, data: secretData };
    case "update":
      return { domain_id: domainId, secret_id: id, tags: { count: Math.floor(random() * 1000) } };
    default:
      return { domain_id: domainId, secret_id: id };
  }
}

async function create({ url, token, domainId }: Target, index: number): Promise<string> {
  const message = { name: `load ${index}`, data: secretData, secret_type: "CREDENTIALS", domain_id: domainId };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${url}/secret/v1/secret/create`, {
    method: "POST",
    headers,
    body: JSON.stringify(message),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`create failed: ${JSON.stringify(answer)}`);
  return String(Reflect.get(Object(answer), "secret_id"));
}

/** A request to make, and the name under which it is counted. */
export interface Wanted {
  readonly kind: string;
  readonly path: string;
  readonly message: object;
}

export interface LoadOptions {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  /** The next request of a connection (from 0). `random` returns numbers from 0 to 1. */
  readonly next: (connection: number, random: () => number) => Wanted;
}

export interface Served {
  readonly kind: string;
  readonly ms: number;
  /** `null` if it succeeded. */
  readonly failure: string | null;
}

export async function load(options: LoadOptions): Promise<Served[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const served: Served[] = [];
  const until = performance.now() + options.seconds * 1000;
  const connection = async (index: number) => {
    const random = seededRandom(index + 1);
    while (performance.now() < until) {
      served.push(await serve(agent, options, options.next(index, random)));
    }
  };
  await Promise.all(Array.from({ length: options.connections }, (_, index) => connection(index)));
  agent.destroy();
  return served;
}

async function serve(agent: Agent, { url, token }: LoadOptions, { kind, path, message }: Wanted): Promise<Served> {
  const start = performance.now();
  const body = JSON.stringify(message);
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  try {
    const answered = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(`${url}${path}`, { method: "POST", agent, headers }, answered.resolve);
    outgoing.on("error", answered.reject);
    outgoing.end(body);
    const response = await answered.promise;
    const answer = await buffer(response);
    const isFine = response.statusCode === 200;
    const failure = isFine ? null : `${response.statusCode} ${answer.toString().slice(0, 200)}`;
    return { kind, ms: performance.now() - start, failure };
  } catch (error) {
    return { kind, ms: performance.now() - start, failure: String(error) };
  }
}

/** Megabytes of child processes, by a part of their command line. */
export async function childMegabytes<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "ppid=,rss=,args="]);
  const children = stdout
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter(([parent]) => Number(parent) === process.pid);
  const megabytes = (name: Name) => {
    const child = children.find(([, , ...command]) => command.join(" ").includes(name));
    return Math.round(Number(child?.[1] ?? Number.NaN) / 1024);
  };
  return Object.fromEntries(names.map((name) => [name, megabytes(name)])) as Record<Name, number>;
}
