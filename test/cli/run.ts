/** Runs the command line as its users do: a process of its own, with an environment of its own. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";

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
