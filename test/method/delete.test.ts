/** delete: removes everything, but nothing while other secrets need it. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { contended, World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });
const related = (secret_id: string) => new SecretError("ERROR_EXIST_RELATED_SECRET", { secret_id });

async function worldWithSecret() {
  const world = new World();
  const { secret_id } = await world.create({ project_id: "a" });
  return { world, secret_id };
}

describe("delete", () => {
  it("removes the row and every version of the data, and frees the name", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 });

    expect(await world.delete(secret_id)).toEqual({});

    await expect(world.get(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    await expect(world.getData(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    await expect(world.getData(secret_id, { version: 1 })).rejects.toEqual(notFound("version", "1"));
    await expect(world.getData(secret_id, { version: 2 })).rejects.toEqual(notFound("version", "2"));
    await expect(world.delete(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    expect(await world.create()).toMatchObject({ name: "name-1" });
  });

  it("keeps the row and the current version for an operator until the period is over", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.updateData(secret_id, { of: 2 });
    const before = await world.get(secret_id);

    await world.delete(secret_id);

    expect(world.store.findDeleted("domain-1", secret_id)).toMatchObject({
      secret: before,
      data: { version: 2 },
      kept: { deletedAt: "2026-01-02T03:04:05.678Z", expiresAt: Date.parse("2026-01-09T03:04:05Z") / 1000 },
    });
  });

  it.each([
    { what: "permanently", message: { permanently: true }, keptDays: 7 },
    { what: "if the deployment keeps nothing", message: {}, keptDays: 0 },
  ])("keeps nothing if it is $what", async ({ message, keptDays }) => {
    const { world, secret_id } = await worldWithSecret();
    world.keptDays = keptDays;

    await world.delete(secret_id, message);

    expect(world.store.findDeleted("domain-1", secret_id)).toBeUndefined();
  });

  it("frees the current name after a rename", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, name: "name-2" });
    const other = await world.create({ name: "name-1" });

    await world.delete(secret_id);

    expect(await world.create({ name: "name-2" })).toMatchObject({ name: "name-2" });
    expect(await world.get(other.secret_id)).toEqual(other);
  });

  it.each([
    { what: "an unknown secret", id: "secret-000000000000", message: {} },
    { what: "a secret of another domain", id: null, message: { domain_id: "domain-2" } },
    { what: "no id", id: "x/secret-000000000000", message: {} },
  ])("does not find $what", async ({ id, message }) => {
    const { world, secret_id } = await worldWithSecret();

    await expect(world.delete(id ?? secret_id, message)).rejects.toEqual(notFound("secret_id", id ?? secret_id));
    expect(await world.get(secret_id)).toMatchObject({ secret_id });
  });

  it("is refused while other secrets inherit from it", async () => {
    const { world, secret_id } = await worldWithSecret();
    const first = await world.create({ name: "first", trusted_secret_id: secret_id });
    const second = await world.create({ name: "second", trusted_secret_id: secret_id });

    await expect(world.delete(secret_id)).rejects.toEqual(related(secret_id));
    await world.delete(first.secret_id);
    await expect(world.delete(secret_id)).rejects.toEqual(related(secret_id));
    await world.delete(second.secret_id);

    expect(await world.delete(secret_id)).toEqual({});
  });

  it("is refused if a dependent was created meanwhile", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.create({ name: "late", trusted_secret_id: secret_id });

    await expect(world.delete(secret_id)).rejects.toEqual(related(secret_id));
  });

  it("removes a secret that was changed meanwhile, with its new data", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => {
      await world.updateData(secret_id, { of: 2 });
      await world.update({ secret_id, name: "name-2" });
    };

    expect(await world.delete(secret_id)).toEqual({});

    await expect(world.getData(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    expect(await world.create({ name: "name-2" })).toMatchObject({ name: "name-2" });
  });

  it("of two concurrent deletes, the second one finds nothing", async () => {
    const { world, secret_id } = await worldWithSecret();

    const outcomes = await Promise.allSettled([world.delete(secret_id), world.delete(secret_id)]);

    expect(outcomes).toEqual([
      { status: "fulfilled", value: {} },
      { status: "rejected", reason: notFound("secret_id", secret_id) },
    ]);
  });

  it("gives up on a row that keeps changing", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.secrets = contended(world.store, "deleteSecret");

    await expect(world.delete(secret_id)).rejects.toEqual(
      new SecretError("ERROR_VERSION_CONFLICT", { key: "secret_id", value: secret_id }),
    );
  });

  it("by a caller limited to projects reaches only secrets in them", async () => {
    const { world, secret_id } = await worldWithSecret();
    const free = await world.create({ name: "free" });

    world.projects = ["b"];
    await expect(world.delete(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    world.projects = ["a"];
    await expect(world.delete(free.secret_id)).rejects.toEqual(notFound("secret_id", free.secret_id));

    expect(await world.delete(secret_id)).toEqual({});
  });
});
