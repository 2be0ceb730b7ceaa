/** Reads and writes only the wrapped data keys of rows, in `secret-data` and among the deleted secrets. */

import { ConditionalCheckFailedException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import { backOff } from "../../../lib/base/async.ts";
import type { EncryptionContext } from "../../../lib/crypto/key-service.ts";
import { contextOf } from "../../../lib/method/data-version.ts";
import type { Database } from "../../../lib/store/client.ts";
import type { Table } from "../../../lib/store/dynamodb-secret-reads.ts";
import type { DeletedPart } from "../../../lib/store/items.ts";
import type { Item } from "../../../lib/store/row.ts";
import { splitPartition } from "../integrity/row-shapes.ts";
import { type ScanFilter, scan } from "../scan.ts";

export interface WrappedKey {
  readonly table: Table;
  readonly key: Item;
  /** Empty if the row has none. */
  readonly bytes: Uint8Array;
  /** ARN of the key that wrapped it, according to the row. */
  readonly keyId: string;
  readonly context: EncryptionContext;
}

/** Attempts for a row that others are writing. */
const maxAttempts = 8;

const attributes = ["secret", "version", "encrypted_data_key", "key_id", "trusted_secret_id"];

/** A malformed row gets values that KMS does not open. */
const rowSchema = v.object({
  secret: v.string(),
  version: v.number(),
  part: v.optional(v.string()),
  encrypted_data_key: v.fallback(v.instance(Uint8Array), new Uint8Array()),
  key_id: v.fallback(v.string(), "no key"),
  trusted_secret_id: v.fallback(v.nullish(v.string(), null), null),
});

/**
 * Yields all data keys that other keys have wrapped. Deleted secrets come last, so that secrets deleted meanwhile are
 * not missed.
 * @throws ERROR_UNAVAILABLE
 */
export async function* wrappedByOthers(
  { client, tables }: Database<"data" | "deleted">,
  keyId: string,
): AsyncGenerator<WrappedKey> {
  const data = { client, name: tables.data };
  const versions = filterOf("#key_id <> :key_id", { ":key_id": keyId }, attributes);
  for await (const items of scan(data, versions, {})) yield* items.map((item) => parse(data, item));
  const deleted = { client, name: tables.deleted };
  const sealed = { ":key_id": keyId, ":part": "data" satisfies DeletedPart };
  const parts = filterOf("#part = :part AND #key_id <> :key_id", sealed, [...attributes, "part"]);
  for await (const items of scan(deleted, parts, {})) yield* items.map((item) => parse(deleted, item));
}

function filterOf(FilterExpression: string, values: Item, names: readonly string[]): ScanFilter {
  return {
    FilterExpression,
    ProjectionExpression: names.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: values,
  };
}

/**
 * Replaces the wrapped key, if the row still has the same one. So no deleted row comes back, and no newer wrapping is
 * lost. Returns whether it did.
 */
export async function replace(wrapped: WrappedKey, bytes: Uint8Array, keyId: string): Promise<boolean> {
  const { table } = wrapped;
  const command = new UpdateCommand({
    TableName: table.name,
    Key: wrapped.key,
    UpdateExpression: "SET #encrypted_data_key = :new, #key_id = :key_id",
    ConditionExpression: "#encrypted_data_key = :old",
    ExpressionAttributeNames: { "#encrypted_data_key": "encrypted_data_key", "#key_id": "key_id" },
    ExpressionAttributeValues: { ":new": bytes, ":old": wrapped.bytes, ":key_id": keyId },
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await table.client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      if (!(error instanceof TransactionConflictException) || attempt === maxAttempts) throw error;
      await backOff(attempt, {});
    }
  }
}

function parse(table: Table, item: Item): WrappedKey {
  const { secret, version, part, encrypted_data_key, key_id, trusted_secret_id } = v.parse(rowSchema, item);
  const context = contextOf({ ...splitPartition(secret), version, trustedSecretId: trusted_secret_id });
  const key = part === undefined ? { secret, version } : { secret, part };
  return { table, key, bytes: encrypted_data_key, keyId: key_id, context };
}
