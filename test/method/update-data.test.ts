/** update_data: versions are added one after the other, each complete, and the oldest are deleted. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import type { SecretStore } from "../../lib/store/secret-store.ts";
import { FakeIdentity } from "../fakes/identity.ts";
import { contended, World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });
const conflict = (value: string) => new SecretError("ERROR_VERSION_CONFLICT", { key: "secret_id", value });

/** A world with one secret of project `a`, made a second ago, whose data is `{"of":1}`. */
async function worldWithSecret() {
  const world = new World();
  const made = await world.create({ project_id: "a", schema: "aws_access_key", tags: { env: "dev" }, data: { of: 1 } });
  world.pass(1000);
  return { world, made, secret_id: made.secret_id };
}

async function read(world: World, secretId: string, version?: number) {
  const answer = await world.getData(secretId, version === undefined ? {} : { version });
  return { version: answer.version, data: answer.data };
}

async function countVersions(world: World, secretId: string, last: number): Promise<number> {
  const versions = Array.from({ length: last }, (_, index) => index + 1);
  const rows = await Promise.all(versions.map(async (one) => await world.store.findData("domain-1", secretId, one)));
  return rows.filter((row) => row !== undefined).length;
}

const text = (json: string) => expect.objectContaining({ text: json });

describe("update_data", () => {
  it("returns an empty answer, and makes the data the current version", async () => {
    const { world, made, secret_id } = await worldWithSecret();

    expect(await world.updateData(secret_id, { of: 2 })).toEqual({});

    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":2}') });
    expect(await read(world, secret_id, 1)).toEqual({ version: 1, data: text('{"of":1}') });
    expect(await world.get(secret_id)).toEqual({ ...made, version: 2, updated_at: "2026-01-02T03:04:06.678Z" });
  });

  it("gives the new data its own expiry date, or none", async () => {
    const { world, secret_id } = await worldWithSecret();

    await world.updateData(secret_id, { of: 2 }, { expires_at: "2027-01-01" });
    const dated = await world.get(secret_id);
    await world.updateData(secret_id, { of: 3 });

    expect(dated).toMatchObject({ version: 2, expires_at: "2027-01-01T00:00:00.000Z" });
    expect(await world.get(secret_id)).toMatchObject({ version: 3, expires_at: null });
  });

  it("accepts empty data", async () => {
    const { world, secret_id } = await worldWithSecret();

    await world.updateData(secret_id, {});

    expect(await read(world, secret_id)).toEqual({ version: 2, data: text("{}") });
  });

  it("makes a new data key for each version", async () => {
    const { world, secret_id } = await worldWithSecret();

    await world.updateData(secret_id, { of: 2 });
    await world.updateData(secret_id, { of: 2 });

    expect(world.keys.calls.generateDataKey).toBe(3);
  });

  it("keeps only the configured number of versions", async () => {
    const { world, secret_id } = await worldWithSecret();

    for (const of of [2, 3, 4, 5]) await world.updateData(secret_id, { of });

    for (const version of [1, 2, 6]) {
      await expect(world.getData(secret_id, { version })).rejects.toEqual(notFound("version", `${version}`));
    }
    for (const version of [3, 4, 5]) {
      expect(await read(world, secret_id, version)).toEqual({ version, data: text(`{"of":${version}}`) });
    }
  });

  it("drops several old versions at a time after the configured number was lowered", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.versionsKept = 20;
    for (let of = 2; of <= 20; of++) await world.updateData(secret_id, { of });

    world.versionsKept = 2;
    const kept: number[] = [];
    for (const of of [21, 22, 23]) {
      await world.updateData(secret_id, { of });
      kept.push(await countVersions(world, secret_id, of));
    }

    expect(kept).toEqual([13, 6, 2]);
  });

  it("keeps only the current version if configured so", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.versionsKept = 1;

    await world.updateData(secret_id, { of: 2 });

    await expect(world.getData(secret_id, { version: 1 })).rejects.toEqual(notFound("version", "1"));
    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":2}') });
  });

  it("writes the first data of a secret that was loaded without any", async () => {
    const { world, made, secret_id } = await worldWithSecret();
    world.store.load({ ...made, secret_id: "secret-0123456789ab", name: "loaded", version: null });

    await world.updateData("secret-0123456789ab", { of: "loaded" });

    expect(await read(world, "secret-0123456789ab")).toEqual({ version: 1, data: text('{"of":"loaded"}') });
    expect(secret_id).not.toBe("secret-0123456789ab");
  });

  it.each([
    { schema: "azure_client_secret", provider: "azure" },
    { schema: "other", provider: null },
    { schema: null, provider: "aws", kept: "aws_access_key" },
  ])("without identity, the schema $schema brings the provider $provider", async ({ schema, provider, kept }) => {
    const { world, secret_id } = await worldWithSecret();

    await world.updateData(secret_id, {}, { schema });

    expect(await world.get(secret_id)).toMatchObject({ schema: schema ?? kept, provider });
  });

  it("with identity, a schema brings no provider, and identity is not called", async () => {
    const { world, secret_id } = await worldWithSecret();
    const identity = new FakeIdentity({});
    world.identity = identity;

    await world.updateData(secret_id, {}, { schema: "azure_client_secret" });

    expect(await world.get(secret_id)).toMatchObject({ schema: "azure_client_secret", provider: "aws" });
    expect(identity.asked).toEqual([]);
  });

  it("changes nothing if KMS or the database is down", async () => {
    const { world, made, secret_id } = await worldWithSecret();

    world.keys.isDown = true;
    await expect(world.updateData(secret_id, {}, { schema: "other" })).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
    });
    world.keys.isDown = false;
    world.store.isDown = true;
    await expect(world.updateData(secret_id, {})).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });
    world.store.isDown = false;

    expect(await world.get(secret_id)).toEqual(made);
    expect(await read(world, secret_id)).toEqual({ version: 1, data: text('{"of":1}') });
  });

  it.each([
    { what: "an unknown secret", id: "secret-000000000000", message: {} },
    { what: "a secret of another domain", id: null, message: { domain_id: "domain-2" } },
    { what: "no id", id: "x/secret-000000000000", message: {} },
  ])("does not find $what, and makes no data key", async ({ id, message }) => {
    const { world, secret_id } = await worldWithSecret();

    const updated = world.updateData(id ?? secret_id, { of: 2 }, message);

    await expect(updated).rejects.toEqual(notFound("secret_id", id ?? secret_id));
    expect(world.keys.calls.generateDataKey).toBe(1);
  });

  it("by a caller limited to projects reaches only secrets in them", async () => {
    const { world, secret_id } = await worldWithSecret();
    const free = await world.create({ name: "free" });

    world.projects = ["b"];
    await expect(world.updateData(secret_id, {})).rejects.toEqual(notFound("secret_id", secret_id));
    world.projects = ["a"];
    await expect(world.updateData(free.secret_id, {})).rejects.toEqual(notFound("secret_id", free.secret_id));

    expect(await world.updateData(secret_id, {})).toEqual({});
  });
});

describe("an expected_version", () => {
  it("must be the current version", async () => {
    const { world, secret_id } = await worldWithSecret();

    await world.updateData(secret_id, { of: 2 }, { expected_version: 1 });

    for (const expected_version of [1, 3]) {
      await expect(world.updateData(secret_id, { of: 3 }, { expected_version })).rejects.toEqual(conflict(secret_id));
    }
    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":2}') });
  });

  it("must still be the current version when the data is written", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.updateData(secret_id, { of: "other" });

    const updated = world.updateData(secret_id, { of: 2 }, { expected_version: 1 });

    await expect(updated).rejects.toEqual(conflict(secret_id));
    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":"other"}') });
  });

  it("stays current when only metadata changes", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.update({ secret_id, name: "name-2" });

    await world.updateData(secret_id, { of: 2 }, { expected_version: 1 });

    expect(await world.get(secret_id)).toMatchObject({ name: "name-2", version: 2 });
  });
});

describe("concurrent writers of data", () => {
  it("make one version each if none expects a version", async () => {
    const { world, secret_id } = await worldWithSecret();
    const all = [1, 2, 3, 4, 5];

    await Promise.all(all.map(async () => await world.updateData(secret_id, { of: "all" })));

    expect(await read(world, secret_id)).toEqual({ version: 6, data: text('{"of":"all"}') });
    expect(await read(world, secret_id, 5)).toEqual({ version: 5, data: text('{"of":"all"}') });
  });

  it("are refused if they never succeed", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.secrets = contended(world.store, "addData");

    await expect(world.updateData(secret_id, {})).rejects.toEqual(conflict(secret_id));
  });
});

describe("a client_token", () => {
  const token = { client_token: "token-1" };

  it("makes a repeat answer as the first call did, without a new version", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 }, { ...token, expected_version: 1 });
    await world.updateData(secret_id, { of: 3 });

    const repeated = await world.updateData(secret_id, { of: 2 }, { ...token, expected_version: 1 });

    expect(repeated).toEqual({});
    expect(await read(world, secret_id)).toEqual({ version: 3, data: text('{"of":3}') });
  });

  it.each([
    { what: "other data", data: { of: 3 }, fields: {} },
    { what: "the same members in another order, which data keeps", data: { b: 1, a: 1 }, fields: {} },
    { what: "another schema", data: { a: 1, b: 1 }, fields: { schema: "other" } },
    { what: "an expected version", data: { a: 1, b: 1 }, fields: { expected_version: 1 } },
  ])("is refused with $what", async ({ data, fields }) => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { a: 1, b: 1 }, token);

    await expect(world.updateData(secret_id, data, { ...token, ...fields })).rejects.toEqual(
      new SecretError("ERROR_INVALID_PARAMETER", { key: "client_token", reason: "was used for another request" }),
    );
    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"a":1,"b":1}') });
  });

  it("makes concurrent calls write one version", async () => {
    const { world, secret_id } = await worldWithSecret();

    await Promise.all([1, 2, 3].map(async () => await world.updateData(secret_id, { of: 2 }, token)));

    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":2}') });
  });

  it("is separate for each secret, and from the tokens of create", async () => {
    const { world, secret_id } = await worldWithSecret();
    const other = await world.create({ name: "other", ...token });

    await world.updateData(secret_id, { of: 2 }, token);
    await world.updateData(other.secret_id, { of: 2 }, token);

    expect(await read(world, secret_id)).toMatchObject({ version: 2 });
    expect(await read(world, other.secret_id)).toMatchObject({ version: 2 });
  });

  it("is forgotten after a day", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 }, token);
    world.pass(24 * 60 * 60 * 1000 + 1000);

    await world.updateData(secret_id, { of: 3 }, token);

    expect(await read(world, secret_id)).toMatchObject({ version: 3 });
  });

  it("reveals nothing about a secret that the caller may not see", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 }, token);
    world.projects = ["b"];

    await expect(world.updateData(secret_id, { of: 2 }, token)).rejects.toEqual(notFound("secret_id", secret_id));
  });
});

describe("with expected_version", () => {
  it("requests the data key while the row is read", async () => {
    const { world, secret_id } = await worldWithSecret();
    const { store } = world;
    world.secrets = waitingFor(store, async () => {
      await expect.poll(() => world.keys.calls.generateDataKey).toBe(2);
    });

    await world.updateData(secret_id, { of: 2 }, { expected_version: 1 });

    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":2}') });
  });

  it("requests no data key before it knows that a limited caller may see the secret", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["b"];

    await expect(world.updateData(secret_id, { of: 2 }, { expected_version: 1 })).rejects.toEqual(
      notFound("secret_id", secret_id),
    );
    expect(world.keys.calls.generateDataKey).toBe(1);
  });

  it("binds the data of a dependent to its trusted secret", async () => {
    const { world, secret_id: trusted_secret_id } = await worldWithSecret();
    const { secret_id } = await world.create({ name: "dependent", trusted_secret_id });

    await world.updateData(secret_id, { own: 2 }, { expected_version: 1 });

    expect(await read(world, secret_id)).toEqual({ version: 2, data: text('{"of":1,"own":2}') });
  });
});

/** A store that waits for the condition before it reads a row. */
function waitingFor(store: SecretStore, condition: () => Promise<void>): SecretStore {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (name !== "findSecret") return member.bind(target);
      return async (...args: unknown[]) => {
        await condition();
        return await member.apply(target, args);
      };
    },
  });
}
