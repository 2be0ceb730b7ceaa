/** How a secret is deleted from DynamoDB: in one transaction, and in more where one does not take all of its versions. */

import type { Abortable } from "../base/async.ts";
import type { StoredSecret } from "../secret/secret.ts";
import type { Database } from "./client.ts";
import { getItem, listVersions } from "./dynamodb-secret-reads.ts";
import { findPartition, toDeletedItems, type VersionKey } from "./items.ts";
import type { Item } from "./row.ts";
import type { KeptUntil, SecretStore } from "./secret-store.ts";
import { transact } from "./transaction.ts";
import { countDown, forgetVersionsBefore, freeName, keepDeleted, removeSecret, removeVersions } from "./writes.ts";

/**
 * What one transaction of a delete takes: of DynamoDB's 100 actions those that row, name, count and what is kept leave,
 * and of its 4 MB the versions of two pages of up to 1 MB each, since what a Query has read tells how large they are at
 * most, beside the one that is kept.
 */
const maxVersionsPerStep = 95;
const maxPagesPerStep = 2;

export function dynamodbDeletes({ client, tables }: Database): Pick<SecretStore, "deleteSecret"> {
  const dataTable = { client, name: tables.data };

  return {
    async deleteSecret({ secret, kept }, options = {}) {
      const { pages, current } = await readVersions(secret, kept, options);
      const { last, before } = toSteps(pages);
      for (const { keys, oldestLeft } of before) {
        const step = [forgetVersionsBefore(tables, secret, oldestLeft), ...removeVersions(tables, keys)];
        const result = await transact(client, step, options);
        if (result.kind === "refused") return result;
      }
      const actions = [
        removeSecret(tables, secret),
        freeName(tables, secret),
        ...removeVersions(tables, last, current),
        ...keepDeleted(tables, kept === null ? [] : toDeletedItems(secret, current, kept)),
      ];
      const result = await transact(client, [...actions, countDown(tables, secret)], options);
      // A secret that was loaded from elsewhere may not be counted where it names: then there is nothing to count down.
      const isUncounted = result.kind === "refused" && result.refusal === "trusted-secret";
      return isUncounted ? await transact(client, actions, options) : result;
    },
  };

  /** Which versions there are; and, where it is to be kept, the current one as its row is: even a damaged one can go. */
  async function readVersions(
    { domain_id, secret_id, version }: StoredSecret,
    kept: KeptUntil | null,
    options: Abortable,
  ): Promise<Versions> {
    const partition = findPartition(domain_id, secret_id);
    if (partition === undefined) return { pages: [], current: undefined };
    const [pages, current] = await Promise.all([
      listVersions(dataTable, partition, options),
      kept === null || version === null ? undefined : getItem(dataTable, { secret: partition, version }, options),
    ]);
    return { pages, current: current as Item | undefined };
  }
}

interface Versions {
  readonly pages: readonly (readonly VersionKey[])[];
  readonly current: Item | undefined;
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
