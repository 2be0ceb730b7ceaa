/** Starts the DynamoDB Local that all test files share, and ends it after the last file. */

import { sharedUrl } from "../../tools/local/database.ts";
import { type LocalDynamoDb, startDynamoDb } from "../../tools/local/dynamodb.ts";

let server: LocalDynamoDb | undefined;

/** Workers inherit the environment. Projects that run together also share one. */
export async function setup(): Promise<void> {
  if (process.env[sharedUrl] !== undefined) return;
  server = await startDynamoDb();
  process.env[sharedUrl] = server.url;
}

export async function teardown(): Promise<void> {
  await server?.close();
}
