/** The eight methods in a secret's life, over both ways in. */

import { describe, expect, it } from "vitest";
import type { SecretClient } from "../../client/secret-client.ts";
import { httpClient, lambdaClient, newDomain, outcomeOf, secret } from "./service.ts";

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const secretId = expect.stringMatching(/^secret-[0-9a-f]{12}$/);
const etag = expect.stringMatching(/^\d+-[\w-]{22}$/);

const ways = [
  ["HTTP", async (domain: string) => await httpClient({ domain_id: domain })],
  ["direct invocation", async () => lambdaClient()],
] as const;

describe.each(ways)("over %s", (_, connect) => {
  async function start(): Promise<{ readonly client: SecretClient; readonly domain_id: string }> {
    const domain = newDomain();
    return { client: await connect(domain), domain_id: domain };
  }

  it("create returns the whole secret, with null for unset fields", async () => {
    const { client, domain_id } = await start();

    const created = await client.create({ ...secret, domain_id });

    expect(created).toEqual({
      secret_id: secretId,
      name: "secret",
      secret_type: "CREDENTIALS",
      tags: {},
      schema: null,
      provider: null,
      service_account_id: null,
      project_id: null,
      trusted_secret_id: null,
      domain_id,
      created_at: timestamp,
      updated_at: created.created_at,
      version: 1,
      expires_at: null,
    });
  });

  it("create stores all fields, and the provider follows from the schema", async () => {
    const { client, domain_id } = await start();
    const optional = {
      tags: { env: { name: "prod" }, cost: 12.5, labels: ["a", null, true] },
      schema: "google_oauth2_credentials",
      service_account_id: "sa-1",
      project_id: "project-1",
    };

    const created = await client.create({ ...secret, ...optional, domain_id });

    expect(created).toMatchObject({ ...optional, provider: "google_cloud" });
    expect(await client.get({ secret_id: created.secret_id, domain_id })).toEqual(created);
  });

  it("get returns only the requested fields", async () => {
    const { client, domain_id } = await start();
    const tags = { env: "prod", team: "core" };
    const { secret_id } = await client.create({ ...secret, tags, domain_id });

    const shown = await client.get({ secret_id, domain_id, only: ["name", "tags.env"] });

    expect(shown).toEqual({ name: "secret", tags: { env: "prod" } });
  });

  it("update changes name, tags and project, and no field that is left out", async () => {
    const { client, domain_id } = await start();
    const tags = { env: "dev", team: "core" };
    const created = await client.create({ ...secret, tags, domain_id });
    const { secret_id } = created;

    const renamed = await client.update({ secret_id, name: "renamed", domain_id });
    const moved = await client.update({ secret_id, project_id: "project-1", tags: { env: "prod" }, domain_id });
    const released = await client.update({ secret_id, project_id: "project-2", release_project: true, domain_id });

    expect(renamed).toEqual({ ...created, name: "renamed", updated_at: timestamp });
    expect(moved).toEqual({ ...renamed, project_id: "project-1", tags: { env: "prod" }, updated_at: timestamp });
    expect(released).toEqual({ ...moved, project_id: null, updated_at: timestamp });
    expect(await client.get({ secret_id, domain_id })).toEqual(released);
  });

  it("a name is taken while a secret has it, and free at once after a rename or delete", async () => {
    const { client, domain_id } = await start();
    const first = await client.create({ ...secret, domain_id });
    const second = await client.create({ ...secret, name: "second", domain_id });

    const taken = await outcomeOf(client.create({ ...secret, domain_id }));
    const takenByRename = await outcomeOf(client.update({ secret_id: second.secret_id, name: "secret", domain_id }));
    await client.update({ secret_id: first.secret_id, name: "third", domain_id });
    const renamed = await client.update({ secret_id: second.secret_id, name: "secret", domain_id });
    await client.delete({ secret_id: renamed.secret_id, domain_id });
    const again = await client.create({ ...secret, domain_id });

    expect([taken, takenByRename]).toEqual(["ERROR_SAVE_UNIQUE_VALUES", "ERROR_SAVE_UNIQUE_VALUES"]);
    expect(again).toMatchObject({ name: "secret", version: 1 });
    expect(again.secret_id).not.toBe(renamed.secret_id);
  });

  it("update_data makes the next version current, with its schema", async () => {
    const { client, domain_id } = await start();
    const created = await client.create({ ...secret, schema: "aws_access_key", domain_id });
    const { secret_id } = created;

    await client.updateData({ secret_id, data: { key: 2 }, domain_id });
    await client.updateData({ secret_id, data: { key: 3 }, schema: "azure_client_secret", domain_id });

    expect(await client.getData({ secret_id, domain_id })).toMatchObject({ data: { key: 3 }, version: 3 });
    expect(await client.getData({ secret_id, domain_id, version: 1 })).toMatchObject({ data: secret.data, version: 1 });
    expect(await client.get({ secret_id, domain_id })).toEqual({
      ...created,
      schema: "azure_client_secret",
      provider: "azure",
      version: 3,
      updated_at: timestamp,
    });
  });

  it("an expiry date can be set, filtered, sorted by and removed; new data has none", async () => {
    const { client, domain_id } = await start();
    const { secret_id } = await client.create({ ...secret, expires_at: "2027-01-01T09:00+09:00", domain_id });
    const { secret_id: other } = await client.create({ ...secret, name: "other", domain_id });
    const ids = async (query: object) =>
      (await client.list({ query, domain_id })).results.map((shown) => shown.secret_id);

    expect(await client.get({ secret_id, domain_id })).toMatchObject({ expires_at: "2027-01-01T00:00:00.000Z" });
    expect(await ids({ filter: [{ key: "expires_at", value: "2027-02", operator: "datetime_lt" }] })).toEqual([
      secret_id,
    ]);
    expect(await ids({ sort: { key: "expires_at" } })).toEqual([other, secret_id]);

    await client.updateData({ secret_id, data: { key: 2 }, domain_id });

    expect(await client.get({ secret_id, domain_id })).toMatchObject({ expires_at: null });

    await client.updateData({ secret_id, data: { key: 3 }, expires_at: "2028-01-01", domain_id });

    expect(await client.update({ secret_id, expires_at: "never", domain_id })).toMatchObject({ expires_at: null });
    expect(await ids({ filter: [{ key: "expires_at", value: null, operator: "not" }] })).toEqual([]);
  });

  it("the last five versions stay readable", async () => {
    const { client, domain_id } = await start();
    const { secret_id } = await client.create({ ...secret, domain_id });

    for (let version = 2; version <= 7; version++) await client.updateData({ secret_id, data: { version }, domain_id });

    const kept = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (version) => {
        const answer = client.getData({ secret_id, version, domain_id });
        return await outcomeOf(answer.then(({ data }) => expect(data).toEqual({ version })));
      }),
    );
    expect(kept).toEqual(["ERROR_NOT_FOUND", "ERROR_NOT_FOUND", "OK", "OK", "OK", "OK", "OK", "ERROR_NOT_FOUND"]);
  });

  it("get_data returns the data", async () => {
    const { client, domain_id } = await start();
    const { secret_id } = await client.create({ ...secret, domain_id });

    const answer = await client.getData({ secret_id, domain_id });

    const both = { data: secret.data, dataText: JSON.stringify(secret.data) };
    expect(answer).toEqual({ ...both, encrypted: false, encrypt_options: {}, secret_id, version: 1, etag });
  });

  it("after delete nothing can be read", async () => {
    const { client, domain_id } = await start();
    const { secret_id } = await client.create({ ...secret, domain_id });
    await client.updateData({ secret_id, data: {}, domain_id });

    const answer = await client.delete({ secret_id, domain_id });

    expect(answer).toBe(undefined);
    const calls = [
      client.delete({ secret_id, domain_id }),
      client.get({ secret_id, domain_id }),
      client.getData({ secret_id, domain_id }),
      client.getData({ secret_id, version: 1, domain_id }),
      client.update({ secret_id, name: "other", domain_id }),
      client.updateData({ secret_id, data: {}, domain_id }),
    ];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(calls.map(() => "ERROR_NOT_FOUND"));
    expect(await client.list({ domain_id })).toEqual({ results: [], total_count: 0 });
  });

  it("list returns whole secrets sorted by name, and single pages", async () => {
    const { client, domain_id } = await start();
    const created = await Promise.all(
      ["b", "a", "C", "é"].map(async (name) => await client.create({ ...secret, name, domain_id })),
    );
    const [b, a, upper, accented] = created;

    expect(await client.list({ domain_id })).toEqual({ results: [upper, a, b, accented], total_count: 4 });
    expect(
      await client.list({ domain_id, query: { page: { start: 2, limit: 2 }, sort: { key: "name", desc: true } } }),
    ).toEqual({
      results: [b, a],
      total_count: 4,
    });
    expect(await client.list({ domain_id, name: ["a", "b"], query: { minimal: true } })).toEqual({
      results: ["a", "b"].map((name) => ({ secret_id: secretId, name, secret_type: "CREDENTIALS" })),
      total_count: 2,
    });
  });

  it("stat counts secrets", async () => {
    const { client, domain_id } = await start();
    const schemas = ["aws_access_key", "aws_assume_role", "azure_client_secret"];
    await Promise.all(
      schemas.map(async (schema) => await client.create({ ...secret, name: schema, schema, domain_id })),
    );

    const group = {
      keys: [{ key: "provider", name: "provider" }],
      fields: [{ name: "n", operator: "count" }],
    } as const;
    const answer = await client.stat({
      query: { aggregate: [{ group }, { sort: { key: "n", desc: true } }], page: { limit: 10 } },
      domain_id,
    });

    const results = [
      { provider: "aws", n: 2 },
      { provider: "azure", n: 1 },
    ];
    expect(answer).toEqual({ results, total_count: 2 });
    expect(await client.stat({ query: { distinct: "provider" }, domain_id })).toEqual({
      results: expect.arrayContaining(["aws", "azure"]),
    });
  });
});
