/** Reads of one item, or of one secret's versions. All strongly consistent. */

import { type DynamoDBDocumentClient, GetCommand, QueryCommand, type QueryCommandOutput } from "@aws-sdk/lib-dynamodb";
import type { CallOptions } from "../base/call.ts";
import { type DataKey, parseVersion } from "./data-item.ts";
import { readPages } from "./pages.ts";
import { request } from "./request.ts";
import type { Item } from "./row.ts";

/** Where to read: a client and the name of a table. */
export interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly name: string;
}

export async function getItem({ client, name }: Table, key: Item, options: CallOptions): Promise<unknown> {
  const command = new GetCommand({ TableName: name, Key: key, ConsistentRead: true });
  return (await request(options, (http) => client.send(command, http))).Item;
}

/** The item of a secret's newest version. */
export async function getNewest({ client, name }: Table, secret: string, options: CallOptions): Promise<unknown> {
  const command = new QueryCommand({ ...versionsOf(name, secret), ScanIndexForward: false, Limit: 1 });
  return (await request(options, (http) => client.send(command, http))).Items?.[0];
}

/** The keys of all versions of a secret. */
export async function listVersions({ client, name }: Table, secret: string, options: CallOptions): Promise<DataKey[]> {
  const query = versionsOf(name, secret);
  const reader = {
    query: {
      ...query,
      // Said so that a role can be held to it.
      Select: "SPECIFIC_ATTRIBUTES" as const,
      ProjectionExpression: "#version",
      ExpressionAttributeNames: { ...query.ExpressionAttributeNames, "#version": "version" },
    },
    convert: ({ Items = [] }: QueryCommandOutput) => Items.map((item) => ({ secret, version: parseVersion(item) })),
  };
  const keys: DataKey[] = [];
  for await (const page of readPages(client, reader, undefined, options)) keys.push(...page);
  return keys;
}

function versionsOf(table: string, secret: string) {
  return {
    TableName: table,
    KeyConditionExpression: "#secret = :secret",
    ExpressionAttributeNames: { "#secret": "secret" },
    ExpressionAttributeValues: { ":secret": secret },
    ConsistentRead: true,
  };
}
