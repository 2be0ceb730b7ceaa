/** The port `SecretStore` on DynamoDB: which actions each write is made of. What only reads is in a module of its own. */

import type { Database, TableNames } from "./client.ts";
import { dynamodbSecretReads, getItem, listVersions } from "./dynamodb-secret-reads.ts";
import { findPartition, getPartition, parseTokenRecord, type VersionKey } from "./items.ts";
import type { SecretStore } from "./secret-store.ts";
import { transact } from "./transaction.ts";
import {
  addSecret,
  addVersion,
  changeRow,
  countDown,
  countUp,
  forgetVersionsBefore,
  freeName,
  removeSecret,
  removeVersions,
  reserveName,
  useToken,
} from "./writes.ts";

/**
 * What one transaction of a delete takes: of DynamoDB's 100 actions those that row, name and count leave, and of its 4 MB
 * the versions of two pages of up to 1 MB each, since what a Query has read tells how large they are at most.
 */
const maxVersionsPerStep = 96;
const maxPagesPerStep = 2;

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

    async deleteSecret(secret, options = {}) {
      const partition = findPartition(secret.domain_id, secret.secret_id);
      const pages = partition === undefined ? [] : await listVersions(dataTable, partition, options);
      const { last, before } = toSteps(pages);
      for (const { keys, oldestLeft } of before) {
        const step = [forgetVersionsBefore(tables, secret, oldestLeft), ...removeVersions(tables, keys)];
        const result = await transact(client, step, options);
        if (result.kind === "refused") return result;
      }
      const actions = [removeSecret(tables, secret), freeName(tables, secret), ...removeVersions(tables, last)];
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

interface Steps {
  /** Go first, one transaction each; `oldestLeft` is the version that is the oldest then. */
  readonly before: readonly { readonly keys: readonly VersionKey[]; readonly oldestLeft: number }[];
  readonly last: readonly VersionKey[];
}

/** The keys of all versions, the oldest first, cut into what a transaction takes each. */
function toSteps(pages: readonly (readonly VersionKey[])[]): Steps {
  const groups = cut(pages, maxPagesPerStep).flatMap((some) => cut(some.flat(), maxVersionsPerStep));
  const before = groups.slice(0, -1).map((keys, index) => ({ keys, oldestLeft: groups[index + 1]?.[0]?.version ?? 1 }));
  return { before, last: groups.at(-1) ?? [] };
}

function cut<Item>(items: readonly Item[], length: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}
