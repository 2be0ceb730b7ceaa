/** Finds a program as a shell does, and runs it in our place. */

import { spawn } from "node:child_process";
import { accessSync, constants as fileConstants, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { isatty } from "node:tty";
import { CliError } from "./failure.ts";

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

/** @returns its path @throws CliError with a shell's exit codes, 127 and 126 */
export function findProgram(name: string, path: string): string {
  // An empty entry of PATH is the current folder.
  const candidates = name.includes("/") ? [name] : path.split(delimiter).map((dir) => join(dir || ".", name));
  const files = candidates.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  const found = files.find(isExecutable);
  if (found !== undefined) return found;
  if (files.length > 0) throw new CliError(`${name} may not be executed.`, "notExecutable", "ERROR_EXEC");
  throw new CliError(`There is no program ${name}.`, "noProgram", "ERROR_EXEC");
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, fileConstants.X_OK);
    return true;
  } catch {
    // Said by throwing; another folder may have one that is.
    return false;
  }
}

/** @returns its exit code; 128 and the signal's number where one ended it. @throws CliError where it does not start */
export async function runProgram({ file, name, args, environment }: ProgramCall): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
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
