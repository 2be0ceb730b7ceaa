/** The tree of commands. */

import { Command } from "commander";
import { addCompletion } from "./completion.ts";
import { addExec } from "./exec.ts";
import { describeExitCodes } from "./failure.ts";
import { addList, addStat } from "./list.ts";
import packageFile from "./package.json" with { type: "json" };
import { addProfiles } from "./profiles.ts";
import { addGet, addGetData } from "./read.ts";
import { addCommonOptions } from "./session.ts";
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
  addProfiles,
  addCompletion,
];

/** Throws what commander would end the process for. */
export function buildProgram(): Command {
  const program = addCommonOptions(new Command("secret"))
    .description("Cloudforet's Secret API on the command line.")
    .version(packageFile.version)
    // `get-data --version 3` is the command's own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError()
    .addHelpText("after", `\n${describeExitCodes()}`);
  for (const add of commands) addCommonOptions(add(program));
  return program;
}
