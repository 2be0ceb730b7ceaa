/** The commands that show one secret: get its metadata, get-data its data. */

import { type Command, Option } from "commander";
import { CliError } from "./failure.ts";
import { toKey } from "./filter.ts";
import type { Io } from "./io.ts";
import { printJson, printSecret } from "./output.ts";
import {
  type CommonOptions,
  collectList,
  openSession,
  resolveSecret,
  secretArgument,
  toCount,
  toPrefix,
} from "./session.ts";
import { toLines } from "./text.ts";
import { assertNew, type NamedData, toAssignments, toVariables } from "./variables.ts";

interface GetOptions extends CommonOptions {
  readonly only?: readonly string[];
}

interface GetDataOptions extends CommonOptions {
  readonly field?: string;
  readonly env?: boolean;
  readonly prefix?: string;
  readonly override?: boolean;
  readonly version?: number;
  readonly sealed?: boolean;
}

export function addGet(program: Command, io: Io): Command {
  const command = program.command("get").summary("show a secret's metadata").description("Show a secret's metadata.");
  return command
    .argument("<secret>", secretArgument)
    .option("--only <fields>", "just these fields, separated by commas", collectList)
    .addHelpText(
      "after",
      `
Examples:
  secret get aws-prod
  secret get secret-3b194b9310a8 --only name,version,tags.env --json`,
    )
    .action(async (reference: string) => await get(io, reference, command.optsWithGlobals()));
}

async function get(io: Io, reference: string, options: GetOptions): Promise<void> {
  const only = options.only?.map((name) => toKey(name, "--only").key);
  const session = await openSession(io, options);
  const { client, domain, isJson } = session;
  const secretId = await resolveSecret(session, reference);
  printSecret(io, await client.get({ ...domain, secret_id: secretId, ...(only && { only }) }), isJson);
}

export function addGetData(program: Command, io: Io): Command {
  const command = program
    .command("get-data")
    .summary("print a secret's data")
    .description("Print a secret's data, as a JSON object.");
  return command
    .argument("<secret>", secretArgument)
    .addOption(new Option("--field <member>", "just this member's value, and no line end in a pipe").conflicts("env"))
    .option("--env", "as lines for a shell: export NAME='value'")
    .option("--prefix <text>", "with --env: before each name", toPrefix, "")
    .option("--override", "with --env: let them replace variables of the present environment")
    .option("--version <n>", "an earlier version of the data", toCount)
    .option("--sealed", "have it sent sealed, and open it here with KMS")
    .addHelpText(
      "after",
      `
With --json the exact answer is printed, with version and etag. --env refuses variables that are there already, and names
that steer shells and programs (PATH, PS1, RANDOM, NODE_OPTIONS …). No list of these is complete: --prefix is what is safe
where others may write the secret.

Examples:
  secret get-data aws-prod
  secret get-data deploy --field private_key > id_ed25519
  eval "$(secret get-data aws-prod --env)"
  eval "$(secret get-data db --env --prefix db_)"`,
    )
    .action(async (reference: string) => await getData(io, reference, command.optsWithGlobals()));
}

async function getData(io: Io, reference: string, options: GetDataOptions): Promise<void> {
  const { field, env, version } = options;
  const session = await openSession(io, options);
  const { client, domain, isJson, sealing } = session;
  const answer = await client.getData({
    ...domain,
    ...sealing,
    ...(version !== undefined && { version }),
    secret_id: await resolveSecret(session, reference),
  });
  if (field !== undefined) printField(io, answer.data, field);
  else if (env) printAssignments(io, { reference, data: answer.data }, options);
  else printJson(io, isJson ? answer : answer.data);
}

function printAssignments(io: Io, named: NamedData, { prefix = "", override }: GetDataOptions): void {
  const variables = toVariables([named], prefix);
  if (!override) assertNew(variables, io.environment, "--override or --prefix");
  printForTerminal(io, toAssignments(variables));
}

/** Byte for byte in a pipe; a terminal gets a line end, and no escape sequences. */
function printField(io: Io, data: { readonly [name: string]: unknown }, field: string): void {
  // The members that it has are not told: their names are data as well.
  if (!Object.hasOwn(data, field)) {
    throw new CliError(`The data has no member "${field}".`, "notFound", "ERROR_NOT_FOUND");
  }
  const value = data[field];
  const text = typeof value === "string" ? value : JSON.stringify(value);
  printForTerminal(io, io.stdout.isTerminal ? `${text}\n` : text);
}

function printForTerminal({ stdout }: Io, text: string): void {
  stdout.write(stdout.isTerminal ? toLines(text) : text);
}
