/** `npm run inspect`: reports where a deployed stage differs from serverless.yml. It changes nothing. */

import { parseArgs } from "node:util";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { toCounted } from "../../cli/text.ts";
import { deploymentOptions } from "./deployment.ts";
import { promiseOf } from "./inspection/promise.ts";
import { inspectStage } from "./inspection/stage.ts";
import { runTool } from "./tool.ts";

const usage = `npm run inspect -- --stage name [options]

Compares a deployed stage with serverless.yml, and changes nothing.

  --stage name               the stage, in the AWS account and region that the environment names
  --secrets-table name       secretsTable of the deployment; also --names-table, --data-table, --tokens-table, --deleted-table
  --key id                   kmsKeyId of the deployment (default: the stage's alias)
  --log-retention-days days  logRetentionDays of the deployment (default: that of serverless.yml)
  --http-api false           httpApi of the deployment

Exit code: 0 the stage is as declared, 1 it differs (each difference is listed), 2 it could not be compared.
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
  const end =
    differences.length === 0 ? `${promise.name} is as declared.` : `${toCounted(differences.length, "difference")}.`;
  process.stdout.write([...differences, `${end}\n`].join("\n"));
  return differences.length === 0 ? 0 : 1;
});
