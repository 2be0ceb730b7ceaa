/** `npm run undelete`: restores a deleted secret, or lists those that can be restored. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { name as nameSchema } from "../../lib/request/message.ts";
import { documentClient } from "../../lib/store/client.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { runTool } from "./tool.ts";
import { type Deleted, listDeleted } from "./undeletion/deleted.ts";
import { undelete } from "./undeletion/undelete.ts";

const usage = `npm run undelete -- --domain id SECRET_ID [options]
npm run undelete -- --domain id --list [options]

  --domain id           domain of the secret
  --list                shows the deleted secrets of the domain that can be taken back, the last deleted first
  --name name           the secret's name from now on, where its own is taken
${deploymentUsage}

Exit code: 0 it is back, 1 it is refused (why is told, and nothing is changed), 2 it could not be done.
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
  const [secretId, ...more] = positionals;
  const { domain: domainId, list, name } = values;
  const isAsked = list ? secretId === undefined && name === undefined : secretId !== undefined;
  if (domainId === undefined || more.length > 0 || !isAsked) throw new Error(usage);
  if (name !== undefined && !v.is(nameSchema, name))
    throw new Error("--name takes 1 to 255 characters, and not only whitespace.");
  const { tables, environment } = await findDeployment(values);
  Object.assign(process.env, environment);
  const database = { client: documentClient(new DynamoDBClient({ maxAttempts: 10 })), tables };
  const now = new Date();
  if (secretId === undefined) {
    const deleted = await listDeleted(database, domainId, { signal });
    write(deleted.filter(({ expiresAt }) => expiresAt * 1000 > now.getTime()).map(describe));
    return 0;
  }
  const result = await undelete(database, { domainId, secretId, name, now }, { signal });
  if (result.kind === "refused") {
    write([result.reason]);
    return 1;
  }
  const { secret } = result;
  write([`${secretId} is back as ${JSON.stringify(secret.name)}, version ${secret.version ?? "none"}.`]);
  return 0;
});

function write(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Prints the name as JSON, because it may have escape sequences for a terminal. */
function describe({ secret, deletedAt, expiresAt }: Deleted): string {
  const until = new Date(expiresAt * 1000).toISOString();
  const under = secret.trusted_secret_id === null ? "" : `  under ${secret.trusted_secret_id}`;
  return `${secret.secret_id}  ${JSON.stringify(secret.name)}  deleted ${deletedAt}  until ${until}${under}`;
}
