/** `secret get`. */

import type { Command } from "commander";
import { toKey } from "../filter/fields.ts";
import { collectList } from "../options.ts";
import { printSecret } from "../output/secrets.ts";
import { resolveSecret, secretArgument } from "../resolve-secret.ts";
import { type CommonOptions, openSession } from "../session.ts";

interface Options extends CommonOptions {
  readonly only?: readonly string[];
}

export function addGet(program: Command): Command {
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
    .action(async (reference: string) => await get(reference, command.optsWithGlobals()));
}

async function get(reference: string, options: Options): Promise<void> {
  const only = options.only?.map((name) => toKey(name, "--only").key);
  const session = await openSession(options);
  const { client, domain, isJson } = session;
  const secretId = await resolveSecret(session, reference);
  printSecret(await client.get({ ...domain, secret_id: secretId, ...(only && { only }) }), isJson);
}
