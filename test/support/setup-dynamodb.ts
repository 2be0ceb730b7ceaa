/** Starts the one DynamoDB Local that all test files share, before the first of them, and ends it after the last. */

import { sharedUrl } from "../../tools/local/database.ts";
import { type LocalDynamoDb, startDynamoDb } from "../../tools/local/dynamodb.ts";

let server: LocalDynamoDb | undefined;

/** Workers inherit the environment. Projects that run together share one as well. */
export async function setup(): Promise<void> {
  if (process.env[sharedUrl] !== undefined) return;
  server = await startDynamoDb();
  process.env[sharedUrl] = server.url;
}

export async function teardown(): Promise<void> {
  await server?.close();
}
