/** Copies all rows of tables, and puts them back as a restored backup would. */

import { BatchWriteCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { TableNames } from "../../../lib/store/client.ts";
import type { LocalDatabase } from "../../../tools/local/database.ts";

type Table = keyof TableNames;
type Row = Record<string, unknown>;

export type Snapshot = { readonly [Name in Table]: readonly Row[] };

const keys: { readonly [Name in Table]: readonly [string, string] } = {
  secrets: ["domain_id", "secret_id"],
  names: ["domain_id", "name"],
  data: ["secret", "version"],
  tokens: ["domain_id", "token"],
  deleted: ["secret", "part"],
};

export const allTables = Object.keys(keys) as readonly Table[];

/** DynamoDB's limit on the rows of a `BatchWriteItem`. */
const maxWrites = 25;

export async function takeSnapshot(database: LocalDatabase): Promise<Snapshot> {
  const rows = allTables.map(async (table) => [table, await readAll(database, table)] as const);
  return Object.fromEntries(await Promise.all(rows)) as Snapshot;
}

/** Restores these tables; the others stay. */
export async function restore(database: LocalDatabase, snapshot: Snapshot, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const [partition, sort] = keys[table];
    const removed = (await readAll(database, table)).map((row) => ({
      DeleteRequest: { Key: { [partition]: row[partition], [sort]: row[sort] } },
    }));
    await write(database, table, removed);
    const restored = snapshot[table].map((row) => ({ PutRequest: { Item: row } }));
    await write(database, table, restored);
  }
}

async function readAll({ client, tables }: LocalDatabase, table: Table): Promise<readonly Row[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tables[table], ConsistentRead: true }));
  return Items;
}

async function write({ client, tables }: LocalDatabase, table: Table, requests: readonly object[]): Promise<void> {
  for (let start = 0; start < requests.length; start += maxWrites) {
    const RequestItems = { [tables[table]]: requests.slice(start, start + maxWrites) };
    await client.send(new BatchWriteCommand({ RequestItems }));
  }
}
