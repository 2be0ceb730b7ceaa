/** The requests of each method: their cost, and strong consistency where needed. Needs no database. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import type { SecretRows, SecretStore } from "../../lib/store/secret-store.ts";
import { addition, aSecret, creation } from "../contract/secret-store.ts";
import type { FaultProxy } from "./fault-proxy.ts";
import { type ProxiedClient, startProxiedClient } from "./proxied-database.ts";

const tables = {
  ...{ secrets: "the-secrets", names: "the-names", data: "the-data", tokens: "the-tokens" },
  deleted: "the-deleted",
};
const token = { digest: "digest", contentDigest: "content", now: 1, expiresAt: 2 };
const secret = {
  ...aSecret({ trusted_secret_id: "secret-00000000000f" }),
  dependents: 0,
  revision: 3,
  oldest_version: 1,
};
const { domain_id, secret_id } = secret;
const query = { domainId: domain_id, index: null, condition: null, attributes: null, firstPageWhole: false };
const byAccount = { ...query, index: { field: "service_account_id", value: "sa-1" } } as const;

let proxied: ProxiedClient;
let proxy: FaultProxy;
let store: SecretStore;
let rows: SecretRows;

beforeAll(async () => {
  proxied = await startProxiedClient();
  proxy = proxied.proxy;
  store = dynamodbSecretStore({ client: proxied.client, tables });
  rows = dynamodbSecretRows({ client: proxied.client, tables });
});
afterEach(() => proxy.reset());
afterAll(async () => await proxied.close());

const drain = async (pages: AsyncIterable<unknown>) => {
  for await (const page of pages) expect(page).toEqual([]);
};
const fresh = { ConsistentRead: true };
const actions = (...kinds: readonly (readonly [string, string])[]) => ({
  ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
  TransactItems: kinds.map(([kind, TableName]) => ({ [kind]: expect.objectContaining({ TableName }) })),
});

it.each<[string, () => Promise<unknown>, [string, Record<string, unknown>][]]>([
  [
    "findSecret",
    async () => await store.findSecret(domain_id, secret_id),
    [["GetItem", { TableName: "the-secrets", ...fresh }]],
  ],
  [
    "findIdByName",
    async () => await store.findIdByName(domain_id, secret.name),
    [["GetItem", { TableName: "the-names", ...fresh }]],
  ],
  [
    "findData of the current version",
    async () => await store.findData(domain_id, secret_id, null),
    [["Query", { TableName: "the-data", ...fresh, Limit: 1, ScanIndexForward: false }]],
  ],
  [
    "findData of a version",
    async () => await store.findData(domain_id, secret_id, 2),
    [["GetItem", { TableName: "the-data", ...fresh }]],
  ],
  [
    "findToken",
    async () => await store.findToken(domain_id, token),
    [["GetItem", { TableName: "the-tokens", ...fresh }]],
  ],
  [
    "createSecret",
    async () => await store.createSecret(creation(secret, { token })),
    [
      [
        "TransactWriteItems",
        actions(
          ...([
            ["Put", "the-tokens"],
            ["Update", "the-secrets"],
            ["Put", "the-names"],
          ] as const),
          ...([
            ["Put", "the-secrets"],
            ["Put", "the-data"],
          ] as const),
        ),
      ],
    ],
  ],
  [
    "changeSecret",
    async () => await store.changeSecret({ before: secret, after: { ...secret, tags: {} } }),
    [["TransactWriteItems", actions(["Update", "the-secrets"])]],
  ],
  [
    "changeSecret with a new name",
    async () => await store.changeSecret({ before: secret, after: { ...secret, name: "new" } }),
    [["TransactWriteItems", actions(["Update", "the-secrets"], ["Put", "the-names"], ["Delete", "the-names"])]],
  ],
  [
    "addData",
    async () => await store.addData({ ...addition(secret), token, dropVersions: [1] }),
    [
      [
        "TransactWriteItems",
        actions(
          ...([
            ["Put", "the-tokens"],
            ["Update", "the-secrets"],
          ] as const),
          ...([
            ["Put", "the-data"],
            ["Delete", "the-data"],
          ] as const),
        ),
      ],
    ],
  ],
  [
    "deleteSecret",
    async () => await store.deleteSecret({ secret, kept: { deletedAt: "", expiresAt: 1 } }),
    [
      ["Query", { TableName: "the-data", ...fresh, Select: "SPECIFIC_ATTRIBUTES", ProjectionExpression: "#version" }],
      ["GetItem", { TableName: "the-data", ...fresh }],
      [
        "TransactWriteItems",
        actions(
          ...([
            ["Delete", "the-secrets"],
            ["Delete", "the-names"],
          ] as const),
          ...([
            ["Put", "the-deleted"],
            ["Update", "the-secrets"],
          ] as const),
        ),
      ],
    ],
  ],
  [
    "deleteSecret of which nothing is kept",
    async () => await store.deleteSecret({ secret, kept: null }),
    [
      ["Query", { TableName: "the-data", ...fresh, Select: "SPECIFIC_ATTRIBUTES", ProjectionExpression: "#version" }],
      ["TransactWriteItems", actions(["Delete", "the-secrets"], ["Delete", "the-names"], ["Update", "the-secrets"])],
    ],
  ],
  [
    "readRows of a domain",
    async () => await drain(rows.readRows(query)),
    [["Query", { TableName: "the-secrets", ...fresh }]],
  ],
  [
    "readRows of an index",
    async () => await drain(rows.readRows(byAccount)),
    [["Query", { TableName: "the-secrets", IndexName: "by_service_account" }]],
  ],
  [
    "countRows",
    async () => await rows.countRows(query),
    [["Query", { TableName: "the-secrets", ...fresh, Select: "COUNT" }]],
  ],
  [
    "findByIds",
    async () =>
      await rows.findByIds(
        domain_id,
        Array.from({ length: 150 }, (_, index) => `id-${index}`),
      ),
    [
      [
        "BatchGetItem",
        { RequestItems: { "the-secrets": { ...fresh, Keys: expect.objectContaining({ length: 100 }) } } },
      ],
      [
        "BatchGetItem",
        { RequestItems: { "the-secrets": { ...fresh, Keys: expect.objectContaining({ length: 50 }) } } },
      ],
    ],
  ],
  [
    "findIdsByNames",
    async () => await rows.findIdsByNames(domain_id, ["a", "b"]),
    [["BatchGetItem", { RequestItems: { "the-names": { ...fresh, Keys: expect.objectContaining({ length: 2 }) } } }]],
  ],
  ["findSecret with an impossible key", async () => await store.findSecret(domain_id, ""), []],
  ["findData with an impossible id", async () => await store.findData(domain_id, "odd", null), []],
  ["findByIds without ids", async () => await rows.findByIds(domain_id, []), []],
])("%s makes these requests", async (_, call, expected) => {
  proxy.otherwise = { status: 200, body: {} };

  await call();

  expect(proxy.requests.map(({ operation, body }) => [operation, body])).toEqual(
    expected.map(([operation, body]) => [operation, expect.objectContaining(body)]),
  );
});
