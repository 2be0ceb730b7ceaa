/** `secret update-data`. */

import type { Command } from "commander";
import { addDataOptions, type DataOptions, readData, refuseDataArguments } from "../data/secret-data.ts";
import { toCount } from "../options.ts";
import { printJson } from "../output/terminal.ts";
import { resolveSecret, secretArgument } from "../resolve-secret.ts";
import { type CommonOptions, openSession } from "../session.ts";

interface Options extends CommonOptions, DataOptions {
  readonly schema?: string;
  readonly expectedVersion?: number;
}

export function addUpdateData(program: Command): Command {
  const command = program
    .command("update-data")
    .summary("give a secret new data")
    .description("Give a secret new data, as its next version, from a file, standard input or a hidden prompt.")
    .argument("<secret>", secretArgument)
    .option("--schema <schema>", "what kind of credentials it is now")
    .option("--expected-version <n>", "only if this is the current version", toCount);
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
      await updateData(reference, command.optsWithGlobals());
    });
}

async function updateData(reference: string, options: Options): Promise<void> {
  const { schema, expectedVersion } = options;
  const data = await readData(options);
  const session = await openSession(options);
  await session.client.updateData({
    ...session.domain,
    secret_id: await resolveSecret(session, reference),
    data,
    ...(schema !== undefined && { schema }),
    ...(expectedVersion !== undefined && { expected_version: expectedVersion }),
  });
  if (session.isJson) printJson({});
}
