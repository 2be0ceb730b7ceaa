import type { Command } from "commander";
import type { SecretDataResult } from "../client/messages.ts";
import { membersOf } from "../lib/base/json-text.ts";
import { CliError, ProgramEnd } from "./failure.ts";
import type { Io } from "./io.ts";
import { showProgress } from "./output.ts";
import { findProgram, inheritedDescriptors, runProgram } from "./run-program.ts";
import {
  addVariableOptions,
  type CommonOptions,
  openSession,
  type Session,
  toReference,
  type VariableOptions,
} from "./session.ts";
import { assertNew, type NamedData, toVariables } from "./variables.ts";

interface Options extends CommonOptions, VariableOptions {
  readonly pristine?: boolean;
}

interface Call {
  readonly references: readonly string[];
  readonly program: string;
  readonly args: readonly string[];
}

export function addExec(program: Command, io: Io): Command {
  const command = program
    .command("exec")
    .summary("run a program with secrets' data in its environment")
    .description("Run a program with the members of secrets' data as environment variables.")
    .usage("[options] <secret...> -- <program> [args...]");
  return (
    addVariableOptions(
      command.argument("<secret...>", "ids or names of secrets; then -- and the program with its arguments"),
    )
      // If -- was forgotten, these are options of the program: the error below says so.
      .allowUnknownOption()
      .option("--pristine", "pass only these variables, and nothing of the current environment")
      .addHelpText(
        "after",
        `
A variable's name is the member's name in upper case, with _ for every character except A-Z, 0-9 and _, and before a leading
digit. Values that are not strings are passed as JSON. exec refuses two members with the same variable name, variables that
are already set, and names that control programs (PATH, LD_…, NODE_OPTIONS …). No list of such names is complete: use
--prefix if others may write the secret. The program receives signals, and its exit code is passed on.

Examples:
  secret exec aws-prod -- aws s3 ls
  secret exec db --prefix db_ -- sh -c 'psql "postgres://$DB_USER:$DB_PASSWORD@host/app"'
  secret exec --pristine aws-prod db -- /usr/bin/env`,
      )
      .action(async (operands: readonly string[]) => {
        const options: Options = command.optsWithGlobals();
        // An option without its value has taken -- as its value, and a later -- would count instead.
        if (Object.values(options).includes("--")) throw new CliError("An option before -- has no value.");
        await exec(io, splitOperands(program, operands), options);
      })
  );
}

/** Words after `--` are the program's. Commander returns them together with the operands. @throws CliError */
function splitOperands(program: Command, operands: readonly string[]): Call {
  const { rawArgs } = program as Command & { readonly rawArgs: readonly string[] };
  const end = rawArgs.indexOf("--");
  const [name, ...args] = end === -1 ? [] : rawArgs.slice(end + 1);
  const references = operands.slice(0, operands.length - args.length - 1);
  const unknown = references.find((reference) => reference.startsWith("-"));
  // The part after `=` may be secret, so it is not quoted.
  if (name !== undefined && unknown !== undefined) throw new CliError(`unknown option '${unknown.split("=")[0]}'`);
  if (name === undefined || references.length === 0) {
    const missing = end === -1 ? "The -- before the program is missing" : "exec needs a secret, then -- and a program";
    throw new CliError(`${missing}: secret exec aws-prod -- aws s3 ls`);
  }
  return { references, program: name, args };
}

async function exec(io: Io, { references, program, args }: Call, options: Options): Promise<void> {
  const descriptors = inheritedDescriptors();
  const present = io.environment as { readonly [name: string]: string };
  const file = findProgram(program, present["PATH"] ?? "/usr/bin:/bin");
  const session = await openSession(io, options);
  const variables = toVariables(await fetchAll(io, session, references), options);
  if (!(options.pristine || options.override)) {
    assertNew(variables, present, "--override, --prefix or --pristine");
  }
  const environment = { ...(!options.pristine && present), ...Object.fromEntries(variables) };
  throw new ProgramEnd(await runProgram({ file, name: program, args, environment }, descriptors));
}

/**
 * Reads all secrets by one call. A single secret is asked for by itself, as services know that have no `items`.
 * @throws the first error, in the order of the references
 */
async function fetchAll(io: Io, session: Session, references: readonly string[]): Promise<readonly NamedData[]> {
  const { client, domain, sealing } = session;
  const items = references.map(toReference);
  const [one, another] = items;
  if (another !== undefined) showProgress(io, `${items.length} secrets …`);
  const options = { ...domain, ...sealing };
  const isSingle = one !== undefined && another === undefined;
  const results: readonly SecretDataResult[] = isSingle
    ? [await client.getData({ ...options, ...one })]
    : await client.getMany(items, options);
  showProgress(io, "");
  return results.map((result, index) => {
    if (result.error !== undefined) throw result.error;
    return { reference: references[index] ?? result.secret_id, members: membersOf({ text: result.dataText }) };
  });
}
