/** Runs the command line in this process, or in its own process as users do. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Io } from "../../cli/io.ts";
import { run } from "../../cli/program.ts";

export const main: string = join(import.meta.dirname, "../../cli/main.ts");

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly input?: string;
  readonly environment: { readonly [name: string]: string };
  readonly cwd?: string;
}

export function startCli(args: readonly string[], { environment, cwd }: RunSettings): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { env: environment, cwd });
}

export async function finished(child: ChildProcessWithoutNullStreams): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  return await promise;
}

export async function runCli(args: readonly string[], settings: RunSettings): Promise<Run> {
  const child = startCli(args, settings);
  child.stdin.on("error", () => undefined).end(settings.input ?? "");
  return await finished(child);
}

/** Runs it in this process, with its own streams and environment. */
export async function runInProcess(args: readonly string[], { input = "", environment }: RunSettings): Promise<Run> {
  const written = { stdout: "", stderr: "" };
  const collect = (name: keyof typeof written) => ({
    isTerminal: false,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const stdin = { isTerminal: false, read: () => Readable.from([Buffer.from(input)]) };
  const io: Io = { environment, stdin, stdout: collect("stdout"), stderr: collect("stderr") };
  return { code: await run(args, io), signal: null, ...written };
}
