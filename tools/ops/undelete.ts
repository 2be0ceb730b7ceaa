/** `npm run undelete`: restores a deleted secret, or lists those that can be restored. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { name as nameSchema } from "../../lib/request/message.ts";
import { type Database, documentClient } from "../../lib/store/client.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { runTool, UsageError } from "./tool.ts";
import { type Deleted, listDeleted } from "./undeletion/deleted.ts";
import { undelete } from "./undeletion/undelete.ts";

const usage = `npm run undelete -- --domain id SECRET_ID [options]
npm run undelete -- --domain id --list [options]

Restores a deleted secret, or lists those that can be restored.

  --domain id           domain of the secret
  --list                list the domain's deleted secrets that can be restored, the last deleted first
  --name name           restore the secret under this name, if its own is taken
${deploymentUsage}

Exit code: 0 it was restored, 1 it was refused (with the reason, and nothing was changed), 2 it failed.
`;

await runTool(usage, async (signal) => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...deploymentOptions,
      domain: { type: "string" },
      list: { type: "boolean", default: false },
      name: { type: "string" },
    },
  });
  const { domain: domainId, list, name } = values;
  if (domainId === undefined) throw new UsageError("--domain is missing.");
  const secretId = readSecretId(positionals, list);
  if (list && name !== undefined) throw new UsageError("--list takes no --name.");
  if (name !== undefined && !v.is(nameSchema, name))
    throw new UsageError("--name must have 1 to 255 characters, and not only whitespace.");
  const { tables, environment } = await findDeployment(values);
  Object.assign(process.env, environment);
  const database = { client: documentClient(new DynamoDBClient({ maxAttempts: 10 })), tables };
  const now = new Date();
  if (secretId === undefined) return await listKept(database, domainId, { now, signal });
  const result = await undelete(database, { domainId, secretId, name, now }, { signal });
  if (result.kind === "refused") {
    write([result.reason]);
    return 1;
  }
  const { secret } = result;
  write([`${secretId} is back as ${JSON.stringify(secret.name)}, version ${secret.version ?? "none"}.`]);
  return 0;
});

/** @returns `undefined` with `--list`, which takes no id @throws UsageError */
function readSecretId([secretId, ...more]: readonly string[], isList: boolean): string | undefined {
  if (more.length > 0) throw new UsageError("One secret can be restored at a time.");
  if (isList && secretId !== undefined) throw new UsageError("--list takes no SECRET_ID.");
  if (!isList && secretId === undefined) throw new UsageError("Name a SECRET_ID, or use --list.");
  return secretId;
}

async function listKept(
  database: Database,
  domainId: string,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<number> {
  const deleted = await listDeleted(database, domainId, { signal });
  const kept = deleted.filter(({ expiresAt }) => expiresAt * 1000 > now.getTime());
  write(kept.map(describe));
  if (kept.length === 0) process.stderr.write(`${domainId} has no deleted secret that can be restored.\n`);
  return 0;
}

function write(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Prints the name as JSON, because it may have escape sequences for a terminal. */
function describe({ secret, deletedAt, expiresAt }: Deleted): string {
  const until = new Date(expiresAt * 1000).toISOString();
  const under = secret.trusted_secret_id === null ? "" : `  under ${secret.trusted_secret_id}`;
  return `${secret.secret_id}  ${JSON.stringify(secret.name)}  deleted ${deletedAt}  until ${until}${under}`;
}
