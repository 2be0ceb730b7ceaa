/** The tree of commands, and how one of them is run. */

import { Command } from "commander";
import { addCompletion } from "./completion.ts";
import { addExec } from "./exec.ts";
import { describeExitCodes, describeFailure, exitCodes, ProgramEnd, toFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { addList, addStat } from "./list.ts";
import { showProgress } from "./output.ts";
import packageFile from "./package.json" with { type: "json" };
import { addProfiles } from "./profiles.ts";
import { addGet, addGetData } from "./read.ts";
import { addCommonOptions } from "./session.ts";
import { addExport } from "./transfer/export.ts";
import { addImport } from "./transfer/import.ts";
import { addCreate, addDelete, addUpdate, addUpdateData } from "./write.ts";

const commands = [
  addCreate,
  addGet,
  addGetData,
  addExec,
  addUpdate,
  addUpdateData,
  addDelete,
  addList,
  addStat,
  addImport,
  addExport,
  addProfiles,
  addCompletion,
];

const examples = `Examples:
  secret list provider=aws
  secret exec aws-prod -- aws s3 ls
  secret create --help`;

/** Exit codes that need no message. */
const quiet: ReadonlySet<number> = new Set([exitCodes.ok.code, exitCodes.interrupted.code]);

/** Runs a command, and prints a failure in one line. @returns the exit code */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    await buildProgram(io).parseAsync(args, { from: "user" });
    return exitCodes.ok.code;
  } catch (error) {
    showProgress(io, "");
    if (error instanceof ProgramEnd) return error.exitCode;
    const failure = toFailure(error);
    if (!quiet.has(failure.exitCode)) io.stderr.write(describeFailure(failure, isJsonWanted(args)));
    return failure.exitCode;
  }
}

/** The program throws errors for which commander would end the process. */
function buildProgram(io: Io): Command {
  const program = addCommonOptions(new Command("secret"))
    .description("Cloudforet's Secret API on the command line.")
    .version(packageFile.version)
    // So `get-data --version 3` is an option of the command.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: io.stdout.write, outputError: () => undefined })
    .showSuggestionAfterError()
    .addHelpText("after", `\n${examples}\n\n${describeExitCodes()}`);
  for (const add of commands) addCommonOptions(add(program, io));
  return program;
}

/** Works even if the command line cannot be parsed. */
function isJsonWanted(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? args.length : end).includes("--json");
}
