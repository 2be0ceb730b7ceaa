/** On DynamoDB Local: what is read ahead for several secrets, in which requests, and what is read separately. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dynamodbBatchReads } from "../../lib/store/dynamodb-batch-reads.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import type { BatchReads, SecretStore, WantedData } from "../../lib/store/secret-store.ts";
import { putRow } from "../attack/rows.ts";
import { addition, aSecret, creation } from "../contract/secret-store.ts";
import { type FaultProxy, failure } from "./fault-proxy.ts";
import { type ProxiedDatabase, startProxiedDatabase } from "./proxied-database.ts";

const domainId = "domain-1";

let database: ProxiedDatabase;
let proxy: FaultProxy;
let store: SecretStore;
let batches: BatchReads;

beforeAll(async () => {
  database = await startProxiedDatabase();
  proxy = database.proxy;
  store = dynamodbSecretStore(database);
  batches = dynamodbBatchReads(database);
});
afterEach(() => database.proxy.reset());
afterAll(async () => await database.close());

async function create(fields: Parameters<typeof aSecret>[0] = {}) {
  const secret = aSecret(fields);
  await store.createSecret(creation(secret));
  return { ...secret, dependents: 0, revision: 0, oldest_version: 1 };
}

const byId = (secret_id: string, version: number | null = null): WantedData => ({ secret_id, name: null, version });
const byName = (name: string): WantedData => ({ secret_id: null, name, version: null });
const operations = () => proxy.requests.map(({ operation }) => operation);

/** Forgets the requests that prepared a test. */
async function readAhead(wanted: readonly WantedData[]) {
  proxy.requests = [];
  return await batches.readAhead(domainId, wanted);
}

describe("reading several secrets ahead", () => {
  it("takes three requests for fifty secrets by name, however often each is named", async () => {
    const secrets = [];
    for (let made = 0; made < 25; made += 1) secrets.push(await create());

    const reads = await readAhead([...secrets, ...secrets].map(({ name }) => byName(name)));
    for (const { name, secret_id } of secrets) {
      expect(await reads.findIdByName(domainId, name)).toBe(secret_id);
      expect(await reads.findData(domainId, secret_id, null)).toEqual(await store.findData(domainId, secret_id, 1));
    }

    expect(operations().filter((operation) => operation !== "GetItem")).toEqual(Array(3).fill("BatchGetItem"));
    expect(proxy.requests.filter(({ operation }) => operation === "GetItem")).toHaveLength(25);
  });

  it("finds rows, versions and missing secrets without another request", async () => {
    const before = await create();
    await store.addData(addition(before));
    const unknown = "secret-000000000000";
    const id = before.secret_id;

    const reads = await readAhead([byId(id), byId(id, 1), byId(id, 2), byId(id, 3), byId(unknown), byName("nobody's")]);

    const { name, project_id, trusted_secret_id } = before;
    expect(await reads.findSecret(domainId, id)).toEqual({
      ...{ secret_id: id, name, project_id, trusted_secret_id },
      version: 2,
    });
    const versions = [null, 1, 2, 3];
    const found = await Promise.all(versions.map(async (version) => await reads.findData(domainId, id, version)));
    expect(found.map((data) => data?.version)).toEqual([2, 1, 2, undefined]);
    expect(await reads.findData(domainId, unknown, null)).toBeUndefined();
    expect(await reads.findIdByName(domainId, "nobody's")).toBeUndefined();
    expect(operations()).toEqual(Array(3).fill("BatchGetItem"));
  });

  it("looks a name up again if it is asked for again", async () => {
    const secret = await create();
    const reads = await readAhead([byName(secret.name)]);
    expect(await reads.findIdByName(domainId, secret.name)).toBe(secret.secret_id);
    await store.changeSecret({ before: secret, after: { ...secret, name: `${secret.name}-2` } });
    const next = await create({ name: secret.name });

    expect(await reads.findIdByName(domainId, secret.name)).toBe(next.secret_id);
  });

  it("reads a trusted secret's data once for several dependents", async () => {
    const trusted = await create();
    const dependents = [];
    for (let made = 0; made < 3; made += 1) dependents.push(await create({ trusted_secret_id: trusted.secret_id }));

    const reads = await readAhead(dependents.map(({ secret_id }) => byId(secret_id)));
    await Promise.all(dependents.map(async () => await reads.findData(domainId, trusted.secret_id, null)));

    expect(operations()).toEqual(["BatchGetItem", "BatchGetItem", "Query"]);
  });

  it("asks again for unprocessed keys and after throttling", async () => {
    const secret = await create();
    const key = { domain_id: { S: domainId }, secret_id: { S: secret.secret_id } };
    proxy.fates = [
      { status: 200, body: { Responses: {}, UnprocessedKeys: { [database.tables.secrets]: { Keys: [key] } } } },
      "serve",
      ...Array(4).fill(failure("ProvisionedThroughputExceededException")),
    ];

    const reads = await readAhead([byId(secret.secret_id)]);

    expect(await reads.findData(domainId, secret.secret_id, null)).toMatchObject({ version: 1 });
    expect(operations().every((operation) => operation === "BatchGetItem")).toBe(true);
  });

  it("reads a row and its data again if that version was removed meanwhile", async () => {
    const before = await create();
    proxy.fates = [
      "serve",
      async () => {
        await store.addData({ ...addition(before), dropVersions: [1] });
        return "serve" as const;
      },
    ];

    const reads = await batches.readAhead(domainId, [byId(before.secret_id)]);

    expect(await reads.findData(domainId, before.secret_id, null)).toMatchObject({ version: 2 });
    expect(await reads.findSecret(domainId, before.secret_id)).toMatchObject({ version: 2 });
  });

  it("fails only the secrets whose row is damaged", async () => {
    const [good, bad] = [await create(), await create()];
    await putRow(database.local, "data", { secret: `${domainId}/${bad.secret_id}`, version: 1, nonce: "no bytes" });

    const reads = await readAhead([byId(good.secret_id), byId(bad.secret_id)]);

    expect(await reads.findData(domainId, good.secret_id, null)).toMatchObject({ version: 1 });
    await expect(reads.findData(domainId, bad.secret_id, null)).rejects.toThrow("Malformed secret-data row");
  });
});
