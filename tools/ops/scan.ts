/** Reads all rows of a table, strongly consistent, page by page. Each row is read once, even while others write. */

import { ScanCommand, type ScanCommandInput } from "@aws-sdk/lib-dynamodb";
import type { Abortable } from "../../lib/base/async.ts";
import { request } from "../../lib/store/client.ts";
import type { Table } from "../../lib/store/dynamodb-secret-reads.ts";
import type { Item } from "../../lib/store/row.ts";

/** A filter and a projection, with their placeholders. */
export type ScanFilter = Pick<
  ScanCommandInput,
  "FilterExpression" | "ProjectionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/** @throws ERROR_UNAVAILABLE */
export async function* scan({ client, name }: Table, filter: ScanFilter, options: Abortable): AsyncGenerator<Item[]> {
  let start: Item | undefined;
  do {
    const command = new ScanCommand({ TableName: name, ConsistentRead: true, ...filter, ExclusiveStartKey: start });
    const page = await request(options, (http) => client.send(command, http));
    yield page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}
