/** The commands that show one secret: get (metadata) and get-data (data). */

import { type Command, Option } from "commander";
import type { SecretDataInfo } from "../client/messages.ts";
import { JsonText, membersOf, stringifyObject } from "../lib/base/json-text.ts";
import { CliError } from "./failure.ts";
import { toKey } from "./filter.ts";
import { type FormatName, formatNames, formats, formatVariables } from "./formats.ts";
import type { Io } from "./io.ts";
import { printJsonText, printSecret } from "./output.ts";
import {
  addVariableOptions,
  type CommonOptions,
  collectList,
  openSession,
  secretArgument,
  toCount,
  toReference,
  type VariableOptions,
} from "./session.ts";
import { toLines } from "./text.ts";
import { assertNew, toText, toVariables } from "./variables.ts";

interface GetOptions extends CommonOptions {
  readonly only?: readonly string[];
}

interface GetDataOptions extends CommonOptions, VariableOptions {
  readonly field?: string;
  readonly format?: FormatName | "json";
  readonly env?: boolean;
  readonly version?: number;
}

export function addGet(program: Command, io: Io): Command {
  const command = program.command("get").summary("show a secret's metadata").description("Show a secret's metadata.");
  return command
    .argument("<secret>", secretArgument)
    .option("--only <fields>", "print only these fields, separated by commas", collectList)
    .addHelpText(
      "after",
      `
Examples:
  secret get aws-prod
  secret get secret-3b194b9310a8 --only name,version,tags.env --json`,
    )
    .action(async (reference: string) => await get(io, reference, command.optsWithGlobals()));
}

export function addGetData(program: Command, io: Io): Command {
  const command = program
    .command("get-data")
    .summary("print a secret's data")
    .description("Print a secret's data, as a JSON object.");
  addVariableOptions(
    command
      .argument("<secret>", secretArgument)
      .addOption(
        new Option("--field <member>", "print only this member's value (in a pipe, without a line end)").conflicts([
          "env",
          "format",
        ]),
      )
      .addOption(
        new Option("--format <format>", "print the data as variables in this format").choices(["json", ...formatNames]),
      )
      .addOption(new Option("--env", "the same as --format shell").conflicts("format")),
  );
  return command
    .option("--version <n>", "read an earlier version of the data", toCount)
    .addHelpText(
      "after",
      `
--json prints the whole answer, with version and etag. Numbers keep all digits. Formats: shell, for eval; dotenv; docker, for
--env-file; github, for GITHUB_ENV and GITHUB_OUTPUT, with masks for the log on standard error. A format refuses values that it
cannot hold, and names that control shells and programs (PATH, PS1, RANDOM, NODE_OPTIONS …). No list of such names is
complete: use --prefix if others may write the secret.

Examples:
  secret get-data aws-prod
  secret get-data deploy --field private_key > id_ed25519
  variables=$(secret get-data db --env --prefix db_) || exit; eval "$variables"
  secret get-data db --format github >> "$GITHUB_ENV"`,
    )
    .action(async (reference: string) => await getData(io, reference, command.optsWithGlobals()));
}

async function get(io: Io, reference: string, options: GetOptions): Promise<void> {
  const only = options.only?.map((name) => toKey(name, "--only").key);
  const session = await openSession(io, options);
  const { client, domain, isJson } = session;
  printSecret(io, await client.get({ ...domain, ...toReference(reference), ...(only && { only }) }), isJson);
}

async function getData(io: Io, reference: string, options: GetDataOptions): Promise<void> {
  const { field, version } = options;
  const format = options.env ? "shell" : options.format;
  if (options.json && format !== undefined)
    throw new CliError("Use either --json, which prints the whole answer, or --format, which prints the data.");
  const session = await openSession(io, options);
  const { client, domain, isJson, sealing } = session;
  const answer = await client.getData({
    ...domain,
    ...sealing,
    ...(version !== undefined && { version }),
    ...toReference(reference),
  });
  if (field !== undefined) printField(io, answer.dataText, field);
  else if (format !== undefined && format !== "json") printVariables(io, { reference, answer, format }, options);
  else printJsonText(io, isJson ? toAnswerText(answer) : answer.dataText);
}

/** The API's answer as JSON. Does not read the member `data`, which throws if a number would change. */
function toAnswerText(answer: SecretDataInfo): string {
  const names = Object.keys(answer).filter((name) => name !== "dataText");
  const members = names.map((name): readonly [string, unknown] => [
    name,
    name === "data" ? new JsonText(answer.dataText) : Reflect.get(answer, name),
  ]);
  return stringifyObject(Object.fromEntries<unknown>(members));
}

interface Formatted {
  readonly reference: string;
  readonly answer: SecretDataInfo;
  readonly format: FormatName;
}

function printVariables(io: Io, { reference, answer, format }: Formatted, options: GetDataOptions): void {
  const variables = toVariables([{ reference, members: membersOf({ text: answer.dataText }) }], options);
  if (formats[format].isEvaluated && !options.override) {
    assertNew(variables, io.environment, "--override or --prefix");
  }
  const { text, masks } = formatVariables(variables, format);
  // A value must not be set before the log hides it.
  if (masks !== "") io.stderr.write(masks);
  printForTerminal(io, text);
}

/** In a pipe the value is exact. On a terminal it ends with a line end, and has no escape sequences. */
function printField(io: Io, dataText: string, field: string): void {
  const value = membersOf({ text: dataText }).get(field);
  // Does not list the members, because their names are data as well.
  if (value === undefined) throw new CliError(`The data has no member "${field}".`, "notFound", "ERROR_NOT_FOUND");
  const text = toText(value);
  printForTerminal(io, io.stdout.isTerminal ? `${text}\n` : text);
}

function printForTerminal({ stdout }: Io, text: string): void {
  stdout.write(stdout.isTerminal ? toLines(text) : text);
}
