/** Deletes a secret from DynamoDB: in one transaction, or in several if one cannot hold all of its versions. */

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
 * What one transaction of a delete can hold. DynamoDB allows 100 actions, and five are for the row, the name, the count
 * and the two rows that are kept. It allows 4 MB: a page of versions has at most 1 MB, because a `Query` reads no more,
 * and the kept version comes on top.
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
      // A secret that another tool loaded may be missing in its trusted secret's count. Then nothing is counted down.
      const isUncounted = result.kind === "refused" && result.refusal === "trusted-secret";
      return isUncounted ? await transact(client, actions, options) : result;
    },
  };

  /**
   * The keys of all versions, and the current version's row if it is kept. Unparsed: even a damaged one can be deleted.
   */
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
  /** One transaction each, before the last. Afterwards `oldestLeft` is the oldest version. */
  readonly before: readonly { readonly keys: readonly VersionKey[]; readonly oldestLeft: number }[];
  readonly last: readonly VersionKey[];
}

/** Cuts the keys of all versions, the oldest first, into groups that fit into one transaction. */
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
