/** A load generator: so many connections, each with one request under way at a time, on Node's own HTTP client. */

import { Agent, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { seededRandom } from "../measure/statistics.ts";

/** A request to make, and a name to count it by. */
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
  /** Which request a connection (from 0) makes next; `random` gives numbers from 0 to 1. */
  readonly next: (connection: number, random: () => number) => Wanted;
}

export interface Served {
  readonly kind: string;
  readonly ms: number;
  /** `null` where it went well. */
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
