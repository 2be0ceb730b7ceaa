/** DynamoDB behind a proxy that can make it fail: a real one, or only invented answers. */

import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type Database, documentClient } from "../../lib/store/client.ts";
import { dynamodbClient, type LocalDatabase, startDatabase } from "../../tools/local/database.ts";
import { FaultProxy } from "./fault-proxy.ts";

export interface ProxiedClient {
  readonly proxy: FaultProxy;
  readonly client: DynamoDBDocumentClient;
  close(): Promise<void>;
}

export interface ProxiedDatabase extends ProxiedClient, Database {
  /** The same database without the proxy. */
  readonly local: LocalDatabase;
}

/** @param url without it there is no database: a test gives every answer */
export async function startProxiedClient(
  url = "http://127.0.0.1:0",
  config: DynamoDBClientConfig = {},
): Promise<ProxiedClient> {
  const proxy = await new FaultProxy(url).start();
  const client = dynamodbClient(proxy.url, config);
  return {
    proxy,
    client: documentClient(client),
    async close() {
      client.destroy();
      await proxy.close();
    },
  };
}

export async function startProxiedDatabase(): Promise<ProxiedDatabase> {
  const local = await startDatabase();
  const proxied = await startProxiedClient(local.url);
  return {
    ...proxied,
    local,
    tables: local.tables,
    async close() {
      await proxied.close();
      await local.close();
    },
  };
}
