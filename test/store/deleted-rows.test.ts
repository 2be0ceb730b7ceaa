/** The rows that are kept of a deleted secret: unchanged, whatever they hold, and whatever other writers do. */

import { type DynamoDBDocumentClient, PutCommand, TransactWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StoredSecret } from "../../lib/secret/secret.ts";
import { dynamodbDeletes } from "../../lib/store/dynamodb-deletes.ts";
import { getItem } from "../../lib/store/dynamodb-secret-reads.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { toDataItem } from "../../lib/store/items.ts";
import type { DataVersion, SecretStore } from "../../lib/store/secret-store.ts";
import { type LocalDatabase, startDatabase } from "../../tools/local/database.ts";
import { findDeleted } from "../../tools/ops/undeletion/deleted.ts";
import { aSecret, aVersion, creation } from "../contract/secret-store.ts";

const kept = { deletedAt: "2026-01-02T03:04:05.678Z", expiresAt: 1_767_927_845 };
const done = { kind: "done" };

let local: LocalDatabase;
let store: SecretStore;

beforeAll(async () => {
  local = await startDatabase();
  store = dynamodbSecretStore(local);
});
afterAll(async () => await local.close());

async function create(more: Partial<StoredSecret> = {}): Promise<{ secret: StoredSecret; data: DataVersion }> {
  const secret = aSecret(more);
  const data = aVersion(secret, 1);
  expect(await store.createSecret(creation(secret, { data }))).toEqual(done);
  return { secret: { ...secret, dependents: 0, revision: 0, oldest_version: 1 }, data };
}

const deletedRow = async ({ domain_id, secret_id }: StoredSecret, part: string) =>
  await getItem(
    { client: local.client, name: local.tables.deleted },
    { secret: `${domain_id}/${secret_id}`, part },
    {},
  );

it("a deleted secret's metadata is in its own row, with the time at which DynamoDB removes it", async () => {
  const { secret } = await create({ expires_at: "2030-01-01T00:00:00.000Z", tags: { constructor: { a: 1 } } });

  await store.deleteSecret({ secret, kept });

  expect(await deletedRow(secret, "metadata")).toMatchObject({
    row: { expires_at: "2030-01-01T00:00:00.000Z", name: secret.name, revision: 0, tags: { constructor: { a: 1 } } },
    deleted_at: "2026-01-02T03:04:05.678Z",
    expires_at: 1_767_927_845,
  });
});

it("a deleted secret's data is the version's row, sealed as it was, with all attributes", async () => {
  const { secret, data } = await create();
  const item = { ...toDataItem(data), note: "of another tool" };
  await local.client.send(new PutCommand({ TableName: local.tables.data, Item: item }));

  await store.deleteSecret({ secret, kept });

  expect(await deletedRow(secret, "data")).toEqual({
    ...{ ...item, part: "data" },
    ...{ deleted_at: "2026-01-02T03:04:05.678Z", expires_at: 1_767_927_845 },
  });
});

it("a damaged version does not keep its secret from being deleted", async () => {
  const { secret } = await create();
  const { secret: partition, version } = toDataItem(aVersion(secret, 1));
  await local.client.send(new PutCommand({ TableName: local.tables.data, Item: { secret: partition, version } }));

  expect(await store.deleteSecret({ secret, kept })).toEqual(done);
  expect(await store.findSecret(secret.domain_id, secret.secret_id)).toBeUndefined();
});

it("a secret whose data is missing is kept without data", async () => {
  const { secret } = await create();

  expect(await store.deleteSecret({ secret: { ...secret, version: 7 }, kept })).toEqual(done);
  expect(await findDeleted(local, secret.domain_id, secret.secret_id)).toMatchObject({ data: undefined });
});

it("a version that is re-wrapped between reading and deleting is kept in its new form", async () => {
  const { secret, data } = await create();
  const { secret: partition, version } = toDataItem(data);
  let isRewrapped = false;
  const send = async (command: TransactWriteCommand, options: object) => {
    if (command instanceof TransactWriteCommand && !isRewrapped) {
      isRewrapped = true;
      await local.client.send(
        new UpdateCommand({
          TableName: local.tables.data,
          Key: { secret: partition, version },
          UpdateExpression: "SET encrypted_data_key = :key",
          ExpressionAttributeValues: { ":key": new Uint8Array([1, 2, 3]) },
        }),
      );
    }
    return await local.client.send(command, options);
  };
  const { deleteSecret } = dynamodbDeletes({ client: { send } as DynamoDBDocumentClient, tables: local.tables });

  const results = [await deleteSecret({ secret, kept }), await deleteSecret({ secret, kept })];

  expect(results).toEqual([{ kind: "refused", refusal: "changed" }, done]);
  expect(await deletedRow(secret, "data")).toMatchObject({ encrypted_data_key: new Uint8Array([1, 2, 3]) });
});
