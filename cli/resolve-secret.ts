/** How a secret is named on the command line: by its id, or by its name. */

import { isSecretId } from "../lib/secret/secret.ts";
import { CliError } from "./failure.ts";
import type { Session } from "./session.ts";

const namePrefix = "name:";

export const secretArgument = "its id, or its name (name:… where the name looks like an id)";

/** The id. A name is looked up, which needs the right to list. @throws CliError where there is none of that name */
export async function resolveSecret({ client, domain }: Session, reference: string): Promise<string> {
  if (isSecretId(reference)) return reference;
  const name = reference.startsWith(namePrefix) ? reference.slice(namePrefix.length) : reference;
  if (name === "") throw new CliError("A secret's name cannot be empty.");
  const { results } = await client.list({ ...domain, name, query: { only: ["secret_id"] } });
  const id = results[0]?.secret_id;
  if (id !== undefined) return id;
  const message = `Resource cannot be found or access is denied. (name = ${name})`;
  throw new CliError(message, "notFound", "ERROR_NOT_FOUND");
}
