/** Runs the functions of serverless.yml behind HTTP and Lambda endpoints, by serverless-offline in its own process. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fchmodSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Listening } from "./child.ts";
import { host } from "./loopback.ts";

export interface FunctionsOptions {
  /** 0: a free port. */
  readonly apiPort: number;
  readonly lambdaPort: number;
  /** Folder for the bundles and the log. */
  readonly dir: string;
  /** Environment variables for the functions and the authorizer. */
  readonly environment: { readonly [name: string]: string };
  /** Parameters of serverless.yml to override, e.g. `sealedOnly`. */
  readonly parameters: { readonly [name: string]: string };
}

export interface LocalFunctions {
  readonly api: string;
  readonly lambda: string;
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

const projectFolder = join(import.meta.dirname, "../..");
/** How long serverless-offline may take to end before it is killed. */
const patienceMs = 1500;

/**
 * Starts the functions, and waits until both endpoints listen on 127.0.0.1.
 * @throws Error with the output of serverless-offline, if it does not start
 */
export async function startFunctions(options: FunctionsOptions): Promise<LocalFunctions> {
  const log = join(options.dir, "functions.log");
  const { PATH = "", HOME = "", TMPDIR = "/tmp" } = process.env;
  const output = openSync(log, "w", 0o600);
  // An existing file would keep its old mode.
  fchmodSync(output, 0o600);
  const child = fork(createRequire(import.meta.url).resolve("serverless/bin/serverless.js"), toArguments(options), {
    cwd: projectFolder,
    // Passes nothing else of the developer's environment, above all no credentials.
    env: {
      ...{ PATH, HOME, TMPDIR, ...options.environment },
      BUILD_DIR: relative(projectFolder, join(options.dir, "build")),
      CORS_ORIGINS: options.parameters["corsOrigins"] ?? "",
    },
    execArgv: ["--import", join(import.meta.dirname, "child.ts")],
    stdio: ["ignore", output, output, "ipc"],
    // Not in the terminal's process group: at Ctrl-C the stack ends its parts in order.
    detached: true,
  });
  const ended = once(child, "exit");
  const [lambdaPort, apiPort] = await Promise.race([readPorts(child), explainFailure(ended, log)]);
  return {
    api: `http://${host}:${apiPort}`,
    lambda: `http://${host}:${lambdaPort}`,
    ended,
    close: async () => await endChild(child, ended),
  };
}

function toArguments({ apiPort, lambdaPort, parameters }: FunctionsOptions): readonly string[] {
  const ports = ["--httpPort", String(apiPort), "--lambdaPort", String(lambdaPort)];
  const settings = Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  return ["offline", "start", "--stage", "local", "--host", host, ...ports, ...settings];
}

/** serverless-offline starts the Lambda endpoint first, and the HTTP endpoint last. */
async function readPorts(child: ChildProcess): Promise<readonly [number, number]> {
  const [lambda]: [Listening] = await onceMessage(child);
  const [api]: [Listening] = await onceMessage(child);
  return [lambda.port, api.port];
}

async function onceMessage(child: ChildProcess): Promise<[Listening]> {
  return (await once(child, "message")) as [Listening];
}

/** Waits until the process has failed to start. @throws always */
async function explainFailure(ended: Promise<unknown>, log: string): Promise<never> {
  await ended;
  throw new Error(`The functions did not start:\n${readFileSync(log, "utf8")}`);
}

/** Ends the whole process group, which it leads. */
async function endChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  await Promise.race([ended, setTimeout(patienceMs, undefined, { ref: false })]);
  killGroup(child.pid);
  await ended;
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    // No process of the group is left.
    if (Reflect.get(Object(error), "code") !== "ESRCH") throw error;
  }
}
