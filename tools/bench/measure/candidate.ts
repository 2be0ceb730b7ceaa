/** The process of a candidate: holds one handler and calls it when told, as one container does. See `Candidate`. */

import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { context } from "../stub/scenarios.ts";
import { profile, type TimeByPart } from "./profile.ts";

/** What the parent orders: so many calls with an event, one after the other. */
export interface Order {
  readonly event: unknown;
  readonly calls: number;
  /** Calls before them that do not count: they bring a process that has slept back into the caches. */
  readonly runIn?: number;
  /** Whether garbage is collected afterwards, so that `heapBytes` is what is really held. */
  readonly collect?: boolean;
  /** Whether to tell where the time went, which takes more of it. */
  readonly profile?: boolean;
}

/** What they took, of CPU in all threads of the process and by the clock, and the memory in use after them. */
export interface Taken {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly heapBytes: number;
  /** The most that the process has ever held. */
  readonly peakBytes: number;
  /** Of the last call. */
  readonly answer: unknown;
  readonly profile?: TimeByPart;
}

/** What the child says: how it went, or the message of what a call threw. */
export type Report = { readonly taken: Taken } | { readonly failure: string };

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const [path = ""] = process.argv.slice(2);
const { handler } = createRequire(import.meta.url)(path) as { readonly handler: Handler };

process.on("message", (order: Order) => {
  obey(order).then(
    (taken) => process.send?.({ taken }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

async function obey(order: Order): Promise<Taken> {
  if (order.profile !== true) return await run(order);
  let taken: Taken | undefined;
  const times = await profile(path, async () => {
    taken = await run(order);
  });
  return { ...(taken as Taken), profile: times };
}

async function run({ event, calls, runIn = 0, collect = false }: Order): Promise<Taken> {
  for (let call = 0; call < runIn; call += 1) await handler(event, context);
  let answer: unknown;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let call = 0; call < calls; call += 1) {
    answer = await handler(event, context);
  }
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  if (collect) await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { cpuMs: (user + system) / 1000, wallMs, heapBytes: heapUsed + external, peakBytes, answer };
}

/** Twice: what the first run finds is released by finalizers, which the second one sees done. */
async function collectGarbage(): Promise<void> {
  for (let run = 0; run < 2; run += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
}
