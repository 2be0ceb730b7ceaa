/** Reads the pages of a query: one after the other, or those of a large domain side by side. */

import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { backOff, maxAttempts } from "../base/backoff.ts";
import type { CallOptions } from "../base/call.ts";
import { inOrder } from "./in-order.ts";
import { splitRest } from "./key-ranges.ts";
import { isThrottling, request } from "./request.ts";
import type { Item } from "./row.ts";

/** How many ranges of a domain are read at a time. */
const width = 16;

/** A query, and what becomes of each of its pages. */
export interface PageReader<Page> {
  readonly query: QueryCommandInput;
  readonly convert: (page: QueryCommandOutput) => Page;
}

/** The pages after a key (`undefined`: all), each after the one before. */
export async function* readPages<Page>(
  client: DynamoDBDocumentClient,
  { query, convert }: PageReader<Page>,
  after: Item | undefined,
  options: CallOptions,
  sendPage: typeof send = send,
): AsyncGenerator<Page> {
  let start = after;
  do {
    const page = await sendPage(client, { ...query, ExclusiveStartKey: start }, options);
    yield convert(page);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** The first page of `secrets` or of an index by one reader, the others by another. */
export async function* readRows<Page>(
  client: DynamoDBDocumentClient,
  { first, rest }: { readonly first: PageReader<Page>; readonly rest: PageReader<Page> },
  options: CallOptions,
): AsyncGenerator<Page> {
  const page = await send(client, first.query, options);
  yield first.convert(page);
  const last = page.LastEvaluatedKey;
  if (last === undefined) return;
  // How the keys of an index spread is not known, and rows with one value of its field are few.
  const isDomain = rest.query.IndexName === undefined;
  yield* isDomain ? readRanges(client, rest, last, options) : readPages(client, rest, last, options);
}

/** The pages of a domain after a key, in key order too, but side by side. */
async function* readRanges<Page>(
  client: DynamoDBDocumentClient,
  reader: PageReader<Page>,
  last: Item,
  options: CallOptions,
): AsyncGenerator<Page> {
  const tasks = splitRest(String(last["secret_id"])).map(({ after, upTo }) => async (inner: CallOptions) => {
    const pages: Page[] = [];
    // A start key need not be that of an item: it bounds the range from below.
    const start = { ...last, secret_id: after };
    const range = { ...reader, query: upToId(reader.query, upTo) };
    for await (const page of readPages(client, range, start, inner, sendPatiently)) pages.push(page);
    return pages;
  });
  for await (const pages of inOrder(tasks, width, options)) yield* pages;
}

function upToId(query: QueryCommandInput, last: string | null): QueryCommandInput {
  if (last === null) return query;
  return {
    ...query,
    KeyConditionExpression: `${query.KeyConditionExpression} AND #last <= :last`,
    ExpressionAttributeNames: { ...query.ExpressionAttributeNames, "#last": "secret_id" },
    ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ":last": last },
  };
}

async function send(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
  options: CallOptions,
): Promise<QueryCommandOutput> {
  return await request(options, (http) => client.send(new QueryCommand(query), http));
}

/**
 * Reading side by side asks for more than the 12 MB a second (3,000 units) that DynamoDB gives of one partition, where a
 * domain's rows lie: what it refuses then is asked for again, longer than the SDK does.
 */
async function sendPatiently(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
  options: CallOptions,
): Promise<QueryCommandOutput> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(client, query, options);
    } catch (error) {
      if (attempt === maxAttempts || !isThrottling(error)) throw error;
      await backOff(attempt, options);
    }
  }
}
