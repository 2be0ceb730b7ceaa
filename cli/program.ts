/** The tree of commands. */

import { Command } from "commander";
import packageFile from "../client/package.json" with { type: "json" };
import { addCompletion } from "./commands/completion.ts";
import { addCreate } from "./commands/create.ts";
import { addDelete } from "./commands/delete.ts";
import { addExec } from "./commands/exec.ts";
import { addGet } from "./commands/get.ts";
import { addGetData } from "./commands/get-data.ts";
import { addList } from "./commands/list.ts";
import { addProfiles } from "./commands/profiles.ts";
import { addStat } from "./commands/stat.ts";
import { addUpdate } from "./commands/update.ts";
import { addUpdateData } from "./commands/update-data.ts";
import { describeExitCodes } from "./failure.ts";
import { addCommonOptions } from "./session.ts";

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
