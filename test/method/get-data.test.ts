/** get_data: unchanged data, opened or sealed, merged over a trusted secret's; and the etag, which shows changes. */

import { describe, expect, it } from "vitest";
import { type Unwrap, unseal } from "../../client/unseal.ts";
import { SecretError } from "../../lib/base/errors.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import type { SecretReads } from "../../lib/store/secret-store.ts";
import { World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });

/** A world with a secret of project `a`. */
async function worldWithSecret(data: unknown = { of: 1 }) {
  const world = new World();
  const { secret_id } = await world.create({ project_id: "a", data });
  return { world, secret_id };
}

/** A world with a secret whose trusted secret is of project `b`. */
async function worldWithTrusted(trustedData: unknown, ownData: unknown) {
  const world = new World();
  const trusted = await world.create({ name: "trusted", project_id: "b", data: trustedData });
  const own = await world.create({ project_id: "a", data: ownData, trusted_secret_id: trusted.secret_id });
  return { world, trustedId: trusted.secret_id, secret_id: own.secret_id };
}

/** Lets a system caller act after the first read of the next call. */
function betweenReads(world: World, act: () => Promise<void>): void {
  const { store } = world;
  let isOver = false;
  const interrupt = async <Result>(read: Promise<Result>): Promise<Result> => {
    const result = await read;
    if (isOver) return result;
    isOver = true;
    const { projects } = world;
    Object.assign(world, { secrets: store, projects: null });
    await act();
    world.projects = projects;
    return result;
  };
  world.secrets = Object.assign(Object.create(store), {
    findSecret: async (...args: Parameters<typeof store.findSecret>) => await interrupt(store.findSecret(...args)),
    findData: async (...args: Parameters<typeof store.findData>) => await interrupt(store.findData(...args)),
  });
}

async function etagOf(world: World, secretId: string): Promise<string> {
  return (await world.getData(secretId)).etag;
}

async function openSealed(world: World, answer: object) {
  const unwrap: Unwrap = async (wrappedKey, context) => await world.keys.unwrapDataKey(wrappedKey, context);
  return (await unseal(answer, unwrap)).data;
}

describe("get_data", () => {
  it("returns the current data", async () => {
    const { world, secret_id } = await worldWithSecret();

    expect(await world.getData(secret_id)).toEqual({
      secret_id,
      data: new JsonText('{"of":1}'),
      encrypted: false,
      encrypt_options: {},
      version: 1,
      etag: expect.stringMatching(/^1-[\w-]{22}$/),
    });
  });

  it.each([
    '{"b":1.0,"10":12345678901234567890,"9":1e5}',
    '{"__proto__":{"a":1},"constructor":null,"":""}',
    '{"\\ud800":"é한😀\\u0000\u2028"}',
    "{}",
  ])("returns %s unchanged", async (text) => {
    const { world, secret_id } = await worldWithSecret(new JsonText(text));

    expect((await world.getData(secret_id)).data).toEqual(new JsonText(text));
  });

  it("takes one read and one key for a caller of the whole domain", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.calls.length = 0;

    await world.getData(secret_id);

    expect(world.store.calls).toEqual(["findData"]);
    expect(world.keys.calls).toEqual({ generateDataKey: 1, unwrapDataKey: 1 });
  });

  it("returns an earlier version that is kept", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 });

    expect(await world.getData(secret_id, { version: 1 })).toMatchObject({ data: { text: '{"of":1}' }, version: 1 });
    expect(await world.getData(secret_id, { version: 0 })).toMatchObject({ data: { text: '{"of":2}' }, version: 2 });
    await expect(world.getData(secret_id, { version: 3 })).rejects.toEqual(notFound("version", "3"));
  });

  it.each([
    { what: "an unknown secret", id: "secret-000000000000", message: {} },
    { what: "a secret of another domain", id: null, message: { domain_id: "domain-2" } },
    { what: "no id", id: "x/secret-000000000000", message: {} },
  ])("does not find $what", async ({ id, message }) => {
    const { world, secret_id } = await worldWithSecret();

    await expect(world.getData(id ?? secret_id, message)).rejects.toEqual(notFound("secret_id", id ?? secret_id));
    expect(world.keys.calls.unwrapDataKey).toBe(0);
  });

  it("is unavailable if KMS or the database is down", async () => {
    const { world, secret_id } = await worldWithSecret();

    world.keys.isDown = true;
    await expect(world.getData(secret_id)).rejects.toEqual(new SecretError("ERROR_UNAVAILABLE", { service: "kms" }));
    world.store.isDown = true;
    await expect(world.getData(secret_id)).rejects.toEqual(
      new SecretError("ERROR_UNAVAILABLE", { service: "dynamodb" }),
    );
  });

  it("by a caller limited to projects reaches only secrets in them", async () => {
    const { world, secret_id } = await worldWithSecret();
    const free = await world.create({ name: "free" });

    world.projects = ["a"];
    expect(await world.getData(secret_id)).toMatchObject({ version: 1 });
    await expect(world.getData(free.secret_id)).rejects.toEqual(notFound("secret_id", free.secret_id));
    world.projects = ["b"];
    await expect(world.getData(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    world.projects = [];
    await expect(world.getData(secret_id, { version: 1, sealed: true })).rejects.toEqual(
      notFound("secret_id", secret_id),
    );

    expect(world.keys.calls.unwrapDataKey).toBe(1);
  });

  it("by a caller limited to projects never shows data written after the secret left them", async () => {
    const { world, secret_id } = await worldWithSecret();
    betweenReads(world, async () => {
      await world.update({ secret_id, project_id: "b" });
      await world.updateData(secret_id, { of: 2 });
    });
    world.projects = ["a"];

    await expect(world.getData(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
  });

  it("by a caller limited to projects shows no version from before the secret was in them", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, project_id: "b" });
    betweenReads(world, async () => {
      await world.updateData(secret_id, { of: 2 });
      await world.update({ secret_id, project_id: "a" });
    });
    world.projects = ["a"];

    expect(await world.getData(secret_id)).toMatchObject({ version: 2, data: new JsonText('{"of":2}') });
  });

  it.each([
    { what: "another secret", move: { secretId: "secret-ffffffffffff" } },
    { what: "another domain", move: { domainId: "domain-2" } },
    { what: "another version", move: { version: 2 } },
    { what: "a trusted secret", move: { trustedSecretId: "secret-eeeeeeeeeeee" } },
  ])("does not open a row that was copied to $what", async ({ move }) => {
    const { world, secret_id } = await worldWithSecret();
    const row = await world.store.findData("domain-1", secret_id, null);
    if (row === undefined) throw new TypeError("no row");
    const moved: Pick<SecretReads, "findSecret" | "findData"> = {
      findSecret: async () => undefined,
      findData: async (_domainId, id) => (id === "secret-eeeeeeeeeeee" ? row : { ...row, ...move }),
    };
    world.secrets = Object.assign(Object.create(world.store), moved);

    await expect(world.getData(secret_id)).rejects.toEqual(new CorruptDataError());
  });
});

describe("an etag", () => {
  it("stays the same while the data does, whatever else changes", async () => {
    const { world, secret_id } = await worldWithSecret();
    const etag = await etagOf(world, secret_id);

    await world.update({ secret_id, name: "name-2", tags: { a: 1 }, project_id: "b" });

    expect(await etagOf(world, secret_id)).toBe(etag);
    expect((await world.getData(secret_id, { sealed: true })).etag).toBe(etag);
  });

  it("changes with every update of the data, even to equal data", async () => {
    const { world, secret_id } = await worldWithSecret();
    const etag = await etagOf(world, secret_id);

    await world.updateData(secret_id, { of: 1 });

    expect(await etagOf(world, secret_id)).not.toBe(etag);
    expect((await world.getData(secret_id, { version: 1 })).etag).toBe(etag);
  });

  it("changes with the trusted data", async () => {
    const { world, secret_id, trustedId } = await worldWithTrusted({ of: 1 }, { own: 1 });
    const etag = await etagOf(world, secret_id);

    await world.updateData(trustedId, { of: 1 });

    expect(await etagOf(world, secret_id)).not.toBe(etag);
  });

  it("differs for every secret", async () => {
    const { world, secret_id } = await worldWithSecret();
    const other = await world.create({ name: "other", data: { of: 1 } });

    expect(await etagOf(world, secret_id)).not.toBe(await etagOf(world, other.secret_id));
  });

  it.each([{ sealed: false }, { sealed: true }])("saves sending the data if it is current: %j", async (message) => {
    const { world, secret_id } = await worldWithTrusted({ of: 1 }, { own: 1 });
    const etag = await etagOf(world, secret_id);
    const unwrapped = world.keys.calls.unwrapDataKey;
    world.keys.isDown = true;

    expect(await world.getData(secret_id, { ...message, unless_etag: etag })).toEqual({
      secret_id,
      data: {},
      encrypted: false,
      encrypt_options: {},
      version: 1,
      etag,
      not_modified: true,
    });
    expect(world.keys.calls.unwrapDataKey).toBe(unwrapped);
  });

  it.each(["1-AAAAAAAAAAAAAAAAAAAAAA", "", "1"])("%j does not save sending the data", async (unless_etag) => {
    const { world, secret_id } = await worldWithSecret();

    const answer = await world.getData(secret_id, { unless_etag });

    expect(answer.data).toEqual(new JsonText('{"of":1}'));
    expect(answer).not.toHaveProperty("not_modified");
  });

  it("does not reveal a secret that the caller may not see", async () => {
    const { world, secret_id } = await worldWithSecret();
    const unless_etag = await etagOf(world, secret_id);
    world.projects = ["b"];

    await expect(world.getData(secret_id, { unless_etag })).rejects.toEqual(notFound("secret_id", secret_id));
  });
});

describe("sealed data", () => {
  const base64 = expect.stringMatching(/^[A-Za-z0-9+/]+={0,2}$/);

  it("comes as it is stored, without a call to KMS", async () => {
    const { world, secret_id } = await worldWithSecret({ of: "한" });

    const answer = await world.getData(secret_id, { sealed: true });

    expect(answer).toEqual({
      secret_id,
      data: { encrypted_data: base64 },
      encrypted: true,
      encrypt_options: {
        encrypt_type: "AWS_KMS",
        encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
        encrypted_data_key: base64,
        nonce: base64,
        salt: base64,
        commitment: base64,
        encrypt_context: { domain_id: "domain-1", secret_id, version: "1" },
      },
      version: 1,
      etag: await etagOf(world, secret_id),
    });
    expect(world.keys.calls.unwrapDataKey).toBe(1);
    expect(await openSealed(world, answer)).toEqual({ of: "한" });
  });

  it("can be an old version", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 });

    const answer = await world.getData(secret_id, { sealed: true, version: 1 });

    expect(await openSealed(world, answer)).toEqual({ of: 1 });
  });

  it.each([{}, { sealed: false }])("is all that a sealed-only deployment returns, also for %j", async (message) => {
    const { world, secret_id } = await worldWithSecret();
    world.sealedOnly = true;

    const answer = await world.getData(secret_id, message);

    expect(answer.encrypted).toBe(true);
    expect(world.keys.calls.unwrapDataKey).toBe(0);
  });

  it("comes with the trusted secret's data, each part sealed separately", async () => {
    const { world, secret_id, trustedId } = await worldWithTrusted({ a: 1, b: 1 }, { b: 2, c: 2 });

    const answer = await world.getData(secret_id, { sealed: true });

    expect(Object.keys(answer.data)).toEqual(["encrypted_data", "trusted_encrypted_data"]);
    expect(answer.encrypt_options).toMatchObject({
      encrypt_context: { domain_id: "domain-1", secret_id, version: "1", trusted_secret_id: trustedId },
      trusted_encrypted_data_key: base64,
      trusted_nonce: base64,
      trusted_encrypt_context: { domain_id: "domain-1", secret_id: trustedId, version: "1" },
    });
    expect(await openSealed(world, answer)).toEqual({ a: 1, b: 2, c: 2 });
  });
});

describe("a trusted secret's data", () => {
  it.each([
    { what: "all keys of both", trusted: '{"a":1,"b":2}', own: '{"c":3}', merged: '{"a":1,"b":2,"c":3}' },
    {
      what: "its own value if both have the key",
      trusted: '{"a":1,"b":2}',
      own: '{"a":null}',
      merged: '{"a":null,"b":2}',
    },
    { what: "only by top-level key", trusted: '{"a":{"x":1}}', own: '{"a":{"y":2}}', merged: '{"a":{"y":2}}' },
    { what: "only the trusted secret's data if its own is empty", trusted: '{"a":1}', own: "{}", merged: '{"a":1}' },
    { what: "only its own data if the trusted secret's is empty", trusted: "{}", own: '{"a":1}', merged: '{"a":1}' },
    {
      what: "an own __proto__",
      trusted: '{"a":1}',
      own: '{"__proto__":{"b":2}}',
      merged: '{"a":1,"__proto__":{"b":2}}',
    },
    {
      what: "a trusted __proto__",
      trusted: '{"__proto__":{"a":1}}',
      own: '{"b":2}',
      merged: '{"__proto__":{"a":1},"b":2}',
    },
    { what: "both __proto__", trusted: '{"__proto__":{"a":1}}', own: '{"__proto__":2}', merged: '{"__proto__":2}' },
    {
      what: "lone surrogates",
      trusted: '{"a":"\\ud800"}',
      own: '{"b":"\\udfff"}',
      merged: '{"a":"\\ud800","b":"\\udfff"}',
    },
  ])("is merged under the secret's own: $what", async ({ trusted, own, merged }) => {
    const { world, secret_id } = await worldWithTrusted(new JsonText(trusted), new JsonText(own));

    expect(await world.getData(secret_id)).toMatchObject({
      data: { text: merged },
      encrypted: false,
      encrypt_options: {},
      version: 1,
    });
  });

  it("is the current version, also under an old version of the secret's own", async () => {
    const { world, secret_id, trustedId } = await worldWithTrusted({ trusted: 1 }, { own: 1 });
    await world.updateData(trustedId, { trusted: 2 });
    await world.updateData(secret_id, { own: 2 });

    expect((await world.getData(secret_id)).data).toMatchObject({ text: '{"trusted":2,"own":2}' });
    expect((await world.getData(secret_id, { version: 1 })).data).toMatchObject({ text: '{"trusted":2,"own":1}' });
  });

  it("is included for a caller who may not see the trusted secret itself", async () => {
    const { world, secret_id, trustedId } = await worldWithTrusted({ trusted: 1 }, { own: 1 });
    world.projects = ["a"];

    expect((await world.getData(secret_id)).data).toMatchObject({ text: '{"trusted":1,"own":1}' });
    await expect(world.getData(trustedId)).rejects.toEqual(notFound("secret_id", trustedId));
  });

  it("must exist if the secret inherits it", async () => {
    const { world, secret_id } = await worldWithSecret();
    const row = await world.store.findData("domain-1", secret_id, null);
    const orphan: Pick<SecretReads, "findSecret" | "findData"> = {
      findSecret: async () => undefined,
      findData: async (_domainId, id) =>
        id === secret_id && row !== undefined ? { ...row, trustedSecretId: "secret-000000000000" } : undefined,
    };
    world.secrets = Object.assign(Object.create(world.store), orphan);

    await expect(world.getData(secret_id)).rejects.toEqual(notFound("trusted_secret_id", "secret-000000000000"));
  });
});
