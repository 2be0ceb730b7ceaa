/** A database for one test file: its own tables, as in serverless.yml, on a DynamoDB Local in memory. */

import { randomUUID } from "node:crypto";
import { DeleteTableCommand, DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Secret } from "../../lib/secret/secret.ts";
import { type Database, documentClient, type TableNames } from "../../lib/store/client.ts";
import { toSecretItem } from "../../lib/store/items.ts";
import { createTables, readTableDefinitions, type TableDefinition } from "./deployment.ts";
import { type LocalDynamoDb, startDynamoDb } from "./dynamodb.ts";

/** DynamoDB Local accepts any credentials. */
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** DynamoDB's limit on the rows of a `BatchWriteItem`. */
const maxPuts = 25;

export interface LocalDatabase extends Database<keyof TableNames> {
  readonly definitions: readonly TableDefinition[];
  readonly url: string;
  close(): Promise<void>;
}

/** The environment variable with the URL of the DynamoDB Local that test files share; set by `setup-dynamodb.ts`. */
export const sharedUrl = "TEST_DYNAMODB_URL";

/** Creates tables with unique names. Outside of the tests, it starts a DynamoDB Local for them. */
export async function startDatabase(): Promise<LocalDatabase> {
  const [server, definitions] = await Promise.all([findServer(), readTableDefinitions()]);
  const prefix = randomUUID();
  const rename = (name: string) => `${prefix}-${name}`;
  const client = dynamodbClient(server.url);
  const created = definitions.tables.map(({ create, expiresBy }) => ({
    create: { ...create, TableName: rename(create.TableName) },
    expiresBy,
  }));
  await createTables(client, created);
  const { secrets, names, data, tokens, deleted } = definitions.names;
  const tables = {
    ...{ secrets: rename(secrets), names: rename(names), data: rename(data), tokens: rename(tokens) },
    deleted: rename(deleted),
  };
  return {
    client: documentClient(client),
    tables,
    definitions: created,
    url: server.url,
    async close() {
      for (const TableName of Object.values(tables)) await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
      await server.close();
    },
  };
}

async function findServer(): Promise<Pick<LocalDynamoDb, "url" | "close">> {
  const url = process.env[sharedUrl];
  return url === undefined ? await startDynamoDb() : { url, close: async () => undefined };
}

/** A client for a DynamoDB endpoint. */
export function dynamodbClient(url: string, config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({ endpoint: url, region: "us-east-1", maxAttempts: 3, credentials, ...config });
}

/** Loads rows as another tool would: only the secrets and their names. */
export async function loadSecrets({ client, tables }: LocalDatabase, secrets: readonly Secret[]): Promise<void> {
  const puts = secrets.flatMap((secret) => [
    { table: tables.secrets, item: toSecretItem(secret) },
    { table: tables.names, item: { domain_id: secret.domain_id, name: secret.name, secret_id: secret.secret_id } },
  ]);
  for (let start = 0; start < puts.length; start += maxPuts) {
    const chunk = Map.groupBy(puts.slice(start, start + maxPuts), ({ table }) => table);
    const RequestItems = Object.fromEntries(
      [...chunk].map(([table, group]) => [table, group.map(({ item }) => ({ PutRequest: { Item: item } }))]),
    );
    await client.send(new BatchWriteCommand({ RequestItems }));
  }
}
