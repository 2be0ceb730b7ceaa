/**
 * Makes the CloudFormation template of a deployment, as `npm run package` does, independently of the machine. Templates
 * are cached for all suites and runs until their sources change.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { routeNames } from "../../../lib/http/routes.ts";
import type { TableRole } from "../../../tools/deploy/tables.ts";
import type { Template } from "./template.ts";

const project = join(import.meta.dirname, "../../..");
const cache = join(project, "node_modules/.cache/templates");

/** What the framework reads. It gets a copy, because it writes bundles and archives beside it. */
const sources = ["serverless.yml", "package.json", "tsconfig.json", "lib", "tools"];

/** What a template depends on: the sources, and the installed versions. */
const made = [...sources, "node_modules/.package-lock.json"];

/** An empty handler: templates do not depend on the code, and bundling would take most of the time. */
const handler = "export const handler = () => undefined;\n";

const oldMs = 24 * 60 * 60 * 1000;
const pollMs = 100;

/** Timeout of a test or hook that packages. A stage takes several seconds of CPU, and minutes on a busy machine. */
export const packagingMs = 600_000;

/** Parameters of the packaged stages. The suites share them, so that each is made only once. */
export const topic = "arn:aws:sns:us-east-1:000000000000:alarms";

export const adopted: { readonly [Name in TableRole]: string } = {
  secrets: "kept-secrets",
  names: "kept-names",
  data: "kept-data",
  tokens: "kept-tokens",
  deleted: "kept-deleted",
};
export const adoptedKey = "arn:aws:kms:us-east-1:000000000000:key/kept";

export const stageParameters: { readonly [Stage in "dev" | "prod" | "sealed" | "direct"]: Parameters } = {
  /** With the tables and the key of another stack, or restored ones. */
  dev: {
    alarmTopicArn: topic,
    kmsKeyId: adoptedKey,
    secretsTable: adopted.secrets,
    namesTable: adopted.names,
    dataTable: adopted.data,
    tokensTable: adopted.tokens,
    deletedTable: adopted.deleted,
  },
  prod: { alarmTopicArn: topic },
  /** A stage that is not in serverless.yml, so with the defaults. */
  sealed: { alarmTopicArn: topic, sealedOnly: "true", deletedKeptDays: "0" },
  /** Without an HTTP API and an issuer. */
  direct: { alarmTopicArn: topic, httpApi: "false" },
};

/** For another stage `dev`, whose alarms notify nobody. */
export const gatewayParameters: Parameters & { readonly corsOrigins: string } = {
  routeThrottles: "get-data=5/10",
  reservedConcurrency: "get-data=100,list=0",
  corsOrigins: "https://console.example.com",
};

export type Parameters = { readonly [name: string]: string };

/** Packages a stage offline, in an empty environment, with these parameters of serverless.yml and this grants.json. */
export async function packageTemplate(
  stage: string,
  parameters: Parameters = {},
  grants: readonly object[] = [],
): Promise<Template> {
  const key = keyOf(stage, parameters, grants);
  const path = join(cache, `${key}.json`);
  mkdirSync(cache, { recursive: true });
  // One at a time: the first compiles the framework's schema for the others.
  const unlock = await lock(join(cache, "lock"));
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      removeOld();
      const template = await runPackage(stage, parameters, grants);
      writeFileSync(`${path}.new`, template);
      renameSync(`${path}.new`, path);
    }
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    unlock();
  }
}

function keyOf(stage: string, parameters: Parameters, grants: readonly object[]): string {
  const hash = createHash("sha256").update(JSON.stringify([stage, Object.entries(parameters).sort(), grants]));
  for (const path of made.flatMap(filesOf)) hash.update(`${path}\0`).update(readFileSync(join(project, path)));
  return hash.digest("hex").slice(0, 32);
}

function filesOf(path: string): readonly string[] {
  if (!statSync(join(project, path)).isDirectory()) return [path];
  const names = readdirSync(join(project, path), { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
    .sort();
}

/** Uses SQLite's lock on a file, which ends with the process, however that ends. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec("BEGIN EXCLUSIVE");
      return () => database.close();
    } catch (error) {
      database.close();
      if (!String(error).includes("locked")) throw error;
      await setTimeout(pollMs);
    }
  }
}

function removeOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > oldMs) rmSync(path, { force: true });
  }
}

async function runPackage(stage: string, parameters: Parameters, grants: readonly object[]): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "package-"));
  try {
    for (const source of sources) cpSync(join(project, source), join(dir, source), { recursive: true });
    symlinkSync(join(project, "node_modules"), join(dir, "node_modules"));
    if (grants.length > 0) writeFileSync(join(dir, "grants.json"), JSON.stringify(grants));
    mkdirSync(join(dir, "handlers"));
    for (const route of routeNames) writeFileSync(join(dir, "handlers", `${route}.ts`), handler);
    const settings = Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const program = join(dir, "node_modules/serverless/bin/serverless.js");
    // The framework caches its compiled schema there; compiling takes half of its time.
    const env = { PATH: process.env["PATH"] ?? "", HOME: dir, SLS_SCHEMA_CACHE_BASE_DIR: cache };
    const options = { cwd: dir, env };
    const command = [program, "package", "--stage", stage, ...settings];
    const { status, stdout, stderr } = await finish(process.execPath, command, options);
    if (status !== 0) throw new Error(`Packaging failed:\n${stdout}${stderr}`);
    return readFileSync(join(dir, ".serverless/cloudformation-template-update-stack.json"), "utf8");
  } finally {
    rmSync(dir, { recursive: true });
  }
}

interface Ended {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The framework prints some of its errors to standard output. */
async function finish(program: string, command: readonly string[], options: object): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(program, command, { ...options, encoding: "utf8" }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? 1), stdout, stderr });
    });
  });
}
