/** docs/openapi.json as other tools read it: generated clients are type-checked, and call the real functions. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { documentPath } from "../../tools/openapi/document.ts";
import { examplesOf } from "../../tools/openapi/examples.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const installed = join(import.meta.dirname, "generators");
const dir = mkdtempSync(join(tmpdir(), "generated-"));
const document = join(dir, "openapi.json");

let stack: TestStack;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  await run(process.execPath, [join(root, "tools/local/setup.mjs"), installed], { cwd: root });
  symlinkSync(join(installed, "node_modules"), join(dir, "node_modules"));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  cpSync(documentPath, document);
  stack = await startTestStack();
  const token = await stack.token({ domain_id: "domain-1", scope: "secret:read secret:write secret:data" });
  variables = { SECRET_API: stack.description.api, TOKEN: token };
}, 400_000);

afterAll(async () => {
  await stack.close();
  rmSync(dir, { recursive: true });
});

async function generate(command: string, ...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(dir, "node_modules/.bin", command), ...args], { cwd: dir });
}

/** The compiler's messages about each program that uses a generated client. */
async function complaintsAbout(...programs: readonly string[]): Promise<readonly string[]> {
  const files = programs.map((_, index) => `program-${index}.ts`);
  for (const [index, file] of files.entries()) writeFileSync(join(dir, file), programs[index] ?? "");
  const compilerOptions = {
    ...{ target: "es2024", module: "esnext", moduleResolution: "bundler", allowImportingTsExtensions: true },
    ...{
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    },
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const output = await run(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: dir }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
  const lines = output.split("\n").filter((line) => line !== "");
  const others = lines.filter((line) => !files.some((file) => line.startsWith(`${file}(`)) && !line.startsWith(" "));
  expect(others).toEqual([]);
  return files.map((file) => lines.filter((line) => line.startsWith(`${file}(`)).join("\n"));
}

/** A program's output, parsed as JSON. */
async function outputOf(program: string): Promise<unknown> {
  writeFileSync(join(dir, "program.ts"), program);
  const outfile = join(dir, "program.js");
  await build({ entryPoints: [join(dir, "program.ts")], bundle: true, platform: "node", format: "esm", outfile });
  const { stdout } = await run(process.execPath, [outfile], { cwd: dir, env: variables });
  return JSON.parse(stdout);
}

/** The same first steps with each client. */
const life = `
const created = await call.create({ name, secret_type: "CREDENTIALS", data: { user: "ada", pin: 7 }, tags: { team: "core" } });
const secret_id: string = created.secret_id;
const read = await call.getData({ secret_id });
// One secret was requested, so there is no list of results.
const user: unknown = "results" in read || read.encrypted ? "sealed" : read.data["user"];
const found = await call.list({
  query: { filter: [{ key: "name", operator: "contain", value: name }, { k: "tags.team", o: "in", v: ["core"] }], page: { limit: 1 } },
});
const names = found.results.map((each) => each.name);
const counted = await call.stat({
  query: {
    filter: [{ key: "name", operator: "eq", value: name }],
    aggregate: [{ group: { keys: [{ key: "tags.team", name: "team" }], fields: [{ name: "secrets", operator: "count" }] } }],
  },
});
await call.delete({ secret_id });
const gone = await call.failureOfGet({ secret_id });
console.log(JSON.stringify([user, names, counted.results, gone]));
`;

function outcome(name: string): unknown {
  return ["ada", [name], [{ team: "core", secrets: 1 }], "ERROR_NOT_FOUND"];
}

const openapiFetch = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

type Body<Name extends keyof components["schemas"]> = components["schemas"][Name];
const name = "by-openapi-fetch";
const { SECRET_API = "", TOKEN = "" } = process.env;
const api = createClient<paths>({ baseUrl: SECRET_API, headers: { authorization: \`Bearer \${TOKEN}\` } });
function done<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}
const call = {
  create: async (body: Body<"CreateSecretRequest">) => done(await api.POST("/secret/v1/secret/create", { body })),
  getData: async (body: { secret_id: string }) => done(await api.POST("/secret/v1/secret/get-data", { body })),
  list: async (body: Body<"SecretQuery">) => done(await api.POST("/secret/v1/secret/list", { body })),
  stat: async (body: Body<"SecretStatQuery">) => done(await api.POST("/secret/v1/secret/stat", { body })),
  delete: async (body: Body<"DeleteSecretRequest">) => done(await api.POST("/secret/v1/secret/delete", { body })),
  failureOfGet: async (body: Body<"GetSecretRequest">) => {
    const { error } = await api.POST("/secret/v1/secret/get", { body });
    return error !== undefined && "detail" in error ? error.detail.code : error;
  },
};
${life}`;

const heyApi = `
import { createSecret, deleteSecret, getSecret, getSecretData, listSecrets, statSecrets } from "./hey/index.ts";
import { client } from "./hey/client.gen.ts";
import type { CreateSecretRequest, DeleteSecretRequest, GetSecretDataRequest, GetSecretRequest, SecretQuery, SecretStatQuery } from "./hey/index.ts";

const name = "by-hey-api";
const { SECRET_API = "", TOKEN = "" } = process.env;
client.setConfig({ baseUrl: SECRET_API as never, auth: () => TOKEN, throwOnError: true });
const call = {
  create: async (body: CreateSecretRequest) => (await createSecret({ body, throwOnError: true })).data,
  getData: async (body: GetSecretDataRequest) => (await getSecretData({ body, throwOnError: true })).data,
  list: async (body: SecretQuery) => (await listSecrets({ body, throwOnError: true })).data,
  stat: async (body: SecretStatQuery) => (await statSecrets({ body, throwOnError: true })).data,
  delete: async (body: DeleteSecretRequest) => (await deleteSecret({ body, throwOnError: true })).data,
  failureOfGet: async (body: GetSecretRequest) => {
    const { error } = await getSecret({ body, throwOnError: false });
    return error !== undefined && "detail" in error ? error.detail.code : error;
  },
};
${life}`;

/** Mistakes that each replace a correct part of the program. The compiler refuses each. */
const mistakes: readonly (readonly [right: string, wrong: string])[] = [
  ['secret_type: "CREDENTIALS"', 'secret_type: "PASSWORD"'],
  ["call.getData({ secret_id })", "call.getData({ secret_id: 7 })"],
  ['operator: "contain", value: name', 'operator: "contains", value: name'],
  ['operator: "contain", value: name', 'operator: "contain", value: [name]'],
  ['{ key: "name", operator: "contain", value: name }', '{ key: "name", value: name }'],
  ['{ k: "tags.team", o: "in", v: ["core"] }', '{ k: "tags.team", o: "in" }'],
  ['operator: "count"', 'operator: "sum"'],
  ["created.secret_id;", "created.secretId;"],
];

const clients = [
  {
    ...{ name: "by-openapi-fetch", program: openapiFetch, title: "openapi-typescript and openapi-fetch" },
    make: async () => await generate("openapi-typescript", "openapi.json", "--output", "api.ts"),
  },
  {
    ...{ name: "by-hey-api", program: heyApi, title: "@hey-api/openapi-ts" },
    make: async () =>
      await generate("openapi-ts", "--input", "openapi.json", "--output", "hey", "--client", "@hey-api/client-fetch"),
  },
];

describe.each(clients)("the client that $title makes", ({ name, program, make }) => {
  beforeAll(make);

  it("type-checks, with a program that uses it", async () => {
    expect(await complaintsAbout(program)).toEqual([""]);
  });

  it("has types that reject mistakes", async () => {
    const changed = mistakes.map(([right, wrong]) => program.replace(right, wrong));

    const complaints = await complaintsAbout(...changed);

    expect(changed).not.toContain(program);
    expect(mistakes.filter((_, index) => complaints[index] === "")).toEqual([]);
  });

  it("creates, reads, finds, counts and deletes a secret on the real functions", async () => {
    expect(await outputOf(program)).toEqual(outcome(name));
  });
});

describe("the schemas that orval makes for zod", () => {
  const typeOf: { readonly [Name in Route]: string } = {
    ...{ create: "CreateSecret", get: "GetSecret", update: "UpdateSecret", delete: "DeleteSecret" },
    ...{ "get-data": "GetSecretData", "update-data": "UpdateSecretData", list: "ListSecrets", stat: "StatSecrets" },
  };
  const samples = routeNames.flatMap((route) =>
    examplesOf(route).flatMap(({ request, answer }) => [
      { schema: `${typeOf[route]}Body`, value: request },
      { schema: `${typeOf[route]}Response`, value: answer },
    ]),
  );
  const wrong = [
    { schema: "GetSecretDataBody", value: { secret_id: "secret-1", version: "0" } },
    { schema: "ListSecretsBody", value: { query: { filter: [{ key: "name", operator: "regex", value: 1 }] } } },
    { schema: "StatSecretsBody", value: { query: { aggregate: [{ limit: 0 }] } } },
  ];
  const program = `
import * as schemas from "./zod.ts";
const takes = ({ schema, value }: { schema: string; value: unknown }) =>
  schemas[schema as "GetSecretBody"].safeParse(value).success;
console.log(JSON.stringify([${JSON.stringify(samples)}.map(takes), ${JSON.stringify(wrong)}.map(takes)]));
`;

  beforeAll(async () => {
    const output = { client: "zod", mode: "single", target: "./zod.ts" };
    const config = { api: { input: { target: "./openapi.json" }, output } };
    writeFileSync(join(dir, "orval.config.mjs"), `export default ${JSON.stringify(config)};`);
    await generate("orval", "--config", "orval.config.mjs");
  });

  it("type-check", async () => {
    expect(await complaintsAbout(program)).toEqual([""]);
  });

  it("accept every example of the document, and refuse mistakes", async () => {
    expect(await outputOf(program)).toEqual([samples.map(() => true), wrong.map(() => false)]);
  });
});

/** The findings of Spectral's recommended rules in a document. */
async function findingsIn(file: string): Promise<unknown> {
  writeFileSync(
    join(dir, "spectral.mjs"),
    `
import core from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";
import { readFileSync } from "node:fs";
const spectral = new core.Spectral();
spectral.setRuleset({ extends: [[rulesets.oas, "recommended"]] });
const found = await spectral.run(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(found.map(({ code }) => code)));
`,
  );
  const { stdout } = await run(process.execPath, ["spectral.mjs", file], { cwd: dir });
  return JSON.parse(stdout);
}

describe("Spectral's recommended rules", () => {
  it("find no fault in the document", async () => {
    expect(await findingsIn("openapi.json")).toEqual([]);
  });

  it("find what is removed from it", async () => {
    const { info, ...rest } = JSON.parse(readFileSync(document, "utf8")) as { readonly info: object };
    writeFileSync(join(dir, "worse.json"), JSON.stringify({ ...rest, info: { ...info, contact: undefined } }));

    expect(await findingsIn("worse.json")).toEqual(["info-contact"]);
  });
});
