/** Makes the sample secrets on the local stack. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { JsonText } from "../../lib/base/json-text.ts";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { directPrincipal } from "../../lib/http/identify.ts";
import { sealVersion } from "../../lib/method/sealing.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import { documentClient } from "../../lib/store/document-client.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { sampleData, sampleSecrets } from "../openapi/sample-secrets.ts";
import { credentials } from "./environment.ts";
import type { StackDescription } from "./stack-description.ts";

/** Makes those that are missing. */
export async function makeSamples(
  stack: Pick<StackDescription, "region" | "dynamodb" | "kms" | "tables" | "key_id">,
): Promise<void> {
  const { region, dynamodb, kms, tables, key_id } = stack;
  const database = new DynamoDBClient({ region, endpoint: dynamodb, credentials });
  const keyClient = new KMSClient({ region, endpoint: kms, credentials });
  const secrets = dynamodbSecretStore({ client: documentClient(database), tables });
  const keys = new KmsKeyService(keyClient, key_id);
  const now = new Date();
  const call = { principal: directPrincipal, now, remainingMs: () => Number.POSITIVE_INFINITY };
  const data = new JsonText(JSON.stringify(sampleData));
  const makeSample = async (secret: Secret): Promise<void> => {
    const id = { domainId: secret.domain_id, secretId: secret.secret_id, version: 1, trustedSecretId: null };
    // One that is there already is refused, and stays as it is.
    await secrets.createSecret({
      secret,
      data: await sealVersion(id, data, call, keys),
      token: null,
      visibleProjects: null,
    });
  };
  await Promise.all(sampleSecrets(now.toISOString()).map(makeSample));
  database.destroy();
  keyClient.destroy();
}
