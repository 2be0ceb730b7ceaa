/** `secret import`: from a source to a plan, and with --apply from the plan to the service. */

import { Argument, type Command, Option } from "commander";
import { CliError, ProgramEnd } from "../failure.ts";
import type { Io } from "../io.ts";
import { showProgress } from "../output.ts";
import { type CommonOptions, collect, collectList, openSession, type Session, toCount } from "../session.ts";
import { toTags } from "../write.ts";
import { applyPlan, isWrite } from "./apply.ts";
import { type Candidate, type Refusal, toCandidate } from "./entry.ts";
import { type Existing, type PlanRow, planImport } from "./plan.ts";
import { exitCodeOf, printReport, type Report } from "./report.ts";
import { assertOptions, type SourceName, type SourceOptions, sourceNames, sources } from "./sources.ts";
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

const usualParallel = 8;

export function addImport(program: Command, io: Io): Command {
  const command = program
    .command("import")
    .summary("bring in secrets from files and other stores")
    .description("Bring in secrets. Prints a plan; nothing is written without --apply. Values are never printed.")
    .addArgument(new Argument("<source>", "what to read").choices(sourceNames))
    .argument("[from]", "its file (- for standard input); or what paths begin with");
  return command
    .optionsGroup("What is done:")
    .option("--apply", "write what the plan says")
    .option("--verify", "read everything back and compare; with --apply afterwards")
    .addOption(
      new Option("--skip-existing", "leave secrets that exist alone; their data is not read").conflicts("verify"),
    )
    .option("--partial", "write the rest although some is refused")
    .addOption(new Option("--parallel <n>", "requests at a time").argParser(toCount).default(usualParallel))
    .optionsGroup("Names and metadata:")
    .option("--prefix <text>", "before each secret's name")
    .option("--strip <text>", "taken off where a name in the source begins with it")
    .option("--name <name>", "the secret's name, of a file that is one (else the file's)")
    .option("--each", "dotenv, json, yaml: each member of the file is a secret")
    .option("--project <id>", "project of those whose source names none")
    .option("--schema <schema>", "schema of those whose source names none")
    .option("--tag <key=value>", "a tag under those of the source; key:=json (repeatable)", collect)
    .optionsGroup("Of one source:")
    .option("--name-from <columns>", "csv: the columns of the name (default: group, title)", collectList)
    .option("--mount <path>", "vault: the mount, of KV version 2 (default: secret)")
    .option("--namespace <path>", "vault: the namespace (else VAULT_NAMESPACE)")
    .option("--all-versions", "vault: not the newest version alone")
    .option("--region <region>", "aws-…: the region (else AWS's own configuration)")
    .option("--source-tag <key=value>", "aws-…: only what has this tag (repeatable)", collect)
    .option("--kms-profile <name>", "sealed: the profile whose KMS opens it (else the import's)")
    .optionsGroup("Common:")
    .addHelpText(
      "after",
      `
Sources:
  dotenv json yaml FILE        one secret of the file's members; --each: one of each member
  csv FILE                     one of each line; 1Password's and KeePass's columns are known
  vault [PATH]                 KV version 2; VAULT_ADDR and VAULT_TOKEN
  aws-secrets-manager [PREFIX]
  aws-parameter-store [PREFIX] text that is a JSON object is that; other text is {"value": …}
  sealed FILE                  what secret export wrote

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
  const onProgress = (done: number) => showProgress(io, `${done} of ${writes.length} secrets written …`);
  const withData = !options.skipExisting;
  const outcomes = await applyPlan(session, writes, ids, { parallel, withData, onProgress });
  showProgress(io, "");
  const differing = verify && (isApplied || !apply) ? await findDiffering(io, session, found, options) : undefined;
  const report: Report = { rows, outcomes, isApplied, differing };
  printReport(io, report, session.isJson);
  throw new ProgramEnd(exitCodeOf(report));
}

type Checked = readonly (Candidate | Refusal)[];

/** All of it, each checked: nothing is written before the last is known to be right. @throws CliError */
async function readSource(io: Io, { source, from }: Call, options: ImportOptions): Promise<Checked> {
  const row = sources[source];
  assertOptions(source, options);
  if (row.operand === "file" && from === undefined)
    throw new CliError(`import ${source} takes a file, or - for standard input.`);
  const { project, schema, tag } = options;
  const defaults = { project, schema, ...(tag !== undefined && { tags: toTags(tag) }) };
  const checked: (Candidate | Refusal)[] = [];
  for await (const found of row.find(io, { ...options, from: from ?? "" })) {
    checked.push(found.kind === "entry" ? toCandidate(found, options, defaults) : found);
    showProgress(io, `${checked.length} secrets read …`);
  }
  showProgress(io, "");
  if (checked.length === 0) throw new CliError("There is nothing to import.", "notFound", "ERROR_NOT_FOUND");
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
  const onProgress = (done: number) => showProgress(io, `${done} secrets compared …`);
  const existing = await readExisting(session, names, { parallel, withData: !skipExisting, onProgress });
  showProgress(io, "");
  return { rows: planImport(found, existing), existing };
}

/** Read again, everything is as it should be where nothing would be left to do. */
async function findDiffering(
  io: Io,
  session: Session,
  found: Checked,
  options: ImportOptions,
): Promise<readonly PlanRow[]> {
  const { rows } = await plan(io, session, found, options);
  return rows.filter(({ action }) => action !== "unchanged");
}
