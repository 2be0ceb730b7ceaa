/** The contract of secret stores. It runs on the fake and on the adapter, so that tests on the fake hold for both. */

import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Abortable } from "../../lib/base/async.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import type { Secret, StoredSecret } from "../../lib/secret/secret.ts";
import type {
  ClientToken,
  CreateWrite,
  DataVersion,
  DataWrite,
  KeptUntil,
  SecretStore,
} from "../../lib/store/secret-store.ts";

/** A store that can be made to fail. */
export interface SecretStoreHarness {
  readonly store: SecretStore;
  setDown(isDown: boolean): void;
  /** The kept rows of a deleted secret, which no port reads. */
  findDeleted(domainId: string, secretId: string): Promise<DeletedSecret | undefined>;
  close(): Promise<void>;
}

export interface DeletedSecret {
  readonly secret: StoredSecret;
  readonly data: DataVersion | undefined;
  readonly kept: KeptUntil;
}

const kept: KeptUntil = { deletedAt: "2026-01-02T03:04:05.678Z", expiresAt: 1_767_927_845 };

const done = { kind: "done" };
const refused = (refusal: string) => ({ kind: "refused", refusal });

/** How many writers race at the same time. */
const racers = 20;

export function describeSecretStore(name: string, start: () => Promise<SecretStoreHarness>): void {
  describe(name, () => {
    let harness: SecretStoreHarness;
    let store: SecretStore;
    /** A new domain for each test. */
    let domainId: string;

    beforeAll(async () => {
      harness = await start();
      store = harness.store;
    }, 60_000);
    beforeEach(() => {
      domainId = `domain-${randomUUID()}`;
    });
    afterEach(() => harness.setDown(false));
    afterAll(async () => await harness.close());

    const create = async (fields: Partial<Secret> = {}, write: Partial<CreateWrite> = {}): Promise<StoredSecret> => {
      const secret = aSecret({ domain_id: domainId, ...fields });
      expect(await store.createSecret(creation(secret, write))).toEqual(done);
      return await stored(secret);
    };
    const stored = async (secret: Secret): Promise<StoredSecret> => {
      const found = await store.findSecret(secret.domain_id, secret.secret_id);
      if (found === undefined) throw new Error("There is no such secret.");
      return found;
    };

    /** Adds this many versions with data of this size, and returns the new row. */
    const addVersions = async (before: StoredSecret, versions: number, bytes: number): Promise<StoredSecret> => {
      let secret = before;
      for (let version = 0; version < versions; version++) {
        const write = addition(secret);
        const data = { ...write.data, encryptedData: new Uint8Array(bytes) };
        expect(await store.addData({ ...write, data })).toEqual(done);
        secret = { ...write.after, revision: secret.revision + 1 };
      }
      return secret;
    };

    describe("createSecret", () => {
      it("stores the secret and its data", async () => {
        const secret = aSecret({ domain_id: domainId, tags: { env: { name: "prod" }, list: [1, null, "x", true] } });
        const data = aVersion(secret, 1, { trustedSecretId: "secret-0000000000aa" });

        const result = await store.createSecret(creation(secret, { data }));

        expect(result).toEqual(done);
        expect(await store.findSecret(domainId, secret.secret_id)).toEqual({
          ...secret,
          dependents: 0,
          revision: 0,
          oldest_version: 1,
        });
        expect(await store.findData(domainId, secret.secret_id, null)).toEqual(data);
        expect(await store.findData(domainId, secret.secret_id, 1)).toEqual(data);
      });

      it("stores a secret whose fields are all unset", async () => {
        const secret = aSecret({
          domain_id: domainId,
          ...{ tags: {}, schema: null, provider: null, service_account_id: null, project_id: null },
        });

        await store.createSecret(creation(secret));

        expect(await stored(secret)).toEqual({ ...secret, dependents: 0, revision: 0, oldest_version: 1 });
      });

      it("refuses a name that is taken, and stores nothing", async () => {
        const first = await create({ name: "taken" });
        const second = aSecret({ domain_id: domainId, name: "taken" });

        const result = await store.createSecret(creation(second, { token: aToken() }));

        expect(result).toEqual(refused("name-taken"));
        expect(await store.findSecret(domainId, second.secret_id)).toBeUndefined();
        expect(await store.findData(domainId, second.secret_id, null)).toBeUndefined();
        expect(await store.findToken(domainId, aToken())).toBeUndefined();
        expect(await stored(first)).toEqual(first);
      });

      it.each(["Taken", " taken", "taken ", "tåken", "TAKEN"])("takes %j beside the name 'taken'", async (name) => {
        await create({ name: "taken" });

        expect(await store.createSecret(creation(aSecret({ domain_id: domainId, name })))).toEqual(done);
      });

      it("takes a name that another domain has", async () => {
        await create({ name: "shared" });

        await create({ name: "shared", domain_id: `${domainId}-other` });
      });

      it("refuses an id that exists", async () => {
        const first = await create();
        const second = aSecret({ domain_id: domainId, secret_id: first.secret_id });

        expect(await store.createSecret(creation(second))).toEqual(refused("id-taken"));
        expect(await store.findData(domainId, first.secret_id, null)).toEqual(aVersion(first, 1));
      });

      it("counts the dependents of a trusted secret, and leaves its revision alone", async () => {
        const trusted = await create();

        await create({ trusted_secret_id: trusted.secret_id });
        await create({ trusted_secret_id: trusted.secret_id });

        expect(await stored(trusted)).toEqual({ ...trusted, dependents: 2 });
      });

      it("refuses a trusted secret that is not there, is of another domain, or is a dependent", async () => {
        const trusted = await create();
        const dependent = await create({ trusted_secret_id: trusted.secret_id });
        const elsewhere = await create({ domain_id: `${domainId}-other` });
        const ids = ["secret-000000000000", elsewhere.secret_id, dependent.secret_id];

        const results = await Promise.all(
          ids.map(async (id) => {
            const secret = aSecret({ domain_id: domainId, trusted_secret_id: id });
            return await store.createSecret(creation(secret));
          }),
        );

        expect(results).toEqual(ids.map(() => refused("trusted-secret")));
        expect(await store.findSecret(domainId, "secret-000000000000")).toBeUndefined();
      });

      it.each([
        ["of a visible project", "project-1", ["project-0", "project-1"], done],
        ["of the last of many visible projects", "project-249", manyProjects(250), done],
        ["of another project", "project-1", ["project-2"], refused("trusted-secret")],
        ["of a project for a caller who sees none", "project-1", [], refused("trusted-secret")],
        ["of no project for a caller of projects", null, ["project-1"], refused("trusted-secret")],
        ["of a project for a caller who sees all", "project-1", null, done],
        ["of no project for a caller who sees all", null, null, done],
      ])("answers for a trusted secret %s", async (_, projectId, visibleProjects, expected) => {
        const trusted = await create({ project_id: projectId });
        const secret = aSecret({ domain_id: domainId, trusted_secret_id: trusted.secret_id });

        expect(await store.createSecret(creation(secret, { visibleProjects }))).toEqual(expected);
      });

      it("refuses a token that was used, whatever else is wrong", async () => {
        const first = await create({ name: "taken", tags: { of: "first" } }, { token: aToken() });
        const second = aSecret({ ...first, trusted_secret_id: "secret-000000000000" });

        const result = await store.createSecret(creation(second, { token: aToken() }));

        expect(result).toEqual(refused("token-used"));
        const { dependents, revision, oldest_version, ...answered } = first;
        expect({ dependents, revision, oldest_version }).toEqual({ dependents: 0, revision: 0, oldest_version: 1 });
        expect(await store.findToken(domainId, aToken())).toEqual({ secret: answered, contentDigest: "content-1" });
      });

      it("names the trusted secret before the name", async () => {
        const { name } = await create();
        const secret = aSecret({ domain_id: domainId, name, trusted_secret_id: "secret-000000000000" });

        expect(await store.createSecret(creation(secret))).toEqual(refused("trusted-secret"));
      });

      it("keeps the tokens of domains apart", async () => {
        await create({}, { token: aToken() });

        await create({ domain_id: `${domainId}-other` }, { token: aToken() });
      });

      it("forgets a token at its time, and takes it again then", async () => {
        await create({}, { token: aToken({ now: 1000, expiresAt: 2000 }) });
        const inTime = aToken({ now: 2000, expiresAt: 3000 });
        const late = aToken({ now: 2001, expiresAt: 3001 });

        const found = await Promise.all([inTime, late].map(async (token) => await store.findToken(domainId, token)));
        const again = await store.createSecret(creation(aSecret({ domain_id: domainId }), { token: inTime }));

        expect(found).toEqual([expect.anything(), undefined]);
        expect(again).toEqual(refused("token-used"));
        const second = await create({}, { token: late });
        expect(await store.findToken(domainId, late)).toMatchObject({ secret: { secret_id: second.secret_id } });
      });

      it("gives tags back as they went in", async () => {
        await fc.assert(
          fc.asyncProperty(tagsArbitrary, async (tags) => {
            const { tags: found } = await create({ tags });

            expect(found).toEqual(tags);
            expect(Object.keys(found).toSorted()).toEqual(Object.keys(tags).toSorted());
          }),
          { numRuns: 60 },
        );
      });
    });

    describe("changeSecret", () => {
      it("sets and unsets fields, and leaves the others alone", async () => {
        const before = await create({ project_id: "project-1", tags: { old: 1 } });
        const expiry = { expires_at: "2027-01-01T00:00:00.000Z", updated_at: "2026-01-02T03:04:05.678Z" };
        const after = { ...before, tags: { new: [2] }, project_id: null, ...expiry };

        const result = await store.changeSecret({ before, after });

        expect(result).toEqual(done);
        expect(await stored(before)).toEqual({ ...after, revision: 1 });
      });

      it("holds only while the row is as it was read", async () => {
        const before = await create();
        const first = { ...before, tags: { by: "first" } };
        const second = { ...before, tags: { by: "second" } };

        const results = [
          await store.changeSecret({ before, after: first }),
          await store.changeSecret({ before, after: second }),
        ];

        expect(results).toEqual([done, refused("changed")]);
        expect(await stored(before)).toEqual({ ...first, revision: 1 });
      });

      it("keeps dependents that were counted since the row was read", async () => {
        const before = await create();
        await create({ trusted_secret_id: before.secret_id });

        const result = await store.changeSecret({ before, after: { ...before, tags: { a: 1 } } });

        expect(result).toEqual(done);
        expect(await stored(before)).toEqual({ ...before, tags: { a: 1 }, dependents: 1, revision: 1 });
      });

      it("does not bring a deleted secret back", async () => {
        const before = await create();
        await store.deleteSecret({ secret: before, kept: null });

        expect(await store.changeSecret({ before, after: { ...before, tags: { a: 1 } } })).toEqual(refused("changed"));
        expect(await store.findSecret(domainId, before.secret_id)).toBeUndefined();
      });

      it("renames, and frees the old name", async () => {
        const before = await create({ name: "old" });

        const result = await store.changeSecret({ before, after: { ...before, name: "new" } });

        expect(result).toEqual(done);
        expect(await stored(before)).toEqual({ ...before, name: "new", revision: 1 });
        expect(await store.createSecret(creation(aSecret({ domain_id: domainId, name: "new" })))).toEqual(
          refused("name-taken"),
        );
        await create({ name: "old" });
      });

      it("does not rename to a name that is taken", async () => {
        const before = await create({ name: "old" });
        await create({ name: "new" });

        const result = await store.changeSecret({ before, after: { ...before, name: "new", tags: { a: 1 } } });

        expect(result).toEqual(refused("name-taken"));
        expect(await stored(before)).toEqual(before);
      });

      it("tells that the row changed before it tells that the name is taken", async () => {
        const before = await create({ name: "old" });
        await store.changeSecret({ before, after: { ...before, name: "new" } });

        expect(await store.changeSecret({ before, after: { ...before, name: "new" } })).toEqual(refused("changed"));
      });
    });

    describe("addData", () => {
      it("makes the new version the current one, and keeps the old", async () => {
        const before = await create();
        const write = addition(before, { schema: "other", provider: null });

        const result = await store.addData(write);

        expect(result).toEqual(done);
        expect(await stored(before)).toEqual({ ...write.after, revision: 1 });
        expect(await store.findData(domainId, before.secret_id, null)).toEqual(write.data);
        expect(await store.findData(domainId, before.secret_id, 1)).toEqual(aVersion(before, 1));
      });

      it("drops the version that falls out", async () => {
        const before = await create();

        await store.addData({ ...addition(before), dropVersions: [1] });

        expect(await store.findData(domainId, before.secret_id, 1)).toBeUndefined();
        expect(await store.findData(domainId, before.secret_id, 2)).toEqual(aVersion(before, 2));
      });

      it("drops several versions at once, also such as are not there", async () => {
        let secret = await create();
        for (let version = 2; version <= 6; version++) {
          await store.addData(addition(secret));
          secret = await stored(secret);
        }
        const write = addition(secret);

        await store.addData({ ...write, after: { ...write.after, oldest_version: 6 }, dropVersions: [1, 2, 3, 4, 5] });
        secret = await stored(secret);
        await store.addData({ ...addition(secret), dropVersions: [4, 5, 6] });

        expect(secret).toMatchObject({ version: 7, oldest_version: 6 });
        for (const version of [1, 2, 3, 4, 5, 6]) {
          expect(await store.findData(domainId, secret.secret_id, version)).toBeUndefined();
        }
        expect(await store.findData(domainId, secret.secret_id, 7)).toEqual(aVersion(secret, 7));
      });

      it("counts versions as numbers", async () => {
        let secret = await create();
        for (let version = 2; version <= 11; version++) {
          await store.addData(addition(secret));
          secret = await stored(secret);
        }

        expect(await store.findData(domainId, secret.secret_id, null)).toMatchObject({ version: 11 });
      });

      it("holds only while the row is as it was read", async () => {
        const before = await create();
        await store.changeSecret({ before, after: { ...before, tags: { a: 1 } } });

        expect(await store.addData(addition(before))).toEqual(refused("changed"));
        expect(await store.findData(domainId, before.secret_id, 2)).toBeUndefined();
      });

      it("refuses a token that was used, also when the row has changed since", async () => {
        const before = await create();
        const write = { ...addition(before), token: aToken() };
        await store.addData(write);

        expect(await store.addData(write)).toEqual(refused("token-used"));
        const { dependents, revision, oldest_version, ...answered } = { ...before, ...write.after };
        expect({ dependents, revision, oldest_version }).toEqual({ dependents: 0, revision: 0, oldest_version: 1 });
        expect(await store.findToken(domainId, aToken())).toEqual({ secret: answered, contentDigest: "content-1" });
      });

      it("gives a secret that was deleted no data", async () => {
        const before = await create();
        await store.deleteSecret({ secret: before, kept: null });

        expect(await store.addData(addition(before))).toEqual(refused("changed"));
        expect(await store.findData(domainId, before.secret_id, null)).toBeUndefined();
      });
    });

    describe("deleteSecret", () => {
      it("removes the secret and all of its versions, and frees the name", async () => {
        const before = await create({ name: "mine" });
        await store.addData(addition(before));
        const secret = await stored(before);

        const result = await store.deleteSecret({ secret, kept: null });

        expect(result).toEqual(done);
        expect(await store.findSecret(domainId, secret.secret_id)).toBeUndefined();
        for (const version of [null, 1, 2]) {
          expect(await store.findData(domainId, secret.secret_id, version)).toBeUndefined();
        }
        await create({ name: "mine" });
      });

      it.each([
        { what: "more versions than a transaction has actions", versions: 175, bytes: 10 },
        { what: "more bytes than a transaction takes", versions: 12, bytes: 393_216 },
      ])("removes a secret with $what", { timeout: 60_000 }, async ({ versions, bytes }) => {
        const before = await create({ name: "large" });
        const secret = await addVersions(before, versions, bytes);

        const result = await store.deleteSecret({ secret, kept });

        expect(result).toEqual(done);
        expect(await store.findSecret(domainId, secret.secret_id)).toBeUndefined();
        expect(await store.findData(domainId, secret.secret_id, null)).toBeUndefined();
        expect(await harness.findDeleted(domainId, secret.secret_id)).toMatchObject({
          data: { version: versions + 1 },
        });
        await create({ name: "large" });
      });

      it("keeps row and current version, as they are, where that is asked for", async () => {
        const before = await create({ tags: { env: { name: "prod" }, list: [1, null] } });
        await store.addData(addition(before));
        const secret = await stored(before);
        const data = await store.findData(domainId, secret.secret_id, null);

        await store.deleteSecret({ secret, kept });

        expect(await harness.findDeleted(domainId, secret.secret_id)).toMatchObject({
          secret: fieldsOf(secret),
          data,
          kept,
        });
      });

      it("keeps a secret in the place of what an earlier deletion of it has left", async () => {
        const secret = await create({ tags: { of: 1 } });
        await store.deleteSecret({ secret, kept });
        const again = { ...secret, tags: { of: 2 } };
        await store.createSecret(creation(again));

        await store.deleteSecret({ secret: again, kept: { ...kept, expiresAt: kept.expiresAt + 1 } });

        expect(await harness.findDeleted(domainId, secret.secret_id)).toMatchObject({
          secret: { tags: { of: 2 } },
          kept: { ...kept, expiresAt: kept.expiresAt + 1 },
        });
      });

      it("keeps nothing where nothing is to be kept, or nothing is deleted", async () => {
        const [secret, trusted] = [await create(), await create()];
        await create({ trusted_secret_id: trusted.secret_id });

        await store.deleteSecret({ secret, kept: null });
        await store.deleteSecret({ secret: trusted, kept });

        expect(await harness.findDeleted(domainId, secret.secret_id)).toBeUndefined();
        expect(await harness.findDeleted(domainId, trusted.secret_id)).toBeUndefined();
      });

      it("removes no version of a secret that others name as trusted, however many there are", async () => {
        const before = await addVersions(await create(), 100, 10);
        await create({ trusted_secret_id: before.secret_id });

        expect(await store.deleteSecret({ secret: before, kept: null })).toEqual(refused("has-dependents"));
        expect(await store.findData(domainId, before.secret_id, 1)).toMatchObject({ version: 1 });
        expect(await stored(before)).toEqual({ ...before, dependents: 1 });
      });

      it("leaves other secrets alone", async () => {
        const [secret, other] = [await create(), await create()];

        await store.deleteSecret({ secret, kept: null });

        expect(await stored(other)).toEqual(other);
        expect(await store.findData(domainId, other.secret_id, null)).toEqual(aVersion(other, 1));
      });

      it("holds only while the row is as it was read", async () => {
        const before = await create();
        await store.changeSecret({ before, after: { ...before, tags: { a: 1 } } });

        expect(await store.deleteSecret({ secret: before, kept: null })).toEqual(refused("changed"));
        expect(await store.findData(domainId, before.secret_id, null)).toEqual(aVersion(before, 1));
      });

      it("is refused a second time", async () => {
        const secret = await create();
        await store.deleteSecret({ secret, kept: null });

        expect(await store.deleteSecret({ secret, kept: null })).toEqual(refused("changed"));
      });

      it("keeps a secret that others name as trusted, until they are gone", async () => {
        const trusted = await create();
        const dependents = [
          await create({ trusted_secret_id: trusted.secret_id }),
          await create({ trusted_secret_id: trusted.secret_id }),
        ];

        const results = [await store.deleteSecret({ secret: trusted, kept: null })];
        for (const dependent of dependents) {
          results.push(
            await store.deleteSecret({ secret: dependent, kept: null }),
            await store.deleteSecret({ secret: trusted, kept: null }),
          );
        }

        expect(results).toEqual([refused("has-dependents"), ...[done, refused("has-dependents")], ...[done, done]]);
      });

      it("tells that the row changed before it tells of dependents", async () => {
        const before = await create();
        await store.changeSecret({ before, after: { ...before, tags: { a: 1 } } });
        await create({ trusted_secret_id: before.secret_id });

        expect(await store.deleteSecret({ secret: before, kept: null })).toEqual(refused("changed"));
      });
    });

    describe("reads", () => {
      it("finds the id of a name, and no other's after a rename", async () => {
        const secret = await create({ name: "é 한 name" });

        expect(await store.findIdByName(domainId, "é 한 name")).toBe(secret.secret_id);
        expect(await store.findIdByName(`${domainId}-other`, "é 한 name")).toBeUndefined();
        await store.changeSecret({ before: secret, after: { ...secret, name: "new" } });
        expect(await store.findIdByName(domainId, "é 한 name")).toBeUndefined();
        expect(await store.findIdByName(domainId, "new")).toBe(secret.secret_id);
      });

      it.each(["", "\ud800", "é".repeat(1000)])("finds nothing under an odd name", async (name) => {
        expect(await store.findIdByName(domainId, name)).toBeUndefined();
      });

      it("finds nothing of another domain", async () => {
        const secret = await create();
        const other = `${domainId}-other`;

        expect(await store.findSecret(other, secret.secret_id)).toBeUndefined();
        expect(await store.findData(other, secret.secret_id, null)).toBeUndefined();
      });

      it("finds no data under what is no secret's id, whatever it makes with the domain", async () => {
        const secret = await create({ domain_id: `${domainId}/inner` });

        expect(await store.findData(domainId, `inner/${secret.secret_id}`, null)).toBeUndefined();
        expect(await store.findData(domainId, `inner/${secret.secret_id}`, 1)).toBeUndefined();
      });

      it.each(["", "x", "secret-", "\ud800", "a".repeat(3000), "é".repeat(1000)])(
        "finds nothing under an odd id",
        async (id) => {
          expect(await store.findSecret(domainId, id)).toBeUndefined();
          expect(await store.findData(domainId, id, null)).toBeUndefined();
        },
      );

      it.each([0, 2, -1, 2_147_483_647])("finds no version %d of a secret that has one", async (version) => {
        const secret = await create();

        expect(await store.findData(domainId, secret.secret_id, version)).toBeUndefined();
      });
    });

    describe("races", () => {
      const race = async <Result>(run: (racer: number) => Promise<Result>): Promise<Result[]> =>
        await Promise.all(Array.from({ length: racers }, (_, racer) => run(racer)));

      it("lets one of many creators have a name", async () => {
        const secrets = Array.from({ length: racers }, () => aSecret({ domain_id: domainId, name: "wanted" }));

        const results = await Promise.all(secrets.map(async (secret) => await store.createSecret(creation(secret))));

        const winners = secrets.filter((_, index) => results[index]?.kind === "done");
        const found = await Promise.all(
          secrets.map(async (secret) => (await store.findSecret(domainId, secret.secret_id))?.secret_id),
        );
        expect(winners).toHaveLength(1);
        expect(found.filter((id) => id !== undefined)).toEqual(winners.map(({ secret_id }) => secret_id));
        expect(results.filter(({ kind }) => kind === "refused")).toEqual(Array(racers - 1).fill(refused("name-taken")));
      });

      it("lets one of many calls under a token do something", async () => {
        const results = await race(
          async () =>
            await store.createSecret(creation(aSecret({ domain_id: domainId, name: "once" }), { token: aToken() })),
        );

        expect(results.filter(({ kind }) => kind === "done")).toHaveLength(1);
        expect(results.filter(({ kind }) => kind === "refused")).toEqual(Array(racers - 1).fill(refused("token-used")));
      });

      it("lets one of many writers add a version", async () => {
        const before = await create();
        const writes = Array.from({ length: racers }, (_, racer) => addition(before, { schema: `schema-${racer}` }));

        const results = await Promise.all(writes.map(async (write) => await store.addData(write)));

        const winners = writes.filter((_, index) => results[index]?.kind === "done");
        expect(winners).toHaveLength(1);
        expect(await stored(before)).toEqual({ ...winners[0]?.after, revision: 1 });
        expect(results.filter(({ kind }) => kind === "refused")).toEqual(Array(racers - 1).fill(refused("changed")));
      });

      it("lets one of many secrets be renamed to a name", async () => {
        const secrets = await race(async () => await create());

        const results = await Promise.all(
          secrets.map(async (before) => await store.changeSecret({ before, after: { ...before, name: "wanted" } })),
        );

        const names = await Promise.all(secrets.map(async (secret) => (await stored(secret)).name));
        expect(results.filter(({ kind }) => kind === "done")).toHaveLength(1);
        expect(names.filter((name) => name === "wanted")).toHaveLength(1);
        expect(results.filter(({ kind }) => kind === "refused")).toEqual(Array(racers - 1).fill(refused("name-taken")));
      });

      it("lets one of many renames of a secret happen, and keeps no other name", async () => {
        const before = await create();

        await race(async (racer) => await store.changeSecret({ before, after: { ...before, name: `name-${racer}` } }));

        const { name } = await stored(before);
        const names = [before.name, ...Array.from({ length: racers }, (_, racer) => `name-${racer}`)];
        const results = await Promise.all(
          names.map(async (each) => await store.createSecret(creation(aSecret({ domain_id: domainId, name: each })))),
        );
        expect(names.filter((_, index) => results[index]?.kind === "refused")).toEqual([name]);
      });

      it("leaves no data behind when a secret is deleted while data is added", async () => {
        const secrets = await race(async () => await create());

        const outcomes = await Promise.all(
          secrets.map(async (secret) => {
            const results = await Promise.all([
              store.deleteSecret({ secret, kept: null }),
              store.addData(addition(secret)),
            ]);
            const found = await store.findSecret(domainId, secret.secret_id);
            const data = await store.findData(domainId, secret.secret_id, null);
            return { results, version: found?.version, data: data?.version };
          }),
        );

        for (const outcome of outcomes) {
          expect([
            { results: [done, refused("changed")], version: undefined, data: undefined },
            { results: [refused("changed"), done], version: 2, data: 2 },
          ]).toContainEqual(outcome);
        }
      });

      it("never deletes a secret that a new one names as trusted", async () => {
        const trusted = await race(async () => await create());

        const outcomes = await Promise.all(
          trusted.map(async (secret) => {
            const dependent = aSecret({ domain_id: domainId, trusted_secret_id: secret.secret_id });
            const results = await Promise.all([
              store.deleteSecret({ secret, kept: null }),
              store.createSecret(creation(dependent)),
            ]);
            return { results, dependents: (await store.findSecret(domainId, secret.secret_id))?.dependents };
          }),
        );

        for (const outcome of outcomes) {
          expect([
            { results: [done, refused("trusted-secret")], dependents: undefined },
            { results: [refused("has-dependents"), done], dependents: 1 },
          ]).toContainEqual(outcome);
        }
      });

      it("counts every dependent, however many come and go at once", async () => {
        const trusted = await create();
        const leaving = await create({ trusted_secret_id: trusted.secret_id });

        const results = await Promise.all([
          store.deleteSecret({ secret: leaving, kept: null }),
          ...Array.from({ length: 5 }, async () => {
            return await store.createSecret(
              creation(aSecret({ domain_id: domainId, trusted_secret_id: trusted.secret_id })),
            );
          }),
        ]);

        expect(results).toEqual(Array(6).fill(done));
        expect(await stored(trusted)).toEqual({ ...trusted, dependents: 5 });
      });
    });

    const secret = { ...aSecret(), dependents: 0, revision: 0, oldest_version: 1 };
    const calls: readonly [string, (options?: Abortable) => Promise<unknown>][] = [
      ["findSecret", async (options) => await store.findSecret(domainId, secret.secret_id, options)],
      ["findIdByName", async (options) => await store.findIdByName(domainId, "name", options)],
      ["createSecret", async (options) => await store.createSecret(creation(secret), options)],
      ["changeSecret", async (options) => await store.changeSecret({ before: secret, after: secret }, options)],
      ["addData", async (options) => await store.addData(addition(secret), options)],
      ["deleteSecret", async (options) => await store.deleteSecret({ secret, kept: null }, options)],
      ["findData", async (options) => await store.findData(domainId, secret.secret_id, null, options)],
      ["findToken", async (options) => await store.findToken(domainId, aToken(), options)],
    ];

    it.each(calls)("%s tells that the database is unavailable, and keeps why", async (_, call) => {
      harness.setDown(true);

      await expect(call()).rejects.toMatchObject({
        code: "ERROR_UNAVAILABLE",
        message: "The service is temporarily unavailable. (service = dynamodb)",
        cause: expect.any(Error),
      });
    });

    it.each(calls)("%s ends with the reason of the caller's signal", async (_, call) => {
      const reason = new Error("no time left");

      await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

export function aSecret(fields: Partial<Secret> = {}): Secret {
  const id = randomBytes(6).toString("hex");
  return {
    secret_id: `secret-${id}`,
    name: `name-${id}`,
    secret_type: "CREDENTIALS",
    tags: { env: "test" },
    schema: "aws_access_key",
    provider: "aws",
    service_account_id: "sa-1",
    project_id: "project-1",
    trusted_secret_id: null,
    domain_id: "domain-1",
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    version: 1,
    expires_at: null,
    ...fields,
  };
}

/** A version of a secret's data, with recognizable bytes. */
export function aVersion(secret: Secret, version: number, fields: Partial<DataVersion> = {}): DataVersion {
  const bytes = (length: number, first: number) => new Uint8Array(length).fill(first + version);
  return {
    domainId: secret.domain_id,
    secretId: secret.secret_id,
    version,
    createdAt: "2026-01-01T00:00:00.000Z",
    trustedSecretId: secret.trusted_secret_id,
    encryptedData: bytes(100, 1),
    encryptedDataKey: bytes(184, 2),
    nonce: bytes(12, 3),
    salt: bytes(32, 4),
    commitment: bytes(32, 5),
    algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
    keyId: "arn:aws:kms:us-east-1:000000000000:key/1",
    ...fields,
  };
}

export function creation(secret: Secret, write: Partial<CreateWrite> = {}): CreateWrite {
  return { secret, data: aVersion(secret, 1), token: null, visibleProjects: null, ...write };
}

export function addition(before: StoredSecret, fields: Partial<Secret> = {}): DataWrite {
  const version = (before.version ?? 0) + 1;
  const after = { ...before, ...fields, version, updated_at: "2026-02-02T00:00:00.000Z" };
  return { before, after, data: aVersion(before, version), dropVersions: [], token: null };
}

function aToken(fields: Partial<ClientToken> = {}): ClientToken {
  return { digest: "digest-1", contentDigest: "content-1", now: 1_000_000, expiresAt: 2_000_000, ...fields };
}

function manyProjects(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `project-${index}`);
}

/** Keys with a meaning in JavaScript or the SDK. */
const keyArbitrary = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  fc.constantFrom("constructor", "toString", "hasOwnProperty", "prototype", "length", "M", "S", "NULL", "then", "a.b"),
);
const numberArbitrary = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -9e125, max: 9e125 }),
    fc.integer(),
    fc.constantFrom(
      2 ** 53,
      2 ** 53 + 2,
      -(2 ** 64),
      1e21,
      0.1 + 0.2,
      1e-130,
      1.7976931348623157e100,
      123456789012345680000,
    ),
  )
  .filter((value) => value === 0 || Math.abs(value) >= 1e-130)
  .map((value) => value + 0);
const tagsArbitrary: fc.Arbitrary<JsonObject> = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: "grapheme" }),
    numberArbitrary,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(
    keyArbitrary.filter((key) => key !== "__proto__"),
    tie("value"),
    { maxKeys: 5, noNullPrototype: true },
  ) as fc.Arbitrary<JsonObject>,
})).object;

/** The part of a row that is kept. */
function fieldsOf({ dependents, oldest_version, ...secret }: StoredSecret) {
  return secret;
}
