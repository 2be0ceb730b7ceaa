/** `npm run rewrap`: wraps all data keys under another KMS key, while the functions run, without decrypting any. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { documentClient } from "../../lib/store/client.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { type Progress, rewrap } from "./rewrapping/rewrap.ts";
import { runTool } from "./tool.ts";

const usage = `npm run rewrap -- --to <key> [options]

  --to key              id, ARN or alias of the key that is to wrap all data keys
  --dry-run             only counts what there is to do
  --rate 50             rows per second at most
${deploymentUsage}

It can be ended at any moment, with Ctrl-C too, and begun again: it goes on with what is left.

Exit code: 0 all is wrapped by the key, 1 some rows are not, 2 it could not be done.
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
  if (values.to === undefined || !(perSecond > 0)) throw new Error(usage);
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
    ...Object.entries(found).map(([keyId, rows]) => `${rows} found under ${keyId}`),
    `${moved} moved, ${gone} deleted or moved by others meanwhile`,
    ...failed.map((key) => `KMS does not open the wrapped key of ${JSON.stringify(key)}`),
    isComplete ? "Nothing else is under another key.\n" : "There may be more under other keys: run it again.\n",
  ].join("\n");
}
