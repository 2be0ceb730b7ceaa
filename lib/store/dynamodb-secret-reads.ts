/** The port `SecretReads` on DynamoDB, and the reads that adapters share. All are strongly consistent. */

import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { type Abortable, backOff, inOrder, maxAttempts } from "../base/async.ts";
import { type Database, isSortKey, isThrottling, request, unavailable } from "./client.ts";
import {
  findPartition,
  parseDataVersion,
  parseNameRow,
  parseStoredSecret,
  parseVersion,
  type VersionKey,
} from "./items.ts";
import { readPages } from "./pages.ts";
import type { Item } from "./row.ts";
import type { SecretReads } from "./secret-store.ts";

export interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly name: string;
}

/** A table to read in batches: all attributes of its items, or only these. */
export interface BatchTable extends Table {
  readonly attributes?: readonly string[];
}

/** DynamoDB's limit on the keys of a `BatchGetItem`. */
const maxKeys = 100;

/** How many requests run at a time. */
const width = 8;

export function dynamodbSecretReads({ client, tables }: Database<"secrets" | "names" | "data">): SecretReads {
  const secretsTable = { client, name: tables.secrets };
  const namesTable = { client, name: tables.names };
  const dataTable = { client, name: tables.data };

  return {
    async findSecret(domainId, secretId, options = {}) {
      const key = { domain_id: domainId, secret_id: secretId };
      const item = isSortKey(secretId) ? await getItem(secretsTable, key, options) : undefined;
      return item === undefined ? undefined : parseStoredSecret(item);
    },

    async findIdByName(domainId, name, options = {}) {
      const item = isSortKey(name) ? await getItem(namesTable, { domain_id: domainId, name }, options) : undefined;
      return item === undefined ? undefined : parseNameRow(item).secret_id;
    },

    async findData(domainId, secretId, version, options = {}) {
      const partition = findPartition(domainId, secretId);
      if (partition === undefined) return undefined;
      const item = await (version === null
        ? getNewest(dataTable, partition, options)
        : getItem(dataTable, { secret: partition, version }, options));
      return item === undefined ? undefined : parseDataVersion(domainId, secretId, item);
    },
  };
}

export async function getItem({ client, name }: Table, key: Item, options: Abortable): Promise<unknown> {
  const command = new GetCommand({ TableName: name, Key: key, ConsistentRead: true });
  return (await request(options, (http) => client.send(command, http))).Item;
}

/** The keys of all versions of a secret, the oldest first, in DynamoDB's pages: up to 1 MB of versions each. */
export async function listVersions(
  { client, name }: Table,
  secret: string,
  options: Abortable,
): Promise<VersionKey[][]> {
  const query = versionsOf(name, secret);
  const reader = {
    query: {
      ...query,
      // Explicit, because the role of delete may only query keys, and IAM checks this parameter.
      Select: "SPECIFIC_ATTRIBUTES" as const,
      ProjectionExpression: "#version",
      ExpressionAttributeNames: { ...query.ExpressionAttributeNames, "#version": "version" },
    },
    convert: ({ Items = [] }: QueryCommandOutput) => Items.map((item) => ({ secret, version: parseVersion(item) })),
  };
  const pages: VersionKey[][] = [];
  for await (const page of readPages(client, reader, undefined, options)) pages.push(page);
  return pages;
}

/** The items that exist under these distinct keys, in any order. @throws ERROR_UNAVAILABLE unless all keys were read */
export async function batchGet(table: Table, keys: readonly Item[], options: Abortable): Promise<readonly Item[]> {
  const { items, unread } = await batchGetSome(table, keys, options);
  if (unread.length > 0) throw unavailable(new Error("DynamoDB keeps leaving keys unprocessed."));
  return items;
}

/** The items that were read, and the keys that DynamoDB left unprocessed in every attempt. */
export interface Batch {
  readonly items: readonly Item[];
  readonly unread: readonly Item[];
}

/** Like `batchGet`, but returns what was read if some keys were left unprocessed. */
export async function batchGetSome(table: BatchTable, keys: readonly Item[], options: Abortable): Promise<Batch> {
  const tasks = chunks(keys).map((chunk) => async (inner: Abortable) => await getChunk(table, chunk, inner));
  const items: Item[] = [];
  const unread: Item[] = [];
  for await (const batch of inOrder(tasks, width, options)) {
    items.push(...batch.items);
    unread.push(...batch.unread);
  }
  return { items, unread };
}

/** The item of a secret's newest version. */
async function getNewest({ client, name }: Table, secret: string, options: Abortable): Promise<unknown> {
  const command = new QueryCommand({ ...versionsOf(name, secret), ScanIndexForward: false, Limit: 1 });
  return (await request(options, (http) => client.send(command, http))).Items?.[0];
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

function chunks(keys: readonly Item[]): Item[][] {
  const count = Math.ceil(keys.length / maxKeys);
  return Array.from({ length: count }, (_, index) => keys.slice(index * maxKeys, (index + 1) * maxKeys));
}

/**
 * DynamoDB leaves keys unprocessed if it throttles, or if an answer would exceed 16 MB. If it throttles the whole
 * request, this repeats it as well, for longer than the SDK does.
 */
async function getChunk(table: BatchTable, keys: readonly Item[], options: Abortable): Promise<Batch> {
  const { client, name } = table;
  const items: Item[] = [];
  let unread = keys;
  for (let attempt = 1; ; attempt++) {
    const command = new BatchGetCommand({
      RequestItems: { [name]: { Keys: [...unread], ConsistentRead: true, ...projectionOf(table) } },
    });
    const output = await unlessThrottled(request(options, (http) => client.send(command, http)));
    items.push(...(output?.Responses?.[name] ?? []));
    if (output !== undefined) unread = output.UnprocessedKeys?.[name]?.Keys ?? [];
    if (unread.length === 0 || attempt === maxAttempts) return { items, unread };
    await backOff(attempt, options);
  }
}

function projectionOf({ attributes }: BatchTable) {
  if (attributes === undefined) return {};
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}

/** `undefined` if the request was throttled. */
async function unlessThrottled<Output>(output: Promise<Output>): Promise<Output | undefined> {
  try {
    return await output;
  } catch (error) {
    if (isThrottling(error)) return undefined;
    throw error;
  }
}
