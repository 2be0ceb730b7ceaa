/**
 * The port `SecretStore` on DynamoDB: the actions that each write consists of. Each method's writes come from their own
 * function, so that its bundle holds no others.
 */

import type { Database } from "./client.ts";
import { dynamodbDeletes } from "./dynamodb-deletes.ts";
import { dynamodbSecretReads, getItem } from "./dynamodb-secret-reads.ts";
import { getPartition, parseTokenRecord } from "./items.ts";
import type { SecretStore } from "./secret-store.ts";
import { transact } from "./transaction.ts";
import {
  addSecret,
  addVersion,
  changeRow,
  countUp,
  freeName,
  removeVersions,
  reserveName,
  useToken,
} from "./writes.ts";

/** The whole port. A Lambda function takes only the part that it needs. */
export function dynamodbSecretStore(database: Database): SecretStore {
  return {
    ...dynamodbSecretReads(database),
    ...dynamodbCreates(database),
    ...dynamodbChanges(database),
    ...dynamodbAdditions(database),
    ...dynamodbDeletes(database),
  };
}

export function dynamodbCreates(database: Database): Pick<SecretStore, "createSecret" | "findToken"> {
  const { client, tables } = database;
  return {
    ...dynamodbTokens(database),

    async createSecret(write, options = {}) {
      const { secret, data, token } = write;
      const actions = [
        useToken(tables, token, secret),
        countUp(tables, write),
        reserveName(tables, secret),
        addSecret(tables, secret),
        addVersion(tables, data, "id-taken"),
      ];
      return await transact(client, actions, options);
    },
  };
}

export function dynamodbChanges({ client, tables }: Database): Pick<SecretStore, "changeSecret"> {
  return {
    async changeSecret({ before, after }, options = {}) {
      const rename = before.name === after.name ? [] : [reserveName(tables, after), freeName(tables, before)];
      return await transact(client, [changeRow(tables, before, after), ...rename], options);
    },
  };
}

export function dynamodbAdditions(database: Database): Pick<SecretStore, "addData" | "findToken"> {
  const { client, tables } = database;
  return {
    ...dynamodbTokens(database),

    async addData({ before, after, data, dropVersions, token }, options = {}) {
      const actions = [
        useToken(tables, token, after),
        changeRow(tables, before, after),
        addVersion(tables, data, "changed"),
        ...removeVersions(
          tables,
          dropVersions.map((version) => ({ secret: getPartition(data), version })),
        ),
      ];
      return await transact(client, actions, options);
    },
  };
}

function dynamodbTokens({ client, tables }: Database): Pick<SecretStore, "findToken"> {
  const table = { client, name: tables.tokens };
  return {
    async findToken(domainId, { digest, now }, options = {}) {
      const item = await getItem(table, { domain_id: domainId, token: digest }, options);
      return item === undefined ? undefined : parseTokenRecord(item, now);
    },
  };
}
