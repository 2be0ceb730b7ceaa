/** The port `SecretReads` on DynamoDB. */

import { findPartition, parseDataVersion } from "./data-item.ts";
import type { Database } from "./database.ts";
import { isSortKey } from "./keys.ts";
import { getItem, getNewest } from "./reads.ts";
import { parseStoredSecret } from "./secret-item.ts";
import type { SecretReads } from "./secret-store.ts";

export function dynamodbSecretReads({ client, tables }: Database<"secrets" | "data">): SecretReads {
  const secretsTable = { client, name: tables.secrets };
  const dataTable = { client, name: tables.data };

  return {
    async findSecret(domainId, secretId, options = {}) {
      const key = { domain_id: domainId, secret_id: secretId };
      const item = isSortKey(secretId) ? await getItem(secretsTable, key, options) : undefined;
      return item === undefined ? undefined : parseStoredSecret(item);
    },

    async findData(domainId, secretId, version, options = {}) {
      const partition = findPartition(domainId, secretId);
      if (partition === undefined) return undefined;
      const item = await (version === null
        ? getNewest(dataTable, partition, options)
        : getItem(dataTable, { secret: partition, version }, options));
      return item === undefined ? undefined : parseDataVersion(domainId, secretId, item);
    },
  };
}
