/** get-data in steps: bundles with one library more each. Also loads a bundle as a cold start does. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { commandsOf, floorSource } from "../bundle/build.ts";
import { environmentAt } from "../stub/scenarios.ts";

export interface Step {
  readonly name: string;
  readonly source: string;
}

const dynamodb = `
  import { DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
  export const dynamodb = [new DynamoDBClient({}), GetItemCommand, QueryCommand];
`;
const document = floorSource({ ...commandsOf["get-data"], kms: [] });
const kms = floorSource(commandsOf["get-data"]);
const middy = `${kms}
  import middy from "@middy/core";
  export const wrapped = middy(handler, { timeoutEarlyInMillis: 500 });
`;
const valibot = `${middy}
  import { parseGetData } from "./lib/request/messages.ts";
  export const parse = parseGetData;
`;

export const ladder: readonly Step[] = [
  { name: "nothing", source: "export const handler = async () => {};" },
  { name: "@aws-sdk/client-dynamodb", source: dynamodb },
  { name: "@aws-sdk/lib-dynamodb", source: document },
  { name: "@aws-sdk/client-kms", source: kms },
  { name: "@middy/core", source: middy },
  { name: "valibot and the message", source: valibot },
  { name: "the function", source: `export { handler } from "./handlers/get-data.ts";` },
];

/** The time of the import alone. */
export interface Loaded {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const script = `
  const cpu = process.cpuUsage();
  const start = performance.now();
  require(process.argv[1]);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
`;

/** Unreachable: a function connects only with its first call. */
const environment = environmentAt("http://127.0.0.1:1", "http://127.0.0.1:1");

export async function load(path: string): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, path], { env: environment });
  return JSON.parse(stdout) as Loaded;
}
