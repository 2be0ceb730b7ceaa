/** `npm run inspect`: reports where a deployed stage differs from serverless.yml. It changes nothing. */

import { parseArgs } from "node:util";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { deploymentOptions } from "./deployment.ts";
import { promiseOf } from "./inspection/promise.ts";
import { inspectStage } from "./inspection/stage.ts";
import { runTool } from "./tool.ts";

const usage = `npm run inspect -- --stage name [options]

  --stage name               the stage, in the account and region of the environment
  --secrets-table name       and --names-table, --data-table, --tokens-table, --deleted-table: as secretsTable… of the deployment
  --key id                   as kmsKeyId of the deployment; without it, the alias of the stage
  --log-retention-days days  as logRetentionDays of the deployment; without it, that of serverless.yml
  --http-api false           as httpApi of the deployment

Exit code: 0 the stage is as promised, 1 it differs (each difference is told), 2 AWS did not let us look.
`;

await runTool(usage, async () => {
  const { values } = parseArgs({
    options: {
      ...deploymentOptions,
      ...{ key: { type: "string" }, "log-retention-days": { type: "string" }, "http-api": { type: "string" } },
    },
  });
  const promise = await promiseOf(values);
  const clients = {
    dynamodb: new DynamoDBClient(),
    kms: new KMSClient(),
    logs: new CloudWatchLogsClient(),
    cloudwatch: new CloudWatchClient(),
  };
  const differences = await inspectStage(clients, promise);
  const end = differences.length === 0 ? `${promise.name} is as promised.` : `${differences.length} differences.`;
  process.stdout.write([...differences, `${end}\n`].join("\n"));
  return differences.length === 0 ? 0 : 1;
});
