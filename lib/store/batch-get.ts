/** Reads many items by their keys, strongly consistent. */

import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import { backOff, maxAttempts } from "../base/backoff.ts";
import type { CallOptions } from "../base/call.ts";
import { inOrder } from "./in-order.ts";
import type { Table } from "./reads.ts";
import { request, unavailable } from "./request.ts";
import type { Item } from "./row.ts";

/** DynamoDB's limit. */
const maxKeys = 100;

/** How many requests are under way at a time. */
const width = 8;

/** The items there are under these distinct keys, in any order. */
export async function batchGet(table: Table, keys: readonly Item[], options: CallOptions): Promise<Item[]> {
  const tasks = chunks(keys).map((chunk) => async (inner: CallOptions) => await getChunk(table, chunk, inner));
  const items: Item[] = [];
  for await (const found of inOrder(tasks, width, options)) {
    items.push(...found);
  }
  return items;
}

function chunks(keys: readonly Item[]): Item[][] {
  const count = Math.ceil(keys.length / maxKeys);
  return Array.from({ length: count }, (_, index) => keys.slice(index * maxKeys, (index + 1) * maxKeys));
}

/** DynamoDB leaves keys unprocessed when it throttles and when an answer would pass 16 MB. */
async function getChunk({ client, name }: Table, keys: readonly Item[], options: CallOptions): Promise<Item[]> {
  const items: Item[] = [];
  let pending = [...keys];
  for (let attempt = 1; ; attempt++) {
    const command = new BatchGetCommand({ RequestItems: { [name]: { Keys: pending, ConsistentRead: true } } });
    const output = await request(options, (http) => client.send(command, http));
    items.push(...(output.Responses?.[name] ?? []));
    pending = output.UnprocessedKeys?.[name]?.Keys ?? [];
    if (pending.length === 0) return items;
    if (attempt === maxAttempts) throw unavailable(new Error("DynamoDB keeps leaving keys unprocessed."));
    await backOff(attempt, options);
  }
}
