/** The commands that change secrets: create, update, update-data and delete. */

import type { Command } from "commander";
import type { JsonObject, JsonValue } from "../lib/base/json.ts";
import { holdsInexactNumber, JsonTextError, parseJsonText } from "../lib/base/json-text.ts";
import { parseRelativeDate, resolveDate } from "../lib/query/date.ts";
import { splitKey } from "../lib/query/path.ts";
import { addDataOptions, type DataOptions, readData, refuseDataArguments } from "./data-input.ts";
import { CliError } from "./failure.ts";
import type { Io } from "./io.ts";
import { printJson, printSecret } from "./output.ts";
import { type CommonOptions, collect, openSession, resolveSecret, secretArgument, toCount } from "./session.ts";

interface CreateOptions extends CommonOptions, DataOptions {
  readonly type: "CREDENTIALS";
  readonly schema?: string;
  readonly project?: string;
  readonly account?: string;
  readonly trusted?: string;
  readonly tag?: readonly string[];
  readonly expires?: string;
}

interface UpdateOptions extends CommonOptions {
  readonly name?: string;
  readonly tag?: readonly string[] | false;
  readonly setTag?: readonly string[];
  readonly removeTag?: readonly string[];
  readonly project?: string | false;
  readonly expires?: string;
}

type SessionUpdate = Awaited<ReturnType<typeof openSession>>["client"]["update"];

interface UpdateDataOptions extends CommonOptions, DataOptions {
  readonly schema?: string;
  readonly expires?: string;
  readonly expectedVersion?: number;
}

interface DeleteOptions extends CommonOptions {
  readonly permanently?: boolean;
}

const expiresHelp = "when the data expires: 2027-03-01, 2027-03-01T09:30Z or now+90d";

type Node = { readonly value: JsonValue } | Map<string, Node>;

export function addCreate(program: Command, io: Io): Command {
  const command = program
    .command("create <name>")
    .summary("create a secret")
    .description("Create a secret. Its data comes from a file, standard input or a hidden prompt.")
    .option("--type <type>", "the API's secret_type", "CREDENTIALS")
    .option("--schema <schema>", "kind of credentials, for example aws_access_key")
    .option("--project <id>", "project that the secret belongs to")
    .option("--account <id>", "service account that the secret belongs to")
    .option("--trusted <secret>", "trusted secret whose data it inherits")
    .option("--tag <key=value>", "a tag; key:=json for a value that is not a string (repeatable)", collect)
    .option("--expires <date>", expiresHelp);
  return addDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  secret create aws-prod --schema aws_access_key --tag env=prod --data-file key.json
  pass show db | secret create db --data-stdin
  secret create deploy --file private_key=id_ed25519 --file note=- < note.txt
  secret create db --ask user --ask password --expires now+90d`,
    )
    .action(async (name: string) => {
      refuseDataArguments(command, 1);
      await create(io, name, command.optsWithGlobals());
    });
}

async function create(io: Io, name: string, options: CreateOptions): Promise<void> {
  const { type, schema, project, account, trusted, tag, expires } = options;
  const tags = toTags(tag ?? []);
  const dataText = await readData(io, options);
  const session = await openSession(io, options);
  const secret = await session.client.create({
    ...session.domain,
    name,
    dataText,
    secret_type: type,
    tags,
    ...(schema !== undefined && { schema }),
    ...(project !== undefined && { project_id: project }),
    ...(account !== undefined && { service_account_id: account }),
    ...(expires !== undefined && { expires_at: toExpiry(expires) }),
    ...(trusted !== undefined && { trusted_secret_id: await resolveSecret(session, trusted) }),
  });
  printSecret(io, secret, session.isJson);
}

export function addUpdate(program: Command, io: Io): Command {
  const command = program
    .command("update")
    .summary("change a secret's name, tags, project or expiry date")
    .description("Change a secret's name, tags, project or expiry date. Everything else stays as it is.");
  return command
    .argument("<secret>", secretArgument)
    .option("--name <name>", "new name")
    .option(
      "--tag <key=value>",
      "replace all tags with the given ones; key:=json for a value that is not a string (repeatable)",
      collectTags,
    )
    .option("--no-tag", "remove all tags")
    .option("--set-tag <key=value>", "add or change this tag, and keep the others (repeatable)", collect)
    .option("--remove-tag <key>", "remove this tag, and keep the others (repeatable)", collect)
    .option("--project <id>", "move the secret to this project")
    .option("--no-project", "remove the secret from its project")
    .option("--expires <date>", `${expiresHelp}; never for no expiry`)
    .addHelpText(
      "after",
      `
Examples:
  secret update aws-prod --name aws-production
  secret update aws-prod --tag env=prod --tag owner.name=Kim --tag cost:=12.5
  secret update aws-prod --set-tag owner.name=Kim --remove-tag cost
  secret update aws-prod --no-project`,
    )
    .action(async (reference: string) => await update(io, reference, command.optsWithGlobals()));
}

async function update(io: Io, reference: string, options: UpdateOptions): Promise<void> {
  const change = toChange(options);
  if (Object.keys(change).length === 0)
    throw new CliError("Nothing to change: use --name, --tag, --set-tag, --remove-tag, --project or --expires.");
  const session = await openSession(io, options);
  const secretId = await resolveSecret(session, reference);
  printSecret(io, await session.client.update({ ...session.domain, ...change, secret_id: secretId }), session.isJson);
}

function toChange(options: UpdateOptions): Omit<Parameters<SessionUpdate>[0], "secret_id"> {
  const { name, tag, project, expires } = options;
  const patch = toTagPatch(options);
  if (tag !== undefined && patch !== undefined) {
    throw new CliError("--tag and --no-tag replace all tags: they cannot be combined with --set-tag or --remove-tag.");
  }
  return {
    ...(name !== undefined && { name }),
    ...(tag !== undefined && { tags: toTags(tag || []) }),
    ...(patch !== undefined && { tags: patch, merge_tags: true }),
    ...(project === false && { release_project: true }),
    ...(typeof project === "string" && { project_id: project }),
    ...(expires !== undefined && { expires_at: toExpiry(expires) }),
  };
}

/** The JSON Merge Patch (RFC 7396) of the two options; `undefined` if neither is set. */
function toTagPatch({ setTag, removeTag }: UpdateOptions): JsonObject | undefined {
  if (setTag === undefined && removeTag === undefined) return undefined;
  const removed = (removeTag ?? []).map((key) => {
    if (key === "" || key.includes("=")) throw new CliError(`--remove-tag takes only a key, not "${key}".`);
    return `${key}:=null`;
  });
  return toTags([...(setTag ?? []), ...removed]);
}

/** Resolves a date relative to now, as filters have it. The service parses all other dates. */
function toExpiry(text: string): string {
  const relative = parseRelativeDate(text);
  if (relative === undefined) return text;
  try {
    return resolveDate(relative, new Date()).toISOString();
  } catch {
    throw new CliError(`--expires ${text} is outside the years 1 to 9999.`);
  }
}

/** After `--no-tag`, the earlier value is `false`, and there is nothing to add to. */
function collectTags(value: string, earlier: readonly string[] | boolean = []): readonly string[] {
  return collect(value, Array.isArray(earlier) ? earlier : []);
}

export function addUpdateData(program: Command, io: Io): Command {
  const command = program
    .command("update-data")
    .summary("write new data, as a secret's next version")
    .description(
      "Write new data, as the secret's next version. It comes from a file, standard input or a hidden prompt.",
    )
    .argument("<secret>", secretArgument)
    .option("--schema <schema>", "new kind of credentials (default: unchanged)")
    .option("--expires <date>", expiresHelp)
    .option("--expected-version <n>", "write only if this is the current version", toCount);
  return addDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  secret update-data aws-prod --data-file key.json --expected-version 3
  secret update-data db --ask user --ask password`,
    )
    .action(async (reference: string) => {
      refuseDataArguments(command, 1);
      await updateData(io, reference, command.optsWithGlobals());
    });
}

async function updateData(io: Io, reference: string, options: UpdateDataOptions): Promise<void> {
  const { schema, expires, expectedVersion } = options;
  const dataText = await readData(io, options);
  const session = await openSession(io, options);
  await session.client.updateData({
    ...session.domain,
    secret_id: await resolveSecret(session, reference),
    dataText,
    ...(schema !== undefined && { schema }),
    ...(expires !== undefined && { expires_at: toExpiry(expires) }),
    ...(expectedVersion !== undefined && { expected_version: expectedVersion }),
  });
  if (session.isJson) printJson(io, {});
}

export function addDelete(program: Command, io: Io): Command {
  const command = program
    .command("delete")
    .summary("delete a secret")
    .description(
      "Delete a secret with all versions of its data, without asking for confirmation. For some days, the service's operator can restore it.",
    );
  return command
    .argument("<secret>", secretArgument)
    .option("--permanently", "delete it for good: nobody can restore it")
    .addHelpText("after", "\nExamples:\n  secret delete aws-old\n  secret delete leaked-key --permanently")
    .action(async (reference: string) => await remove(io, reference, command.optsWithGlobals()));
}

async function remove(io: Io, reference: string, options: DeleteOptions): Promise<void> {
  const session = await openSession(io, options);
  const secretId = await resolveSecret(session, reference);
  const { permanently = false } = options;
  await session.client.delete({ ...session.domain, secret_id: secretId, ...(permanently && { permanently }) });
  if (session.isJson) printJson(io, {});
}

/**
 * Tags from `key=value` (a string) and `key:=json`. As in a query, dots in a key lead into objects, and `\\.` is a dot.
 * @throws CliError that names the term at fault
 */
export function toTags(terms: readonly string[]): JsonObject {
  const tags = new Map<string, Node>();
  for (const term of terms) {
    const [, key = "", mark, text = ""] = /^([^=]*?)(:?=)(.*)$/s.exec(term) ?? [];
    if (mark === undefined || key === "") throw new CliError(`A tag must be key=value or key:=json, not "${term}".`);
    put(tags, splitKey(key), mark === "=" ? text : parseValue(text, term), term);
  }
  return toObject(tags);
}

function put(tags: Map<string, Node>, [first = "", ...rest]: readonly string[], value: JsonValue, term: string): void {
  const there = tags.get(first);
  if (rest.length === 0 && there === undefined) {
    tags.set(first, { value });
  } else if (rest.length > 0 && (there === undefined || there instanceof Map)) {
    const inner = there ?? new Map<string, Node>();
    tags.set(first, inner);
    put(inner, rest, value, term);
  } else {
    throw new CliError(`"${term}" sets a tag that is already set.`);
  }
}

function toObject(tags: ReadonlyMap<string, Node>): JsonObject {
  return Object.fromEntries([...tags].map(([key, node]) => [key, node instanceof Map ? toObject(node) : node.value]));
}

function parseValue(text: string, term: string): JsonValue {
  try {
    // Parsed as a member of an object, so that members that come twice are found, too.
    const value = JSON.parse(text) as JsonValue;
    parseJsonText(`{"value":${text}}`);
    if (!holdsInexactNumber(text)) return value;
  } catch (error) {
    const reason = error instanceof JsonTextError ? error.message : "needs valid JSON after :=; use = for a string";
    throw new CliError(`"${term}" ${reason}.`);
  }
  throw new CliError(`"${term}" has a number with too many digits: use = to store it as a string.`);
}
