/** `secret delete`. */

import type { Command } from "commander";
import { printJson } from "../output/terminal.ts";
import { resolveSecret, secretArgument } from "../resolve-secret.ts";
import { type CommonOptions, openSession } from "../session.ts";

export function addDelete(program: Command): Command {
  const command = program
    .command("delete")
    .summary("delete a secret for good")
    .description("Delete a secret with all versions of its data, for good. It is not asked whether you are sure.");
  return command
    .argument("<secret>", secretArgument)
    .addHelpText("after", "\nExample:\n  secret delete aws-old")
    .action(async (reference: string) => await remove(reference, command.optsWithGlobals()));
}

async function remove(reference: string, options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  await session.client.delete({ ...session.domain, secret_id: await resolveSecret(session, reference) });
  if (session.isJson) printJson({});
}
