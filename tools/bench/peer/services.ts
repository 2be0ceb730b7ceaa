/** The database and the key service that all contestants share. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTables, readTableDefinitions } from "../../local/deployment.ts";
import { startDynamoDb } from "../../local/dynamodb.ts";
import { startKms } from "../../local/kms/server.ts";
import { environmentAt } from "../stub/scenarios.ts";
import { tableDefinition } from "./credstash.ts";

/** Variables by which a process finds them. */
export type Environment = { readonly [name: string]: string };

/** Starts DynamoDB Local with both table layouts, and the local KMS; they end with `parts`. */
export async function startServices(parts: AsyncDisposableStack, folder: string): Promise<Environment> {
  const dynamodb = await startDynamoDb();
  parts.defer(dynamodb.close);
  const kms = await startKms({ dir: folder });
  parts.defer(kms.close);
  const { names, tables } = await readTableDefinitions();
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint: dynamodb.url, region: "us-east-1", credentials });
  await createTables(client, [...tables, { create: tableDefinition, expiresBy: undefined }]);
  client.destroy();
  return {
    ...environmentAt(dynamodb.url, kms.url),
    KMS_KEY_ID: kms.keyId,
    SECRETS_TABLE: names.secrets,
    SECRET_NAMES_TABLE: names.names,
    SECRET_DATA_TABLE: names.data,
    CLIENT_TOKENS_TABLE: names.tokens,
  };
}
