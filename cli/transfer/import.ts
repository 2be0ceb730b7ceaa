/** `secret import`: makes a plan from a source, and executes it with --apply. */

import { Argument, type Command, Option } from "commander";
import { CliError, ProgramEnd } from "../failure.ts";
import type { Io } from "../io.ts";
import { showProgress } from "../output.ts";
import { addParallelOption, type CommonOptions, collect, openSession, type Session } from "../session.ts";
import { toCounted } from "../text.ts";
import { toTags } from "../write.ts";
import { applyPlan, isWrite } from "./apply.ts";
import { type Candidate, type Refusal, toCandidate } from "./entry.ts";
import { type Existing, type PlanRow, planImport } from "./plan.ts";
import { exitCodeOf, printReport, type Report } from "./report.ts";
import {
  assertOptions,
  makeSourceOptions,
  type SourceName,
  type SourceOptions,
  sourceNames,
  sources,
} from "./sources.ts";
import { readExisting } from "./store.ts";

interface ImportOptions extends CommonOptions, Omit<SourceOptions, "from"> {
  readonly apply?: boolean;
  readonly verify?: boolean;
  readonly partial?: boolean;
  readonly skipExisting?: boolean;
  readonly parallel: number;
  readonly prefix?: string;
  readonly strip?: string;
  readonly project?: string;
  readonly schema?: string;
  readonly tag?: readonly string[];
}

export function addImport(program: Command, io: Io): Command {
  const command = program
    .command("import")
    .summary("import secrets from files and other stores")
    .description("Import secrets. This prints a plan, and writes nothing without --apply. Values are never printed.")
    .addArgument(new Argument("<source>", "kind of source, see below").choices(sourceNames))
    .argument("[from]", "file (- for standard input), or the beginning of the paths to read");
  command
    .optionsGroup("What is done:")
    .option("--apply", "write the changes of the plan")
    .option("--verify", "compare the service with the source (with --apply: after writing)")
    .addOption(
      new Option("--skip-existing", "leave existing secrets alone, and do not read their data").conflicts("verify"),
    )
    .option("--partial", "write the other secrets if some are refused")
    .optionsGroup("Names and metadata:")
    .option("--prefix <text>", "put this text before each secret's name")
    .option("--strip <text>", "remove this text from the beginning of the source's names")
    .option("--project <id>", "project of secrets for which the source has none")
    .option("--schema <schema>", "schema of secrets for which the source has none")
    .option(
      "--tag <key=value>",
      "a tag, unless the source has it; key:=json for a value that is not a string (repeatable)",
      collect,
    )
    .optionsGroup("Of one kind of source:");
  for (const option of makeSourceOptions()) command.addOption(option);
  return addParallelOption(command.optionsGroup("Common:"))
    .addHelpText(
      "after",
      `
Sources:
  dotenv json yaml FILE         one secret with the file's members; with --each, one secret for each member
  csv FILE                      one secret for each line; the columns of 1Password and KeePass are known
  vault [PATH]                  KV version 2 of the Vault that VAULT_ADDR and VAULT_TOKEN give access to
  aws-secrets-manager [PREFIX]  a value that is a JSON object becomes the data; any other text becomes {"value": …}
  aws-parameter-store [PREFIX]  the same
  sealed FILE                   a file that secret export wrote

Examples:
  secret import dotenv prod.env --name billing
  sops --decrypt prod.yaml | secret import yaml - --name billing --apply --verify
  secret import vault apps/ --prefix vault/ --all-versions --apply
  secret import aws-parameter-store /prod/ --strip / --source-tag team=billing --json`,
    )
    .action(
      async (source: SourceName, from: string | undefined) =>
        await importSecrets(io, { source, from }, command.optsWithGlobals()),
    );
}

interface Call {
  readonly source: SourceName;
  readonly from: string | undefined;
}

async function importSecrets(io: Io, call: Call, options: ImportOptions): Promise<void> {
  const { apply = false, verify = false, partial = false, parallel } = options;
  const found = await readSource(io, call, options);
  const session = await openSession(io, options);
  const { rows, existing } = await plan(io, session, found, options);
  const isRefused = rows.some(({ action }) => action === "refused");
  const isApplied = apply && (partial || !isRefused);
  const writes = isApplied ? rows.filter(isWrite) : [];
  const ids = new Map([...existing].map(([name, { secret }]) => [name, secret.secret_id]));
  const onProgress = (done: number) => showProgress(io, `Wrote ${done} of ${writes.length} secrets …`);
  const withData = !options.skipExisting;
  const outcomes = await applyPlan(session, writes, ids, { parallel, withData, onProgress });
  showProgress(io, "");
  const differing = verify && (isApplied || !apply) ? await findDiffering(io, session, found, options) : undefined;
  const report: Report = { rows, outcomes, isApplied, differing };
  printReport(io, report, session.isJson);
  throw new ProgramEnd(exitCodeOf(report));
}

type Checked = readonly (Candidate | Refusal)[];

/**
 * Reads and checks the whole source, because nothing is written before all of it is known to be right.
 * @throws CliError
 */
async function readSource(io: Io, { source, from }: Call, options: ImportOptions): Promise<Checked> {
  const row = sources[source];
  assertOptions(source, options);
  if (row.operand === "file" && from === undefined)
    throw new CliError(`import ${source} needs a file, or - for standard input.`);
  const { project, schema, tag } = options;
  const defaults = { project, schema, ...(tag !== undefined && { tags: toTags(tag) }) };
  const checked: (Candidate | Refusal)[] = [];
  for await (const found of row.find(io, { ...options, from: from ?? "" })) {
    checked.push(found.kind === "entry" ? toCandidate(found, options, defaults) : found);
    showProgress(io, `Read ${toCounted(checked.length, "secret")} …`);
  }
  showProgress(io, "");
  if (checked.length === 0)
    throw new CliError("The source has no secrets: there is nothing to import.", "notFound", "ERROR_NOT_FOUND");
  return checked;
}

interface Planned {
  readonly rows: readonly PlanRow[];
  readonly existing: ReadonlyMap<string, Existing>;
}

async function plan(io: Io, session: Session, found: Checked, options: ImportOptions): Promise<Planned> {
  const { parallel, skipExisting = false } = options;
  const names = new Set(
    found.flatMap((one) =>
      one.kind === "refused" ? [] : [one.name, ...(one.trustedName === undefined ? [] : [one.trustedName])],
    ),
  );
  const onProgress = (done: number) => showProgress(io, `Compared ${toCounted(done, "secret")} …`);
  const existing = await readExisting(session, names, { parallel, withData: !skipExisting, onProgress });
  showProgress(io, "");
  return { rows: planImport(found, existing), existing };
}

/** Plans the import again. Everything is as it should be if that plan has nothing left to do. */
async function findDiffering(
  io: Io,
  session: Session,
  found: Checked,
  options: ImportOptions,
): Promise<readonly PlanRow[]> {
  const { rows } = await plan(io, session, found, options);
  return rows.filter(({ action }) => action !== "unchanged");
}
