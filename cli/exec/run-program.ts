/** Runs a program in our place: its streams are ours, our signals its own, its exit code ours. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError } from "../failure.ts";

export interface ProgramCall {
  /** Path of the file. */
  readonly file: string;
  /** What the program is to see as its name. */
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
}

const forwarded = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"] as const satisfies NodeJS.Signals[];
/** A terminal sends these to its whole foreground group: the program has them already. */
const fromTerminal: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(["SIGINT", "SIGQUIT"]);

/** @returns its exit code; 128 and the signal's number where one ended it. @throws CliError where it does not start */
export async function runProgram({ file, name, args, environment }: ProgramCall): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.removeAllListeners("SIGINT");
  // Before the program is there: a signal in between would end us alone.
  for (const signal of forwarded) {
    const isThereAlready = hasTerminal && fromTerminal.has(signal);
    process.on(signal, () => isThereAlready || child.kill(signal));
  }
  const child = spawn(file, args, { argv0: name, env: environment, stdio: "inherit" });
  child.on("error", ({ message }) => reject(new CliError(`${name}: ${message}`, "notExecutable", "ERROR_EXEC")));
  child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  try {
    return await promise;
  } finally {
    for (const signal of forwarded) process.removeAllListeners(signal);
  }
}
