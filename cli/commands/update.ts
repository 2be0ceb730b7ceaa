/** `secret update`. */

import type { Command } from "commander";
import { CliError } from "../failure.ts";
import { collect, toTags } from "../options.ts";
import { printSecret } from "../output/secrets.ts";
import { resolveSecret, secretArgument } from "../resolve-secret.ts";
import { type CommonOptions, openSession } from "../session.ts";

interface Options extends CommonOptions {
  readonly name?: string;
  readonly tag?: readonly string[] | false;
  readonly project?: string | false;
}

export function addUpdate(program: Command): Command {
  const command = program
    .command("update")
    .summary("change a secret's name, tags or project")
    .description("Change a secret's name, tags or project; what is not given stays.");
  return command
    .argument("<secret>", secretArgument)
    .option("--name <name>", "its new name")
    .option(
      "--tag <key=value>",
      "the tags, in place of all it has; key:=json for what is no text (repeatable)",
      collectTags,
    )
    .option("--no-tag", "no tags any more")
    .option("--project <id>", "the project that it belongs to")
    .option("--no-project", "of no project any more")
    .addHelpText(
      "after",
      `
Examples:
  secret update aws-prod --name aws-production
  secret update aws-prod --tag env=prod --tag owner.name=Kim --tag cost:=12.5
  secret update aws-prod --no-project`,
    )
    .action(async (reference: string) => await update(reference, command.optsWithGlobals()));
}

async function update(reference: string, options: Options): Promise<void> {
  const change = toChange(options);
  if (Object.keys(change).length === 0) throw new CliError("Nothing to change: give --name, --tag or --project.");
  const session = await openSession(options);
  const secretId = await resolveSecret(session, reference);
  printSecret(await session.client.update({ ...session.domain, ...change, secret_id: secretId }), session.isJson);
}

function toChange({ name, tag, project }: Options): Omit<Parameters<SessionUpdate>[0], "secret_id"> {
  return {
    ...(name !== undefined && { name }),
    ...(tag !== undefined && { tags: toTags(tag || []) }),
    ...(project === false && { release_project: true }),
    ...(typeof project === "string" && { project_id: project }),
  };
}

type SessionUpdate = Awaited<ReturnType<typeof openSession>>["client"]["update"];

/** `--no-tag` before a `--tag` leaves nothing to add to. */
function collectTags(value: string, earlier: readonly string[] | boolean = []): readonly string[] {
  return collect(value, Array.isArray(earlier) ? earlier : []);
}
