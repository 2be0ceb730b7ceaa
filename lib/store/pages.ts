/** Reads the pages of a query: one after the other, or several at a time for a large domain. */

import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { type Abortable, backOff, inOrder, maxAttempts } from "../base/async.ts";
import { isThrottling, request } from "./client.ts";
import type { Item } from "./row.ts";

/** A query, and how each of its pages is converted. */
export interface PageReader<Page> {
  readonly query: QueryCommandInput;
  readonly convert: (page: QueryCommandOutput) => Page;
}

/** Ids after `after`, up to and including `upTo` (`null`: up to the end). */
export interface KeyRange {
  readonly after: string;
  readonly upTo: string | null;
}

/** How many ranges of a domain are read at a time. */
const width = 16;

const prefix = "secret-";
const hexDigits = 12;
const idSpace = 16 ** hexDigits;

/** Ranges are planned somewhat smaller than pages, so that few of them need a second request. */
const pageShare = 1 / 1.2;

const maxRanges = 128;

/** Limits the estimate, which is infinite if the first page ends before the first id that the service can make. */
const manyPages = 1e6;

/** The pages after a key (`undefined`: all pages), one after the other. */
export async function* readPages<Page>(
  client: DynamoDBDocumentClient,
  { query, convert }: PageReader<Page>,
  after: Item | undefined,
  options: Abortable,
  sendPage: typeof send = send,
): AsyncGenerator<Page> {
  let start = after;
  do {
    const page = await sendPage(client, { ...query, ExclusiveStartKey: start }, options);
    yield convert(page);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** The pages of `secrets` or of an index: the first page by one reader, the others by another. */
export async function* readRows<Page>(
  client: DynamoDBDocumentClient,
  { first, rest }: { readonly first: PageReader<Page>; readonly rest: PageReader<Page> },
  options: Abortable,
): AsyncGenerator<Page> {
  const page = await send(client, first.query, options);
  yield first.convert(page);
  const last = page.LastEvaluatedKey;
  if (last === undefined) return;
  // Nothing is known about the spread of an index's keys, and few rows have one value of its field.
  const isDomain = rest.query.IndexName === undefined;
  yield* isDomain ? readRanges(client, rest, last, options) : readPages(client, rest, last, options);
}

/**
 * Splits all possible ids after a first page into ranges, in key order, without gap or overlap. The service's own ids
 * are uniformly distributed, so the last id of the first page tells how many pages remain. Other ids only make ranges
 * uneven.
 */
export function splitRest(lastOfFirstPage: string): KeyRange[] {
  const read = positionOf(lastOfFirstPage);
  const pages = Math.min(manyPages, (1 - read) / read / pageShare);
  const pagesPerRange = Math.max(1, Math.ceil(pages / maxRanges));
  const count = Math.max(1, Math.ceil(pages / pagesPerRange));
  const cuts = Array.from({ length: count - 1 }, (_, index) => idAt(read + ((1 - read) * (index + 1)) / count));
  const starts = [lastOfFirstPage, ...new Set(cuts.filter((cut) => cut > lastOfFirstPage))];
  return starts.map((after, index) => ({ after, upTo: starts[index + 1] ?? null }));
}

/** The pages of a domain after a key, also in key order, but read several at a time. */
async function* readRanges<Page>(
  client: DynamoDBDocumentClient,
  reader: PageReader<Page>,
  last: Item,
  options: Abortable,
): AsyncGenerator<Page> {
  const tasks = splitRest(String(last["secret_id"])).map(({ after, upTo }) => async (inner: Abortable) => {
    const pages: Page[] = [];
    // A start key need not belong to an item.
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
  options: Abortable,
): Promise<QueryCommandOutput> {
  return await request(options, (http) => client.send(new QueryCommand(query), http));
}

/**
 * A domain's rows are in one partition, of which DynamoDB returns at most 12 MB a second (3,000 units). Parallel reads
 * exceed that, so this repeats throttled requests for longer than the SDK does.
 */
async function sendPatiently(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
  options: Abortable,
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

/** Where an id lies among the ids that the service can make, from 0 to 1. */
function positionOf(id: string): number {
  if (!id.startsWith(prefix)) return id < prefix ? 0 : 1;
  const digits = /^[0-9a-f]{0,12}/.exec(id.slice(prefix.length))?.[0] ?? "";
  return Number.parseInt(digits.padEnd(hexDigits, "0"), 16) / idSpace;
}

function idAt(position: number): string {
  return (
    prefix +
    Math.floor(position * idSpace)
      .toString(16)
      .padStart(hexDigits, "0")
  );
}
