/** The wrapped data key of a row of `secret-data`: the only part of it that is read and written here. */

import { ConditionalCheckFailedException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import { backOff } from "../../../lib/base/async.ts";
import type { EncryptionContext } from "../../../lib/crypto/key-service.ts";
import { contextOf } from "../../../lib/method/data-version.ts";
import type { Table } from "../../../lib/store/dynamodb-secret-reads.ts";
import type { Item } from "../../../lib/store/row.ts";
import { splitPartition } from "../integrity/row-shapes.ts";
import { type ScanFilter, scan } from "../scan.ts";

export interface WrappedKey {
  readonly key: { readonly secret: string; readonly version: number };
  /** Empty where the row has none. */
  readonly bytes: Uint8Array;
  /** ARN of the key that wrapped it, as the row tells. */
  readonly keyId: string;
  readonly context: EncryptionContext;
}

/** How often a row is tried that others are writing. */
const maxAttempts = 8;

const attributes = ["secret", "version", "encrypted_data_key", "key_id", "trusted_secret_id"];

/** Of a malformed row what KMS does not open. */
const rowSchema = v.object({
  secret: v.string(),
  version: v.number(),
  encrypted_data_key: v.fallback(v.instance(Uint8Array), new Uint8Array()),
  key_id: v.fallback(v.string(), "no key"),
  trusted_secret_id: v.fallback(v.nullish(v.string(), null), null),
});

/** All that are wrapped by other keys than this one. @throws ERROR_UNAVAILABLE */
export async function* wrappedByOthers(table: Table, keyId: string): AsyncGenerator<WrappedKey> {
  const filter: ScanFilter = {
    FilterExpression: "#key_id <> :key_id",
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: { ":key_id": keyId },
  };
  for await (const items of scan(table, filter, {})) yield* items.map(parse);
}

/**
 * Puts another wrapping of the same data key in its place; only while the row still has just this one, so that no
 * deleted row comes back and no newer wrapping is lost. Tells whether it had.
 */
export async function replace(table: Table, wrapped: WrappedKey, bytes: Uint8Array, keyId: string): Promise<boolean> {
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

function parse(item: Item): WrappedKey {
  const { secret, version, encrypted_data_key, key_id, trusted_secret_id } = v.parse(rowSchema, item);
  const context = contextOf({ ...splitPartition(secret), version, trustedSecretId: trusted_secret_id });
  return { key: { secret, version }, bytes: encrypted_data_key, keyId: key_id, context };
}
