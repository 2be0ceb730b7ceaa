/** The process of a candidate: has one handler and calls it on order, like one container. See `Candidate`. */

import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { context } from "../stub/scenarios.ts";
import { profile, type TimeByPart } from "./profile.ts";

/** An order of the parent: a number of calls with an event, one after the other. */
export interface Order {
  readonly event: unknown;
  readonly calls: number;
  /** Uncounted calls before them, which refill the CPU's caches after a pause. */
  readonly runIn?: number;
  /** Collects garbage afterwards, so that `heapBytes` is what is really in use. */
  readonly collect?: boolean;
  /** Reports where the time went, which slows the calls down. */
  readonly profile?: boolean;
}

/** Time and memory of the calls. CPU time is of all threads of the process. */
export interface Taken {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly heapBytes: number;
  /** The most memory that the process has ever used. */
  readonly peakBytes: number;
  /** The answer of the last call. */
  readonly answer: unknown;
  readonly profile?: TimeByPart;
}

/** The child's report: the figures, or the message of a call's error. */
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

/** Twice, because the first run only starts finalizers, and the second frees what they release. */
async function collectGarbage(): Promise<void> {
  for (let run = 0; run < 2; run += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
}
