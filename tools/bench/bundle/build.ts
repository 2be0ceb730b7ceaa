/** Builds the functions as they are deployed, and the bundles that they are compared with. */

import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { type Route, routes } from "../../../lib/http/routes.ts";
import { bundleOptions } from "../../deploy/options.ts";

export interface Bundle {
  readonly path: string;
  readonly bytes: number;
  /** Bytes by origin: a library's name, or a folder of the project. */
  readonly parts: ReadonlyMap<string, number>;
}

const root = join(import.meta.dirname, "../../..");

/** The functions' options, but with the unmodified SDK. */
const unalteredOptions: BuildOptions = { ...bundleOptions, alias: {}, plugins: [] };

/** esbuild's defaults, except that the bundle must run in Node. */
const defaultOptions: BuildOptions = { bundle: true, platform: "node", format: "cjs" };

/** A function as the project deploys it. */
export async function buildFunction(route: Route, folder: string): Promise<Bundle> {
  return await bundle(join(folder, `${route}.cjs`), { ...bundleOptions, entryPoints: [handlerOf(route)] });
}

/** Only the AWS clients that a function needs, with the functions' options. */
export async function buildFloor(route: Route, folder: string): Promise<Bundle> {
  return await buildSource(floorSource(commandsOf[route]), join(folder, `${route}.floor.cjs`), bundleOptions);
}

/** The same clients with the unmodified SDK. */
export async function buildBare(route: Route, folder: string): Promise<Bundle> {
  return await buildSource(floorSource(commandsOf[route]), join(folder, `${route}.bare.cjs`), unalteredOptions);
}

/** All functions in one bundle with esbuild's default options, as a project without tuning would have it. */
export async function buildNaive(folder: string): Promise<Bundle> {
  const source = functionNames.map((route) => `export * as ${identifier(route)} from "./handlers/${route}.ts";`);
  return await buildSource(source.join("\n"), join(folder, "naive.cjs"), defaultOptions);
}

/** A bundle of source code that can import what the project can. Default: the functions' options. */
export async function buildSource(
  contents: string,
  path: string,
  options: BuildOptions = bundleOptions,
): Promise<Bundle> {
  return await bundle(path, { ...options, stdin: { contents, resolveDir: root, loader: "ts" } });
}

/**
 * Exports `handler`, which only sends the given calls in their order.
 * @see Call in tools/bench/stub/endpoint.ts
 */
export function floorSource({ dynamodb, kms }: Commands): string {
  const parts = [
    `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";`,
    `import { DynamoDBDocumentClient, ${dynamodb.join(", ")} } from "@aws-sdk/lib-dynamodb";`,
    `const dynamodb = { client: DynamoDBDocumentClient.from(new DynamoDBClient({})), commands: { ${dynamodb.join(", ")} } };`,
    ...(kms.length === 0
      ? ["const services = { dynamodb };"]
      : [
          `import { KMSClient, ${kms.join(", ")} } from "@aws-sdk/client-kms";`,
          `const kms = { client: new KMSClient({}), commands: { ${kms.join(", ")} } };`,
          "const services = { dynamodb, kms };",
        ]),
    "export const handler = async (calls) => {",
    "  let answer;",
    "  for (const { service, command, input } of calls) {",
    "    const { client, commands } = services[service];",
    "    answer = await client.send(new commands[command](input));",
    "  }",
    "  return answer;",
    "};",
  ];
  return parts.join("\n");
}

async function bundle(path: string, options: BuildOptions): Promise<Bundle> {
  mkdirSync(join(path, ".."), { recursive: true });
  const built = await build({
    sourcemap: "external",
    ...options,
    absWorkingDir: root,
    outfile: path,
    metafile: true,
    logLevel: "error",
  });
  const output = built.metafile?.outputs[relative(root, path)];
  if (output === undefined) throw new Error(`esbuild made nothing of ${path}.`);
  return { path, bytes: output.bytes, parts: partsOf(output) };
}

function partsOf({ inputs }: Metafile["outputs"][string]): Map<string, number> {
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const part = partOf(path);
    parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
  }
  return parts;
}

/** The origin of a source file: a library's name, or a folder of the project. */
export function partOf(path: string): string {
  const library = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return library ?? path.replace(/^(\.\.\/)*(.*\/(?=(lib|handlers|bundle)\/))?/, "").replace(/\/[^/]*$/, "");
}

function handlerOf(route: Route): string {
  return join(root, "handlers", `${route}.ts`);
}

function identifier(route: Route): string {
  return route.replace("-", "_");
}

/** Commands of the document client, and of KMS. */
export interface Commands {
  readonly dynamodb: readonly string[];
  readonly kms: readonly string[];
}

export const commandsOf: { readonly [Name in Route]: Commands } = {
  create: { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: ["GenerateDataKeyCommand"] },
  update: { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: [] },
  delete: { dynamodb: ["GetCommand", "QueryCommand", "TransactWriteCommand"], kms: [] },
  "update-data": { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: ["GenerateDataKeyCommand"] },
  "get-data": { dynamodb: ["GetCommand", "QueryCommand", "BatchGetCommand"], kms: ["DecryptCommand"] },
  get: { dynamodb: ["GetCommand"], kms: [] },
  list: { dynamodb: ["QueryCommand", "BatchGetCommand"], kms: [] },
  stat: { dynamodb: ["QueryCommand", "BatchGetCommand"], kms: [] },
};

export const functionNames: readonly Route[] = Object.keys(routes) as Route[];
