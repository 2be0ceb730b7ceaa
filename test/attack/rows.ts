/** Rows for an attacker who can read and write the tables. */

import { DeleteCommand, GetCommand, PutCommand, paginateScan } from "@aws-sdk/lib-dynamodb";
import type { TableNames } from "../../lib/store/client.ts";
import type { LocalDatabase } from "../../tools/local/database.ts";

export type Row = { readonly [attribute: string]: unknown };

/** The key of a version of a secret's data. */
export interface DataKey {
  readonly secret: string;
  readonly version: number;
}

export async function findData({ client, tables }: LocalDatabase, key: DataKey): Promise<Row | undefined> {
  return (await client.send(new GetCommand({ TableName: tables.data, Key: { ...key } }))).Item;
}

export async function putRow({ client, tables }: LocalDatabase, table: keyof TableNames, row: Row): Promise<void> {
  await client.send(new PutCommand({ TableName: tables[table], Item: row }));
}

export async function removeRow({ client, tables }: LocalDatabase, table: keyof TableNames, key: Row): Promise<void> {
  await client.send(new DeleteCommand({ TableName: tables[table], Key: key }));
}

/** All rows of a table. */
export async function scanRows({ client, tables }: LocalDatabase, table: keyof TableNames): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: tables[table] })) rows.push(...Items);
  return rows;
}
