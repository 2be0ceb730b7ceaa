/** Rows that another tool has put into the tables: valid and malformed ones. */

import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredSecret } from "../../lib/secret/secret.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import type { SecretRows, SecretStore } from "../../lib/store/secret-store.ts";
import { type LocalDatabase, loadSecrets, startDatabase } from "../../tools/local/database.ts";
import { addition, aSecret, creation } from "../contract/secret-store.ts";

const done = { kind: "done" };

let local: LocalDatabase;
let store: SecretStore;
let rows: SecretRows;

beforeAll(async () => {
  local = await startDatabase();
  store = dynamodbSecretStore(local);
  rows = dynamodbSecretRows(local);
});
afterAll(async () => await local.close());

const put = async (table: keyof LocalDatabase["tables"], item: Record<string, unknown>) =>
  await local.client.send(new PutCommand({ TableName: local.tables[table], Item: item }));
const getStored = async ({ domain_id, secret_id }: { readonly domain_id: string; readonly secret_id: string }) =>
  await store.findSecret(domain_id, secret_id);

describe("a row with the fewest attributes", () => {
  const least = {
    domain_id: "domain-1",
    secret_id: "secret-00000000000a",
    name: "loaded",
    secret_type: "CREDENTIALS",
    created_at: "2026-01-01T00:00:00.000Z",
  };
  const secret: StoredSecret = {
    ...least,
    secret_type: "CREDENTIALS",
    tags: {},
    schema: null,
    provider: null,
    service_account_id: null,
    project_id: null,
    trusted_secret_id: null,
    updated_at: null,
    version: null,
    expires_at: null,
    dependents: 0,
    revision: 0,
    oldest_version: 1,
  };

  it("is a secret whose other fields are unset", async () => {
    await put("secrets", least);

    expect(await getStored(least)).toEqual(secret);
  });

  it("can have null in unset fields", async () => {
    const nulls = { schema: null, provider: null, updated_at: null, version: null, expires_at: null };
    await put("secrets", { ...least, domain_id: "domain-3", ...nulls });

    expect(await store.findSecret("domain-3", least.secret_id)).toEqual({ ...secret, domain_id: "domain-3" });
  });

  it("can be renamed although its name is not reserved", async () => {
    await put("secrets", least);

    expect(await store.changeSecret({ before: secret, after: { ...secret, name: "renamed" } })).toEqual(done);
    expect(await getStored(least)).toEqual({ ...secret, name: "renamed", revision: 1 });
  });

  it("can be given data, be trusted, and be deleted", async () => {
    const before = { ...secret, domain_id: "domain-2" };
    const dependent = aSecret({ domain_id: "domain-2", trusted_secret_id: secret.secret_id });
    await put("secrets", { ...least, domain_id: "domain-2" });

    const results = [await store.addData(addition(before)), await store.createSecret(creation(dependent))];
    const given = await getStored(before);
    results.push(
      await store.deleteSecret({ secret: { ...dependent, dependents: 0, revision: 0, oldest_version: 1 }, kept: null }),
      await store.deleteSecret({ secret: { ...before, revision: 1 }, kept: null }),
    );

    expect(results).toEqual([done, done, done, done]);
    expect(given).toMatchObject({ version: 1, dependents: 1, revision: 1 });
    expect(await getStored(before)).toBeUndefined();
  });
});

it("an update keeps unknown attributes of a row", async () => {
  const secret = aSecret();
  await put("secrets", { ...secret, trusted_secret_id: undefined, note: "kept" });
  const before = { ...secret, dependents: 0, revision: 0, oldest_version: 1 };

  await store.changeSecret({ before, after: { ...before, project_id: null } });

  const { Item } = await local.client.send(
    new GetCommand({
      TableName: local.tables.secrets,
      Key: { domain_id: secret.domain_id, secret_id: secret.secret_id },
    }),
  );
  expect(Item).toMatchObject({ note: "kept", revision: 1 });
  expect(Item).not.toHaveProperty("project_id");
});

it.each([
  ["is not there", null],
  ["has no count", {}],
  ["has the count 0", { dependents: 0 }],
])("deleting a dependent whose trusted secret %s leaves no trace there", async (_, trusted) => {
  const trustedId = aSecret().secret_id;
  const before = { domain_id: "domain-1", secret_id: trustedId, ...trusted };
  const dependent = { ...aSecret({ trusted_secret_id: trustedId }), dependents: 0, revision: 0, oldest_version: 1 };
  await loadSecrets(local, [dependent]);
  if (trusted !== null) await put("secrets", before);

  const result = await store.deleteSecret({ secret: dependent, kept: null });

  const { Item } = await local.client.send(
    new GetCommand({ TableName: local.tables.secrets, Key: { domain_id: "domain-1", secret_id: trustedId } }),
  );
  expect(result).toEqual(done);
  expect(Item).toEqual(trusted === null ? undefined : before);
});

it("deleting a secret does not free a name that another secret has", async () => {
  const [secret, other] = [aSecret({ name: "shared" }), aSecret({ name: "shared" })];
  await loadSecrets(local, [secret]);
  await loadSecrets(local, [other]);

  const result = await store.deleteSecret({
    secret: { ...secret, dependents: 0, revision: 0, oldest_version: 1 },
    kept: null,
  });

  expect(result).toEqual({ kind: "refused", refusal: "changed" });
  expect(await rows.findIdsByNames("domain-1", ["shared"])).toEqual([other.secret_id]);
});

describe("an id with leftover rows", () => {
  it("is not used for a new secret if it has a row", async () => {
    const secret = aSecret();
    await put("secrets", { ...secret, trusted_secret_id: undefined, name: "other" });

    expect(await store.createSecret(creation(secret))).toEqual({ kind: "refused", refusal: "id-taken" });
  });

  it("is not used for a new secret if it has data", async () => {
    const secret = aSecret();
    await put("data", { secret: `${secret.domain_id}/${secret.secret_id}`, version: 1 });

    expect(await store.createSecret(creation(secret))).toEqual({ kind: "refused", refusal: "id-taken" });
  });

  it("gets no version number that exists already", async () => {
    const secret = { ...aSecret(), dependents: 0, revision: 0, oldest_version: 1 };
    await loadSecrets(local, [secret]);
    await put("data", { secret: `${secret.domain_id}/${secret.secret_id}`, version: 2 });

    expect(await store.addData(addition(secret))).toEqual({ kind: "refused", refusal: "changed" });
  });
});

it("a secret with a foreign form of id can be found and deleted, but not given data", async () => {
  const secret = {
    ...aSecret({ secret_id: "inner/secret-000000000001" }),
    dependents: 0,
    revision: 0,
    oldest_version: 1,
  };
  await loadSecrets(local, [secret]);

  expect(await getStored(secret)).toEqual(secret);
  expect(await store.findData(secret.domain_id, secret.secret_id, null)).toBeUndefined();
  await expect(store.addData(addition(secret))).rejects.toThrow("Data is only stored for a secret's id.");
  expect(await store.deleteSecret({ secret, kept: null })).toEqual(done);
});

describe("a map with a key __proto__", () => {
  const key = { domain_id: { S: "domain-proto" }, secret_id: { S: "secret-0000000000bb" } };
  const proto = { M: JSON.parse('{"__proto__": {"M": {"polluted": {"S": "yes"}}}, "own": {"S": "x"}}') };

  beforeAll(async () => {
    const item = {
      ...{ ...key, name: { S: "n" }, secret_type: { S: "CREDENTIALS" }, created_at: { S: "2026-01-01T00:00:00.000Z" } },
      tags: { M: { ...proto.M, inner: proto } },
    };
    // `...` copies the key as an ordinary one, and so does the request.
    await local.client.send(new PutItemCommand({ TableName: local.tables.secrets, Item: item }) as never);
  });

  it("is stored under that key", async () => {
    const { Item } = (await local.client.send(
      new GetItemCommand({ TableName: local.tables.secrets, Key: key }) as never,
    )) as { Item?: unknown };

    expect(JSON.stringify(Item)).toContain('"__proto__":{"M":{"polluted"');
  });

  it("does not change the object's prototype, at any depth", async () => {
    const found = await store.findSecret("domain-proto", "secret-0000000000bb");

    expect(found?.tags).toEqual({ own: "x", inner: { own: "x" } });
    expect(found?.tags["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(found?.tags)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(found?.tags["inner"])).toBe(Object.prototype);
    expect({}).not.toHaveProperty("polluted");
  });
});

it("reading a token's secret takes no field from a key __proto__", async () => {
  const kept = {
    ...{ domain_id: { S: "domain-1" }, secret_id: { S: "secret-0000000000ff" }, name: { S: "n" } },
    ...{ secret_type: { S: "CREDENTIALS" }, created_at: { S: "2026-01-01T00:00:00.000Z" } },
    ...JSON.parse('{"__proto__": {"M": {"schema": {"S": "polluted"}}}}'),
  };
  const item = { domain_id: { S: "domain-1" }, token: { S: "proto" }, secret: { M: kept }, expires_at: { N: "5" } };
  await local.client.send(new PutItemCommand({ TableName: local.tables.tokens, Item: item }) as never);

  const record = await store.findToken("domain-1", { digest: "proto", contentDigest: "content", now: 0, expiresAt: 1 });

  expect(record?.secret).toMatchObject({ secret_id: "secret-0000000000ff", schema: null });
});

describe("a malformed row", () => {
  it.each<[string, Record<string, unknown>]>([
    ["name", { name: undefined }],
    ["secret_type", { secret_type: "OTHER" }],
    ["created_at", { created_at: 5 }],
    ["tags", { tags: "x" }],
    ["tags", { tags: { set: new Set(["a"]) } }],
    ["tags", { tags: { list: [{ bytes: new Uint8Array(1) }] } }],
    ["schema", { schema: true }],
    ["revision", { revision: null }],
    ["version", { version: "1" }],
    ["version", { version: 1.5 }],
    ["dependents", { dependents: -1 }],
    ["revision", { revision: "0" }],
  ])("of secrets (%s: %o) is reported by its key, without its content", async (attribute, fields) => {
    const secret = aSecret({ domain_id: "domain-malformed", secret_id: "secret-0000000000cc" });
    const item = { ...secret, trusted_secret_id: undefined, ...fields };
    await put("secrets", Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)));

    await expect(getStored(secret)).rejects.toMatchObject({
      name: "MalformedRowError",
      message: `Malformed secrets row: attribute ${attribute} (domain_id = domain-malformed, secret_id = secret-0000000000cc).`,
    });
  });

  it("fails a read of many rows only if that reads the attribute", async () => {
    const secret = aSecret({ domain_id: "domain-malformed-2" });
    await loadSecrets(local, [secret]);
    await put("secrets", { ...secret, trusted_secret_id: undefined, schema: 5, secret_id: "secret-0000000000dd" });
    const read = async (field: "schema" | "name") => {
      const query = { domainId: secret.domain_id, index: null, condition: null, firstPageWhole: false };
      const found = [];
      for await (const page of rows.readRows({ ...query, attributes: [[field]] })) found.push(...page);
      return found;
    };

    expect(await read("name")).toHaveLength(2);
    await expect(read("schema")).rejects.toThrow(
      "Malformed secrets row: attribute schema (secret_id = secret-0000000000dd).",
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["encrypted_data", {}],
    ["encrypted_data", { encrypted_data: "text" }],
  ])("of secret-data (%s: %o) is reported by its key", async (attribute, fields) => {
    await put("data", { secret: "domain-1/secret-0000000000ee", version: 3, ...fields });

    await expect(store.findData("domain-1", "secret-0000000000ee", null)).rejects.toThrow(
      `Malformed secret-data row: attribute ${attribute} (secret = domain-1/secret-0000000000ee, version = 3).`,
    );
  });

  it("of client-tokens is reported by its key", async () => {
    await put("tokens", { domain_id: "domain-1", token: "digest-malformed", expires_at: 5 });

    await expect(
      store.findToken("domain-1", { digest: "digest-malformed", contentDigest: "content", now: 0, expiresAt: 1 }),
    ).rejects.toThrow(
      "Malformed client-tokens row: attribute secret (domain_id = domain-1, token = digest-malformed).",
    );
  });
});
