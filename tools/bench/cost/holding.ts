/** What it costs to hold secrets for a month: storage with its backups, and the key. */

import { itemBytes } from "../counting/write-units.ts";
import { type Attributes, toAttributes } from "../stub/attribute-values.ts";
import { dataRow, secretRow } from "../stub/scenarios.ts";
import { prices } from "./prices.ts";

/** DynamoDB adds them to every item, in a table and in an index. */
const itemOverheadBytes = 100;

/** A secret of the sample's size, with one version of its data, in a project and of a service account. */
export function bytesStored(): { readonly table: number; readonly indexes: number } {
  const { domain_id: domainId = {}, secret_id: secretId = {} } = secretRow;
  const nameRow: Attributes = { ...toAttributes({ name: "collector 0" }), domain_id: domainId, secret_id: secretId };
  const stored = (row: Attributes) => itemBytes(row) + itemOverheadBytes;
  return { table: stored(secretRow) + stored(nameRow) + stored(dataRow), indexes: 2 * stored(secretRow) };
}

export interface MonthlyCost {
  readonly storage: number;
  readonly backups: number;
  readonly key: number;
}

export function monthlyCost(secrets: number): MonthlyCost {
  const { table, indexes } = bytesStored();
  const gigabytes = (bytes: number) => (bytes * secrets) / 1e9;
  return {
    storage: gigabytes(table + indexes) * prices.dynamodbGigabyteMonth,
    backups: gigabytes(table) * prices.dynamodbBackupGigabyteMonth,
    key: prices.kmsKeyMonth,
  };
}
