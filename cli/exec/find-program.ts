/** Finds a program as a shell does, in our own PATH: the environment it gets may have none, or be of a secret's making. */

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CliError } from "../failure.ts";

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
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Said by throwing; another folder may have one that is.
    return false;
  }
}
