/** Reads the rows behind a finding again, so that a write in progress does not count as a broken rule. */

import { isDeepStrictEqual } from "node:util";
import type { QueryCommandOutput } from "@aws-sdk/lib-dynamodb";
import { type Abortable, backOff } from "../../../lib/base/async.ts";
import type { Database, TableNames } from "../../../lib/store/client.ts";
import { getItem } from "../../../lib/store/dynamodb-secret-reads.ts";
import { readPages } from "../../../lib/store/pages.ts";
import type { Item } from "../../../lib/store/row.ts";
import { addRow, type Facts, noFacts, place } from "./facts.ts";
import type { Finding } from "./findings.ts";
import type { Subject } from "./rules/rule.ts";

type Table = keyof TableNames;
type Tables = Database<Table>;

const maxAttempts = 20;

/**
 * The rows around a finding at one moment. They are read again until two reads in a row are equal; every write to a
 * secret raises its row's `revision`. Returns `undefined` if that never happens.
 */
export async function readStable(database: Tables, finding: Finding, options: Abortable): Promise<Facts | undefined> {
  let before = await readOnce(database, finding, options);
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const after = await readOnce(database, finding, options);
    if (isDeepStrictEqual(after, before)) return after;
    before = after;
    await backOff(attempt, options);
  }
  return undefined;
}

async function readOnce(database: Tables, { table, key, about, rule }: Finding, options: Abortable): Promise<Facts> {
  const rows = new RowReader(database, options);
  await rows.get(table, key);
  if (about !== null) await readAround(rows, about);
  if (about !== null && rule === "dependents-miscounted") {
    await rows.query("secrets", "domain_id", about.domainId, { trusted_secret_id: about.secretId });
  }
  return rows.facts;
}

/**
 * Reads the secret, its versions, its deleted rows, the reservations of its name and of `name`, and its trusted secret.
 */
async function readAround(rows: RowReader, { domainId, secretId, name }: Subject): Promise<void> {
  await rows.get("secrets", { domain_id: domainId, secret_id: secretId });
  await rows.query("data", "secret", `${domainId}/${secretId}`);
  await rows.query("deleted", "secret", `${domainId}/${secretId}`);
  const secret = rows.facts.secrets.get(place(domainId, secretId));
  for (const one of new Set([name, secret?.name])) {
    if (one === undefined) continue;
    await rows.get("names", { domain_id: domainId, name: one });
    const holder = rows.facts.names.get(place(domainId, one))?.secret_id;
    if (holder !== undefined) await rows.get("secrets", { domain_id: domainId, secret_id: holder });
  }
  const trustedId = secret?.trusted_secret_id;
  if (trustedId !== undefined) await rows.get("secrets", { domain_id: domainId, secret_id: trustedId });
}

class RowReader {
  readonly facts: Facts = noFacts();
  readonly #database: Tables;
  readonly #options: Abortable;

  constructor(database: Tables, options: Abortable) {
    this.#database = database;
    this.#options = options;
  }

  async get(table: Table, key: Item): Promise<void> {
    const { client, tables } = this.#database;
    const item = await getItem({ client, name: tables[table] }, key, this.#options);
    if (item !== undefined) addRow(this.facts, table, item as Item);
  }

  /** Reads the rows of a partition that have these attributes. */
  async query(table: Table, attribute: string, partition: string, having: Record<string, string> = {}): Promise<void> {
    const { client, tables } = this.#database;
    const conditions = Object.keys(having).map((name) => `#${name} = :${name}`);
    const attributes = { [attribute]: partition, ...having };
    const query = {
      TableName: tables[table],
      ConsistentRead: true,
      KeyConditionExpression: `#${attribute} = :${attribute}`,
      ...(conditions.length > 0 && { FilterExpression: conditions.join(" AND ") }),
      ExpressionAttributeNames: Object.fromEntries(Object.keys(attributes).map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [`:${name}`, value]),
      ),
    };
    const convert = ({ Items = [] }: QueryCommandOutput): Item[] => Items;
    for await (const items of readPages(client, { query, convert }, undefined, this.#options)) {
      for (const item of items) addRow(this.facts, table, item);
    }
  }
}
