/** Reads the pages of a query: one after the other, or those of a large domain side by side. */

import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { type Abortable, backOff, inOrder, maxAttempts } from "../base/async.ts";
import { isThrottling, request } from "./client.ts";
import type { Item } from "./row.ts";

/** A query, and what becomes of each of its pages. */
export interface PageReader<Page> {
  readonly query: QueryCommandInput;
  readonly convert: (page: QueryCommandOutput) => Page;
}

/** Ids after `after`, up to and including `upTo`; `null`: to the end. */
export interface KeyRange {
  readonly after: string;
  readonly upTo: string | null;
}

/** How many ranges of a domain are read at a time. */
const width = 16;

const prefix = "secret-";
const hexDigits = 12;
const idSpace = 16 ** hexDigits;

/** What is taken for a page is somewhat less than one, so that few ranges need one request more than planned. */
const pageShare = 1 / 1.2;

const maxRanges = 128;

/** Stands for as many pages as cannot be told: where the service's ids have not even begun. */
const manyPages = 1e6;

/** The pages after a key (`undefined`: all), each after the one before. */
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

/** The first page of `secrets` or of an index by one reader, the others by another. */
export async function* readRows<Page>(
  client: DynamoDBDocumentClient,
  { first, rest }: { readonly first: PageReader<Page>; readonly rest: PageReader<Page> },
  options: Abortable,
): AsyncGenerator<Page> {
  const page = await send(client, first.query, options);
  yield first.convert(page);
  const last = page.LastEvaluatedKey;
  if (last === undefined) return;
  // How the keys of an index spread is not known, and rows with one value of its field are few.
  const isDomain = rest.query.IndexName === undefined;
  yield* isDomain ? readRanges(client, rest, last, options) : readPages(client, rest, last, options);
}

/**
 * The ranges after a first page, in key order, without gap or overlap over all ids there can be. The service's own ids
 * are uniform: how far a page got tells how many more there are. Other ids only make ranges uneven.
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

/** The pages of a domain after a key, in key order too, but side by side. */
async function* readRanges<Page>(
  client: DynamoDBDocumentClient,
  reader: PageReader<Page>,
  last: Item,
  options: Abortable,
): AsyncGenerator<Page> {
  const tasks = splitRest(String(last["secret_id"])).map(({ after, upTo }) => async (inner: Abortable) => {
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
  options: Abortable,
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

/** Where an id lies among those that the service can make, from 0 to 1. */
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
