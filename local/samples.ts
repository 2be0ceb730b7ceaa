/** The secrets that the sample events in events/ are about: an id is otherwise known only once a secret is made. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { JsonText } from "../lib/base/json-text.ts";
import { KmsKeyService } from "../lib/crypto/kms-key-service.ts";
import { directPrincipal } from "../lib/http/identify.ts";
import { sealVersion } from "../lib/method/sealing.ts";
import type { Secret } from "../lib/secret/secret.ts";
import { documentClient } from "../lib/store/document-client.ts";
import { dynamodbSecretStore } from "../lib/store/dynamodb-secret-store.ts";
import { credentials } from "./environment.ts";
import type { StackDescription } from "./stack-description.ts";

/** Each event that deletes has a secret of its own, so that the events can be run in any order. */
const samples = [
  { secret_id: "secret-000000000001", name: "sample" },
  { secret_id: "secret-000000000002", name: "sample-to-delete" },
  { secret_id: "secret-000000000003", name: "sample-to-delete-over-http" },
] as const;

const data = new JsonText('{"user":"ada","password":"s3cr3t"}');

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
  const makeSample = async ({ secret_id, name }: (typeof samples)[number]): Promise<void> => {
    const secret = newSample(secret_id, name, now.toISOString());
    const id = { domainId: secret.domain_id, secretId: secret_id, version: 1, trustedSecretId: null };
    // One that is there already is refused, and stays as it is.
    await secrets.createSecret({
      secret,
      data: await sealVersion(id, data, call, keys),
      token: null,
      visibleProjects: null,
    });
  };
  await Promise.all(samples.map(makeSample));
  database.destroy();
  keyClient.destroy();
}

function newSample(secretId: string, name: string, now: string): Secret {
  return {
    secret_id: secretId,
    name,
    secret_type: "CREDENTIALS",
    tags: { env: "dev" },
    schema: "aws_access_key",
    provider: "aws",
    service_account_id: null,
    project_id: null,
    trusted_secret_id: null,
    domain_id: "domain-sample",
    created_at: now,
    updated_at: now,
    version: 1,
  };
}
