/** `npm run migrate`: moves secrets from Cloudforet, from files that its operators export. Writes only with --apply. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { toCounted } from "../../cli/text.ts";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { migrate } from "./migration/migrate.ts";
import { parseKey } from "./migration/open-aes.ts";
import { describeReport } from "./migration/report.ts";
import { runTool, UsageError } from "./tool.ts";

const usage = `npm run migrate -- --secrets file --values file [options]

Moves secrets from an export of Cloudforet's own Secret service. Writes nothing without --apply.

  --secrets file          the collection secret, as mongoexport writes it; each of the three file options can be repeated
  --trusted-secrets file  the collection trusted_secret, written in the same way
  --values file           the data: lines of Secrets Manager, of the collection secret_data, or of Vault
  --domain id             move only this domain's secrets
  --key-env name          the environment variable that holds Cloudforet's encrypt_key, for encrypted data
  --workspace-as-tag      move secrets of workspaces (v2) with a tag workspace_id, instead of refusing them
  --apply                 write; without it, the report says what would be written
  --width 16              how many secrets to work on at a time, from 1 to 256
  --key id                id, ARN or alias of the stage's KMS key, if it is not the stack's own
${deploymentUsage}

You can stop it at any moment, also with Ctrl-C, and run it again: secrets that were moved are left alone.

Exit code: 0 everything was moved (or would be), 1 some secrets were refused (each with its reason), 2 it failed.
`;

const files = { type: "string", multiple: true, default: [] as string[] } as const;
const progressMs = 5000;

await runTool(usage, async (signal) => {
  const { values: given } = parseArgs({
    options: {
      ...deploymentOptions,
      ...{ secrets: files, "trusted-secrets": files, values: files },
      ...{ domain: { type: "string" }, "key-env": { type: "string" }, key: { type: "string" } },
      ...{ "workspace-as-tag": { type: "boolean", default: false }, apply: { type: "boolean", default: false } },
      width: { type: "string", default: "16" },
    },
  });
  const width = Number(given.width);
  const documents = [...given.secrets, ...given["trusted-secrets"]];
  if (documents.length === 0) throw new UsageError("--secrets or --trusted-secrets is missing.");
  if (given.values.length === 0) throw new UsageError("--values is missing.");
  if (!(width >= 1 && width <= 256)) throw new UsageError("--width must be a number from 1 to 256.");
  const key = given["key-env"] === undefined ? null : parseKey(process.env[given["key-env"]] ?? "");
  const { tables, keyId, environment } = await findDeployment(given);
  Object.assign(process.env, environment);
  const rules = { domainId: given.domain ?? null, workspaceAsTag: given["workspace-as-tag"] };
  const database = { client: documentClient(new DynamoDBClient({ maxAttempts: 10 })), tables };
  const ports = {
    secrets: dynamodbSecretStore(database),
    rows: dynamodbSecretRows(database),
    keys: new KmsKeyService(new KMSClient({ maxAttempts: 10 }), given.key ?? keyId),
  };
  let told = Date.now();
  const report = await migrate({ documents, values: given.values }, ports, {
    ...rules,
    ...{ key, isApplied: given.apply, width, signal },
    onProgress: ({ moved, present }) => {
      if (Date.now() - told < progressMs) return;
      told = Date.now();
      process.stderr.write(`${toCounted(moved + present, "secret")} so far\n`);
    },
  });
  process.stdout.write(describeReport(report, given.apply));
  return report.isComplete && report.refused.length === 0 ? 0 : 1;
});
