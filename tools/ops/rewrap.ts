/** `npm run rewrap`: wraps all data keys under another KMS key, while the functions run, without decrypting any. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { toCounted } from "../../cli/text.ts";
import { documentClient } from "../../lib/store/client.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { type Progress, rewrap } from "./rewrapping/rewrap.ts";
import { runTool, UsageError } from "./tool.ts";

const usage = `npm run rewrap -- --to key [options]

Wraps all data keys with another KMS key, while the functions go on running.

  --to key              id, ARN or alias of the KMS key that is to wrap all data keys
  --dry-run             only count the rows to change
  --rate 50             rows per second at most
${deploymentUsage}

You can stop it at any moment, also with Ctrl-C, and run it again: it continues with the rows that are left.

Exit code: 0 the key wraps all data keys, 1 some rows are left, 2 it failed.
`;

const progressMs = 5000;

await runTool(usage, async (signal) => {
  const { values } = parseArgs({
    options: {
      ...deploymentOptions,
      to: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      rate: { type: "string", default: "50" },
    },
  });
  const perSecond = Number(values.rate);
  if (values.to === undefined) throw new UsageError("--to is missing.");
  if (!(perSecond > 0)) throw new UsageError("--rate must be a number greater than 0.");
  const { tables, environment } = await findDeployment(values);
  Object.assign(process.env, environment);
  const database = { client: documentClient(new DynamoDBClient({ maxAttempts: 10 })), tables };
  let told = Date.now();
  const progress = await rewrap(database, new KMSClient({ maxAttempts: 10 }), {
    to: values.to,
    perSecond,
    isDryRun: values["dry-run"],
    signal,
    onProgress: (sofar) => {
      if (Date.now() - told < progressMs) return;
      told = Date.now();
      process.stdout.write(`${sofar.moved} moved so far\n`);
    },
  });
  process.stdout.write(describe(progress));
  return progress.isComplete && progress.failed.length === 0 ? 0 : 1;
});

function describe({ found, moved, gone, failed, isComplete }: Progress): string {
  return [
    ...Object.entries(found).map(([keyId, rows]) => `${toCounted(rows, "row")} found under ${keyId}`),
    `${moved} moved, ${gone} deleted or moved by others meanwhile`,
    ...failed.map((key) => `KMS refuses to re-encrypt the data key of ${JSON.stringify(key)}`),
    isComplete ? "No other row is under another key.\n" : "More rows may be under other keys: run it again.\n",
  ].join("\n");
}
