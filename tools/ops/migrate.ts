/** `npm run migrate`: moves secrets from Cloudforet, from files that its operators export. Writes only with --apply. */

import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { deploymentOptions, deploymentUsage, findDeployment } from "./deployment.ts";
import { migrate } from "./migration/migrate.ts";
import { parseKey } from "./migration/open-aes.ts";
import { describeReport } from "./migration/report.ts";
import { runTool } from "./tool.ts";

const usage = `npm run migrate -- --secrets file --values file [options]

  --secrets file          what mongoexport writes of the collection secret; each file option can be given several times
  --trusted-secrets file  the same of trusted_secret
  --values file           the data: lines of Secrets Manager, of the collection secret_data, or of Vault
  --domain id             only what is of this domain
  --key-env name          the environment variable that holds Cloudforet's encrypt_key, for encrypted data
  --workspace-as-tag      moves secrets of workspaces (v2), which are refused otherwise, with a tag workspace_id
  --apply                 writes; without it nothing is written, and the report says what would be
  --width 16              secrets that are worked on at a time
  --key id                id, ARN or alias of the KMS key of the stage, where it is not the stack's own
${deploymentUsage}

It can be ended at any moment, with Ctrl-C too, and begun again: what was moved is left alone.

Exit code: 0 all is moved (or would be), 1 some is refused (each with its reason), 2 it could not be done.
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
  if (documents.length === 0 || given.values.length === 0 || !(width >= 1 && width <= 256)) throw new Error(usage);
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
      process.stderr.write(`${moved + present} so far\n`);
    },
  });
  process.stdout.write(describeReport(report, given.apply));
  return report.isComplete && report.refused.length === 0 ? 0 : 1;
});
