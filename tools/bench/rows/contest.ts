/** A function that reads many rows, and the bare SDK calls that it makes, measured in turns. */

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

/** Milliseconds of a call, medians of the turns. */
export interface Costs {
  readonly cpuMs: number;
  /** Of it, what is more than the SDK alone takes for the same requests, as many at a time. */
  readonly ownCpuMs: number;
  readonly wallMs: number;
  /** The same requests by the SDK alone, one after the other. */
  readonly oneByOneMs: number;
}

export interface Called {
  /** The answer's. */
  readonly status: number;
  /** The most memory that the process has ever had. */
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
  /** How many calls one turn makes. */
  readonly calls: number;
}

type Environment = { readonly [name: string]: string };

/** How many requests the functions have under way at a time. */
const width = 16;

/** As Lambda's runtime divides 512 MB: a tenth for new objects, in two halves, the rest for those that stay. */
const heapOptions = "--max-semi-space-size=25 --max-old-space-size=461";

/** Sends the requests that it is given, so many at a time, and does nothing with the answers. */
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

  /** With a file for what the functions log. */
  constructor(bundles: Bundles, environment: Environment, log: string) {
    const options = { environment: { ...environment, NODE_OPTIONS: heapOptions }, log };
    this.#start = (name) => new Candidate({ path: bundles[name], ...options });
    this.#candidates = { list: this.#start("list"), stat: this.#start("stat"), bare: this.#start("bare") };
  }

  /** Calls a function in a process of its own. */
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
    // In the first round the engine has not yet seen what is hot.
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

/** In rounds: when all that can be asked has been asked, all of it is answered at once. */
export async function countRounds({ route, message }: RowsCase, table: RowTable): Promise<number> {
  let waiting: (() => void)[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
    return table.answer(command.constructor.name, { ...command.input });
  };
  // All of a client that reading uses.
  const client = { send } as unknown as DynamoDBDocumentClient;
  const rows = dynamodbSecretRows({ client, tables: { secrets: "secrets", names: "names" } });
  // A query whose answer is too large has made its requests, too.
  const done = methods[route](message, { rows }).catch(() => undefined);
  let rounds = 0;
  for (;;) {
    // What a round's answers lead to waits for nothing but further requests.
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
