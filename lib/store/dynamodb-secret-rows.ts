import type { AttributePath } from "../query/push-down.ts";
import { type SecretField, secretFieldNames } from "../secret/secret.ts";
import { type Database, isPartitionKey, isSortKey } from "./client.ts";
import { batchGet } from "./dynamodb-secret-reads.ts";
import { toQueryInput, withAttributes } from "./expressions.ts";
import { parseNameRow, parseRow, parseSecret } from "./items.ts";
import { type PageReader, readRows } from "./pages.ts";
import type { RowQuery, SecretRow, SecretRows } from "./secret-store.ts";

export function dynamodbSecretRows({ client, tables }: Database<"secrets" | "names">): SecretRows {
  const secretsTable = { client, name: tables.secrets };
  const namesTable = { client, name: tables.names };

  return {
    async *readRows(query, options = {}) {
      if (isEmpty(query)) return;
      const rest = rowReader(tables.secrets, query, query.attributes);
      const first = query.firstPageWhole ? rowReader(tables.secrets, query, null) : rest;
      yield* readRows(client, { first, rest }, options);
    },

    async countRows(query, options = {}) {
      if (isEmpty(query)) return 0;
      const reader = countReader(tables.secrets, query);
      let total = 0;
      for await (const count of readRows(client, { first: reader, rest: reader }, options)) total += count;
      return total;
    },

    async findByIds(domainId, secretIds, options = {}) {
      const ids = [...new Set(secretIds)].filter(isSortKey);
      const keys = ids.map((id) => ({ domain_id: domainId, secret_id: id }));
      const secrets = (await batchGet(secretsTable, keys, options)).map(parseSecret);
      const found = new Map(secrets.map((secret) => [secret.secret_id, secret]));
      return ids.flatMap((id) => found.get(id) ?? []);
    },

    async findIdsByNames(domainId, names, options = {}) {
      const distinct = [...new Set(names)].filter(isSortKey);
      const keys = distinct.map((name) => ({ domain_id: domainId, name }));
      const rows = (await batchGet(namesTable, keys, options)).map(parseNameRow);
      const ids = new Map(rows.map((row) => [row.name, row.secret_id]));
      return distinct.flatMap((name) => ids.get(name) ?? []);
    },
  };
}

/** Whether no row can match, because the value cannot be a key. */
function isEmpty({ index }: RowQuery): boolean {
  return index !== null && !isPartitionKey(index.value);
}

function rowReader(
  table: string,
  query: RowQuery,
  attributes: readonly AttributePath[] | null,
): PageReader<SecretRow[]> {
  const whole = toQueryInput(table, query);
  const fields = attributes === null ? secretFieldNames : fieldsOf(attributes);
  return {
    query: attributes === null ? whole : withAttributes(whole, attributes),
    convert: ({ Items = [] }) => Items.map((item) => parseRow(item, fields)),
  };
}

function countReader(table: string, query: RowQuery): PageReader<number> {
  return {
    query: { ...toQueryInput(table, query), Select: "COUNT" },
    convert: ({ Count = 0 }) => Count,
  };
}

function fieldsOf(attributes: readonly AttributePath[]): SecretField[] {
  return [...new Set<SecretField>(["secret_id", ...attributes.map(([field]) => field)])];
}
