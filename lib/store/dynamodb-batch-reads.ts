/** The port `BatchReads` on DynamoDB: one request for names, then one for rows, then one for data. */

import type { Abortable } from "../base/async.ts";
import { isSecretId } from "../secret/secret.ts";
import { type Database, isSortKey } from "./client.ts";
import { type BatchTable, batchGetSome, dynamodbSecretReads } from "./dynamodb-secret-reads.ts";
import { briefAttributes, findPartition, parseBrief, parseDataVersion, parseNameRow } from "./items.ts";
import type { Item } from "./row.ts";
import type { BatchReads, DataReads, DataVersion, SecretBrief } from "./secret-store.ts";

interface Found {
  /** The items that were found, by their keys without the domain. */
  readonly items: ReadonlyMap<string, Item>;
  /** Whether all others do not exist. If not, DynamoDB has left keys unprocessed. */
  readonly isWhole: boolean;
}

interface Rows extends Found {
  /** What each row says about its secret's data; `undefined` if the row is damaged. */
  readonly briefs: ReadonlyMap<string, SecretBrief | undefined>;
}

/** A secret, and the version of its data that is asked for; `null`: the current one. */
interface Asked {
  readonly secretId: string;
  readonly version: number | null;
}

export function dynamodbBatchReads({ client, tables }: Database<"secrets" | "names" | "data">): BatchReads {
  const reads = dynamodbSecretReads({ client, tables });

  const namesTable = { client, name: tables.names, id: ["name"] };
  const secretsTable = { client, name: tables.secrets, id: ["secret_id"], attributes: briefAttributes };
  const dataTable = { client, name: tables.data, id: dataId };

  async function findRows(keys: readonly Item[], options: Abortable): Promise<Rows> {
    const found = await find(secretsTable, keys, options);
    const briefs = [...found.items].map(([id, row]) => [id, unlessDamaged(() => parseBrief(row))] as const);
    return { ...found, briefs: new Map(briefs) };
  }

  return {
    async readAhead(domainId, wanted, options = {}) {
      const names = wanted.flatMap<Item>(({ name }) =>
        name !== null && isSortKey(name) ? { domain_id: domainId, name } : [],
      );
      const namesFound = await find(namesTable, names, options);
      const asked = wanted.flatMap(({ secret_id, name, version }): Asked[] => {
        const secretId = secret_id ?? unlessDamaged(() => idIn(namesFound.items.get(name ?? "")));
        return secretId !== undefined && isSecretId(secretId) ? [{ secretId, version }] : [];
      });
      const rowKeys = asked.map(({ secretId }) => ({ domain_id: domainId, secret_id: secretId }));
      const rows = await findRows(rowKeys, options);
      const dataKeys = asked.flatMap<Item>((one) => dataKeyOf(domainId, one, rows) ?? []);
      const data = await find(dataTable, dataKeys, options);

      const unasked = new Set(wanted.map(({ name }) => name));
      const ahead = new Map(asked.map((one) => [askedId(one), itemFor(domainId, one, rows, data)]));
      const late = new Set(asked.flatMap((one) => (ahead.get(askedId(one)) === undefined ? one.secretId : [])));
      const readShared = shareTrusted(reads.findData, rows);

      return {
        async findIdByName(domain, name, inner) {
          // A second lookup means that the name has passed to another secret, so it is looked up again.
          const isFirst = unasked.delete(name);
          const item = isFirst ? namesFound.items.get(name) : undefined;
          if (isFirst && (item !== undefined || namesFound.isWhole)) return idIn(item);
          return await reads.findIdByName(domain, name, inner);
        },

        async findSecret(domain, secretId, inner) {
          const row = rows.items.get(secretId);
          // If the data is read late, so is the row: it decides whether the caller may see that data.
          if (row !== undefined && !late.has(secretId)) return parseBrief(row);
          return await reads.findSecret(domain, secretId, inner);
        },

        async findData(domain, secretId, version, inner) {
          const item = ahead.get(askedId({ secretId, version }));
          if (item === null) return undefined;
          if (item !== undefined) return parseDataVersion(domain, secretId, item);
          return await (version === null ? readShared : reads.findData)(domain, secretId, version, inner);
        },
      };
    },
  };
}

const dataId = ["secret", "version"];

async function find(
  { id, ...table }: BatchTable & { readonly id: readonly string[] },
  keys: readonly Item[],
  options: Abortable,
): Promise<Found> {
  const distinct = [...new Map(keys.map((key) => [idOf(key, id), key])).values()];
  const { items, unread } = await batchGetSome(table, distinct, options);
  return { items: new Map(items.map((item) => [idOf(item, id), item])), isWhole: unread.length === 0 };
}

/** Reads the data of a trusted secret once for all secrets that trust it. */
function shareTrusted(findData: DataReads["findData"], { briefs }: Rows): DataReads["findData"] {
  const trustedIds = new Set([...briefs.values()].map((brief) => brief?.trusted_secret_id));
  const shared = new Map<string, Promise<DataVersion | undefined>>();
  return async (domainId, secretId, version, options) => {
    const read = shared.get(secretId) ?? findData(domainId, secretId, version, options);
    if (trustedIds.has(secretId)) shared.set(secretId, read);
    return await read;
  };
}

function idOf(item: Item, attributes: readonly string[]): string {
  return attributes.map((name) => String(item[name])).join(" ");
}

function askedId({ secretId, version }: Asked): string {
  return `${secretId} ${version}`;
}

function idIn(nameRow: Item | undefined): string | undefined {
  return nameRow === undefined ? undefined : parseNameRow(nameRow).secret_id;
}

/** The key of the data that is asked for; `undefined` without a readable row, or if there is no such version yet. */
function dataKeyOf(domainId: string, { secretId, version }: Asked, { briefs }: Rows): Item | undefined {
  const current = briefs.get(secretId)?.version ?? null;
  if (current === null || (version ?? 0) > current) return undefined;
  return { secret: findPartition(domainId, secretId), version: version ?? current };
}

/** The data that is asked for; `null` if it does not exist; `undefined` if it must be read separately. */
function itemFor(domainId: string, asked: Asked, rows: Rows, data: Found): Item | null | undefined {
  if (!rows.items.has(asked.secretId)) return rows.isWhole ? null : undefined;
  const key = dataKeyOf(domainId, asked, rows);
  if (key === undefined) return (rows.briefs.get(asked.secretId)?.version ?? null) === null ? undefined : null;
  const item = data.items.get(idOf(key, dataId));
  // The version that was current in the row may have been deleted since: then the data is read separately.
  return item ?? (data.isWhole && asked.version !== null ? null : undefined);
}

/** A damaged row must fail only the item that reads it, so it says nothing here. */
function unlessDamaged<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
