/** `secret create`. */

import type { Command } from "commander";
import { addDataOptions, type DataOptions, readData, refuseDataArguments } from "../data/secret-data.ts";
import { collect, toTags } from "../options.ts";
import { printSecret } from "../output/secrets.ts";
import { resolveSecret } from "../resolve-secret.ts";
import { type CommonOptions, openSession } from "../session.ts";

interface Options extends CommonOptions, DataOptions {
  readonly type: "CREDENTIALS";
  readonly schema?: string;
  readonly project?: string;
  readonly account?: string;
  readonly trusted?: string;
  readonly tag: readonly string[];
}

export function addCreate(program: Command): Command {
  const command = program
    .command("create <name>")
    .summary("make a secret")
    .description("Make a secret; its data comes from a file, standard input or a hidden prompt.")
    .option("--type <type>", "the API's secret_type", "CREDENTIALS")
    .option("--schema <schema>", "what kind of credentials, e.g. aws_access_key")
    .option("--project <id>", "project that it belongs to")
    .option("--account <id>", "service account that it is of")
    .option("--trusted <secret>", "secret whose data lies under its own")
    .option("--tag <key=value>", "a tag; key:=json for what is no text (repeatable)", collect, []);
  return addDataOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  secret create aws-prod --schema aws_access_key --tag env=prod --data-file key.json
  pass show db | secret create db --data-stdin
  secret create db --ask user --ask password`,
    )
    .action(async (name: string) => {
      refuseDataArguments(command, 1);
      await create(name, command.optsWithGlobals());
    });
}

async function create(name: string, options: Options): Promise<void> {
  const { type, schema, project, account, trusted, tag } = options;
  const tags = toTags(tag);
  const data = await readData(options);
  const session = await openSession(options);
  const secret = await session.client.create({
    ...session.domain,
    name,
    data,
    secret_type: type,
    tags,
    ...(schema !== undefined && { schema }),
    ...(project !== undefined && { project_id: project }),
    ...(account !== undefined && { service_account_id: account }),
    ...(trusted !== undefined && { trusted_secret_id: await resolveSecret(session, trusted) }),
  });
  printSecret(secret, session.isJson);
}
