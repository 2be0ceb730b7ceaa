/** The port `SecretStore` on DynamoDB: which actions each write is made of. What only reads is in a module of its own. */

import type { Database, TableNames } from "./client.ts";
import { dynamodbSecretReads, getItem, listVersions } from "./dynamodb-secret-reads.ts";
import { findPartition, getPartition, parseTokenRecord } from "./items.ts";
import type { SecretStore } from "./secret-store.ts";
import { transact } from "./transaction.ts";
import {
  addSecret,
  addVersion,
  changeRow,
  countDown,
  countUp,
  freeName,
  removeSecret,
  removeVersion,
  reserveName,
  useToken,
} from "./writes.ts";

export function dynamodbSecretStore({ client, tables }: Database<keyof TableNames>): SecretStore {
  const dataTable = { client, name: tables.data };
  const tokensTable = { client, name: tables.tokens };

  return {
    ...dynamodbSecretReads({ client, tables }),

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

    async changeSecret({ before, after }, options = {}) {
      const rename = before.name === after.name ? [] : [reserveName(tables, after), freeName(tables, before)];
      return await transact(client, [changeRow(tables, before, after), ...rename], options);
    },

    async addData({ before, after, data, dropVersion, token }, options = {}) {
      const actions = [
        useToken(tables, token, after),
        changeRow(tables, before, after),
        addVersion(tables, data, "changed"),
        dropVersion === null ? null : removeVersion(tables, { secret: getPartition(data), version: dropVersion }),
      ];
      return await transact(client, actions, options);
    },

    async deleteSecret(secret, options = {}) {
      const partition = findPartition(secret.domain_id, secret.secret_id);
      const versions = partition === undefined ? [] : await listVersions(dataTable, partition, options);
      const actions = [
        removeSecret(tables, secret),
        freeName(tables, secret),
        ...versions.map((key) => removeVersion(tables, key)),
      ];
      const result = await transact(client, [...actions, countDown(tables, secret)], options);
      // A secret that was loaded from elsewhere may not be counted where it names: then there is nothing to count down.
      const isUncounted = result.kind === "refused" && result.refusal === "trusted-secret";
      return isUncounted ? await transact(client, actions, options) : result;
    },

    async findToken(domainId, { digest, now }, options = {}) {
      const item = await getItem(tokensTable, { domain_id: domainId, token: digest }, options);
      return item === undefined ? undefined : parseTokenRecord(item, now);
    },
  };
}
