/** Measures in turns a function that reads many rows, and the bare SDK calls that it makes. */

import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Call as MethodCall } from "../../../lib/method/call.ts";
import { type ListPorts, list } from "../../../lib/method/list.ts";
import { stat } from "../../../lib/method/stat.ts";
import { parseList } from "../../../lib/request/list.ts";
import { parseStat } from "../../../lib/request/stat.ts";
import { dynamodbSecretRows } from "../../../lib/store/dynamodb-secret-rows.ts";
import { buildFunction, buildSource } from "../bundle/build.ts";
import { Candidate } from "../measure/candidates.ts";
import { median } from "../measure/figures.ts";
import { domainId } from "../sample.ts";
import type { Call } from "../stub/endpoint.ts";
import { httpEvent } from "../stub/scenarios.ts";
import type { RowsCase } from "./cases.ts";
import type { RowTable } from "./table.ts";

/** Milliseconds per call, as medians of the turns. */
export interface Costs {
  readonly cpuMs: number;
  /** The part beyond what the SDK alone takes for the same requests, with the same concurrency. */
  readonly ownCpuMs: number;
  readonly wallMs: number;
  /** The time of the same requests by the SDK alone, one after the other. */
  readonly oneByOneMs: number;
}

export interface Called {
  /** The status of the answer. */
  readonly status: number;
  /** The most memory that the process has ever used. */
  readonly peakMegabytes: number;
  readonly wallMs: number;
}

export interface Bundles {
  readonly list: string;
  readonly stat: string;
  readonly bare: string;
}

export interface Turns {
  readonly rounds: number;
  /** Calls per turn. */
  readonly calls: number;
}

type Environment = { readonly [name: string]: string };

/** How many requests the functions send at a time. */
const width = 16;

/** How Lambda's runtime divides 512 MB: a tenth for new objects, in two halves, and the rest for old ones. */
const heapOptions = "--max-semi-space-size=25 --max-old-space-size=461";

/** Sends the given requests, some at a time, and ignores the answers. */
const bareSource = `
  import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
  import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const commands = { BatchGetCommand, QueryCommand };
  export const handler = async ({ requests, width }) => {
    const waiting = requests.values();
    const work = async () => {
      for (const { command, input } of waiting) await client.send(new commands[command](input));
    };
    await Promise.all(Array.from({ length: width }, work));
  };
`;

export async function buildBundles(folder: string): Promise<Bundles> {
  const [list, stat, bare] = await Promise.all([
    buildFunction("list", folder),
    buildFunction("stat", folder),
    buildSource(bareSource, join(folder, "bare.cjs")),
  ]);
  return { list: list.path, stat: stat.path, bare: bare.path };
}

export class Contestants {
  readonly #start: (name: keyof Bundles) => Candidate;
  readonly #candidates: { readonly [Name in keyof Bundles]: Candidate };

  /** @param log file for the functions' output */
  constructor(bundles: Bundles, environment: Environment, log: string) {
    const options = { environment: { ...environment, NODE_OPTIONS: heapOptions }, log };
    this.#start = (name) => new Candidate({ path: bundles[name], ...options });
    this.#candidates = { list: this.#start("list"), stat: this.#start("stat"), bare: this.#start("bare") };
  }

  /** Calls a function once, in its own process. */
  async callOnce(one: RowsCase): Promise<Called> {
    const candidate = this.#start(one.route);
    const { answer, peakBytes, wallMs } = await candidate.run({ event: eventOf(one), calls: 1 });
    await candidate.end();
    return { status: Number(Reflect.get(Object(answer), "statusCode")), peakMegabytes: peakBytes / 1e6, wallMs };
  }

  async measure(one: RowsCase, requests: readonly Call[], { rounds, calls }: Turns): Promise<Costs> {
    const { bare, [one.route]: own } = this.#candidates;
    const taken: { cpuMs: number; ownCpuMs: number; wallMs: number; oneByOneMs: number }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const ours = await own.run({ event: eventOf(one), calls });
      const sideBySide = await bare.run({ event: { requests, width }, calls });
      const oneByOne = await bare.run({ event: { requests, width: 1 }, calls });
      taken.push({
        cpuMs: ours.cpuMs / calls,
        ownCpuMs: (ours.cpuMs - sideBySide.cpuMs) / calls,
        wallMs: ours.wallMs / calls,
        oneByOneMs: oneByOne.wallMs / calls,
      });
    }
    // Leaves out the first turn, in which the engine has not optimized the code yet.
    const middle = (name: keyof Costs) => median(taken.slice(1).map((turn) => turn[name]));
    return {
      cpuMs: middle("cpuMs"),
      ownCpuMs: middle("ownCpuMs"),
      wallMs: middle("wallMs"),
      oneByOneMs: middle("oneByOneMs"),
    };
  }

  async end(): Promise<void> {
    await Promise.all(Object.values(this.#candidates).map(async (candidate) => await candidate.end()));
  }
}

function eventOf({ route, message }: RowsCase): unknown {
  return httpEvent(route, message, { domainId });
}

const call: MethodCall = {
  principal: { caller: "user-1", domainId, projects: null },
  now: new Date("2026-01-02T03:04:05.678Z"),
  remainingMs: () => 10_000,
  noteName: () => undefined,
};

const methods: { readonly [Name in RowsCase["route"]]: (message: unknown, ports: ListPorts) => Promise<unknown> } = {
  list: async (message, ports) => await list(parseList(message), call, ports),
  stat: async (message, ports) => await stat(parseStat(message), call, ports),
};

/** Counts rounds of requests: all requests that can be sent are answered at once, then the next round begins. */
export async function countRounds({ route, message }: RowsCase, table: RowTable): Promise<number> {
  let waiting: (() => void)[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
    return table.answer(command.constructor.name, { ...command.input });
  };
  // Reading uses nothing else of a client.
  const client = { send } as unknown as DynamoDBDocumentClient;
  const rows = dynamodbSecretRows({ client, tables: { secrets: "secrets", names: "names" } });
  // A query whose answer is too large has also sent its requests.
  const done = methods[route](message, { rows }).catch(() => undefined);
  let rounds = 0;
  for (;;) {
    // After this, the method waits only for further requests.
    await setImmediate();
    if (waiting.length === 0) break;
    rounds += 1;
    const round = waiting;
    waiting = [];
    for (const answer of round) answer();
  }
  await done;
  return rounds;
}
