/** update: what changes, what stays, and which callers may move a secret to which project. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { FakeIdentity } from "../fakes/identity.ts";
import { contended, World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });
const nameTaken = new SecretError("ERROR_SAVE_UNIQUE_VALUES", {});
const denied = new SecretError("ERROR_PERMISSION_DENIED", {});

/** A world with one secret of project `a`, made a second ago. */
async function worldWithSecret() {
  const world = new World();
  const made = await world.create({ project_id: "a", tags: { env: "dev", team: "core" }, schema: "aws_access_key" });
  world.pass(1000);
  return { world, made, secret_id: made.secret_id, updated_at: "2026-01-02T03:04:06.678Z" };
}

describe("update", () => {
  it.each([
    { what: "the name", change: { name: "name-2" } },
    { what: "the tags, whole", change: { tags: { env: "prod" } } },
    { what: "the tags, to an empty object", change: { tags: {} } },
    { what: "the project", change: { project_id: "b" } },
    { what: "the date of expiry", change: { expires_at: "2027-01-01T00:00:00.000Z" } },
    { what: "all of them", change: { name: "name-2", tags: { a: 1 }, project_id: "b" } },
    { what: "the name to itself", change: { name: "name-1" } },
  ])("changes $what and nothing else", async ({ change }) => {
    const { world, made, secret_id, updated_at } = await worldWithSecret();

    const updated = await world.update({ secret_id, ...change });

    expect(updated).toEqual({ ...made, ...change, updated_at });
    expect(await world.get(secret_id)).toEqual(updated);
    expect(await world.getData(secret_id)).toMatchObject({ version: 1 });
  });

  it.each([{}, { name: "", project_id: "", release_project: false }, { name: null, tags: null, project_id: null }])(
    "writes nothing if %j is sent",
    async (change) => {
      const { world, made, secret_id } = await worldWithSecret();

      expect(await world.update({ secret_id, ...change })).toEqual(made);
      expect(world.store.calls).toEqual(["createSecret", "findSecret"]);
    },
  );

  it('removes the expiry date if it is "never"', async () => {
    const { world, made, secret_id, updated_at } = await worldWithSecret();
    await world.update({ secret_id, expires_at: "2027-01-01" });

    expect(await world.update({ secret_id, expires_at: "never" })).toEqual({ ...made, updated_at });
  });

  it("removes the project on release_project, even if project_id is sent too", async () => {
    const { world, made, secret_id, updated_at } = await worldWithSecret();
    const identity = new FakeIdentity({});
    world.identity = identity;

    const updated = await world.update({ secret_id, release_project: true, project_id: "none" });

    expect(updated).toEqual({ ...made, project_id: null, updated_at });
    expect(identity.asked).toEqual([]);
  });

  it("checks the project with identity before the name", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.create({ name: "taken" });
    const identity = new FakeIdentity({ projects: ["domain-1/b"] });
    world.identity = identity;

    await expect(world.update({ secret_id, project_id: "c", name: "taken" })).rejects.toEqual(
      notFound("project_id", "c"),
    );
    await expect(world.update({ secret_id, project_id: "b", name: "taken" })).rejects.toEqual(nameTaken);
    expect(await world.update({ secret_id, project_id: "b" })).toMatchObject({ project_id: "b" });
    expect(identity.asked).toEqual(["project domain-1/c", "project domain-1/b", "project domain-1/b"]);
  });

  it("changes nothing if identity does not answer", async () => {
    const { world, made, secret_id } = await worldWithSecret();
    const identity = new FakeIdentity({});
    identity.isDown = true;
    world.identity = identity;

    await expect(world.update({ secret_id, project_id: "b", name: "name-2" })).rejects.toEqual(
      new SecretError("ERROR_UNAVAILABLE", { service: "identity" }),
    );

    expect(await world.get(secret_id)).toEqual(made);
  });

  it.each([
    { what: "an unknown secret", id: "secret-000000000000", message: {} },
    { what: "a secret of another domain", id: null, message: { domain_id: "domain-2" } },
    { what: "no id", id: "x/secret-000000000000", message: {} },
  ])("does not find $what", async ({ id, message }) => {
    const { world, secret_id } = await worldWithSecret();

    const updated = world.update({ secret_id: id ?? secret_id, name: "name-2", ...message });

    await expect(updated).rejects.toEqual(notFound("secret_id", id ?? secret_id));
  });
});

describe("a rename", () => {
  it("frees the old name and reserves the new one", async () => {
    const { world, secret_id } = await worldWithSecret();

    await world.update({ secret_id, name: "name-2" });

    await expect(world.create({ name: "name-2" })).rejects.toEqual(nameTaken);
    expect(await world.create({ name: "name-1" })).toMatchObject({ name: "name-1" });
  });

  it("to a taken name changes nothing", async () => {
    const { world, made, secret_id } = await worldWithSecret();
    await world.create({ name: "taken" });

    await expect(world.update({ secret_id, name: "taken", tags: {}, release_project: true })).rejects.toEqual(
      nameTaken,
    );

    expect(await world.get(secret_id)).toEqual(made);
  });

  it("succeeds for only one of two concurrent renames", async () => {
    const { world, secret_id } = await worldWithSecret();
    const other = await world.create({ name: "other" });

    const outcomes = await Promise.allSettled([
      world.update({ secret_id, name: "wanted" }),
      world.update({ secret_id: other.secret_id, name: "wanted" }),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("two concurrent updates", () => {
  it("both take effect if they change different fields", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.update({ secret_id, tags: { by: "other" } });

    const updated = await world.update({ secret_id, name: "name-2" });

    expect(updated).toMatchObject({ name: "name-2", tags: { by: "other" }, project_id: "a" });
    expect(await world.get(secret_id)).toEqual(updated);
  });

  it("do not undo new data", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.updateData(secret_id, { new: true });

    expect(await world.update({ secret_id, tags: {} })).toMatchObject({ version: 2 });
  });

  it("do not let a caller change a secret that was moved out of its projects meanwhile", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["a"];
    world.store.beforeNextWrite = async () => {
      world.projects = null;
      await world.update({ secret_id, project_id: "b" });
    };
    const call = world.update({ secret_id, name: "mine" });

    await expect(call).rejects.toEqual(notFound("secret_id", secret_id));
  });

  it("do not restore a secret that was deleted meanwhile", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.beforeNextWrite = async () => await world.delete(secret_id);

    await expect(world.update({ secret_id, name: "name-2" })).rejects.toEqual(notFound("secret_id", secret_id));
    expect(await world.create({ name: "name-2" })).toMatchObject({ name: "name-2" });
  });

  it("are refused if they never succeed", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.secrets = contended(world.store, "changeSecret");

    await expect(world.update({ secret_id, tags: {} })).rejects.toEqual(
      new SecretError("ERROR_VERSION_CONFLICT", { key: "secret_id", value: secret_id }),
    );
  });
});

describe("merge_tags", () => {
  const merge_tags = true;

  it("adds, replaces and removes keys, and leaves the others alone", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, tags: { env: "dev", owner: { name: "ada", team: 1 }, old: [1] } });

    const updated = await world.update({
      secret_id,
      merge_tags,
      tags: { env: "prod", owner: { team: 2 }, old: null, new: [null] },
    });

    expect(updated).toMatchObject({ tags: { env: "prod", owner: { name: "ada", team: 2 }, new: [null] } });
    expect(Object.keys(updated.tags)).not.toContain("old");
    expect(await world.get(secret_id)).toEqual(updated);
  });

  it("keeps both tags if two callers add one each concurrently", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, tags: {} });
    world.store.beforeNextWrite = async () => await world.update({ secret_id, merge_tags, tags: { theirs: 1 } });

    await world.update({ secret_id, merge_tags, tags: { mine: 1 } });

    expect(await world.get(secret_id)).toMatchObject({ tags: { mine: 1, theirs: 1 } });
  });

  it("replaces all tags if it is false", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, tags: { a: 1 } });

    expect(await world.update({ secret_id, merge_tags: false, tags: { b: 2 } })).toMatchObject({ tags: { b: 2 } });
  });

  it("changes nothing without tags", async () => {
    const { world, secret_id } = await worldWithSecret();
    const before = await world.get(secret_id);

    expect(await world.update({ secret_id, merge_tags })).toEqual(before);
  });

  it("refuses tags that would be too large together, and stores none of them", async () => {
    const { world, secret_id } = await worldWithSecret();
    await world.update({ secret_id, tags: { a: "x".repeat(10_000) } });

    await expect(world.update({ secret_id, merge_tags, tags: { b: "x".repeat(10_000) } })).rejects.toEqual(
      new SecretError("ERROR_INVALID_PARAMETER", { key: "tags", reason: "must have at most 16384 bytes as JSON" }),
    );
    expect(await world.get(secret_id)).toMatchObject({ tags: { a: "x".repeat(10_000) } });
  });
});

describe("a caller limited to projects", () => {
  it("changes secrets in its projects, and moves them between its projects", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["a", "b"];

    expect(await world.update({ secret_id, name: "name-2", project_id: "b" })).toMatchObject({ project_id: "b" });
  });

  it.each([{ project_id: "c" }, { release_project: true }, { release_project: true, project_id: "a" }])(
    "does not move them out by %j",
    async (change) => {
      const { world, made, secret_id } = await worldWithSecret();
      world.projects = ["a", "b"];

      await expect(world.update({ secret_id, name: "name-2", ...change })).rejects.toEqual(denied);

      expect(await world.get(secret_id)).toEqual(made);
    },
  );

  it.each([["b"], [], ["ab"]])("finds no other secrets when limited to %j", async (...projects) => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = projects;

    await expect(world.update({ secret_id, project_id: "b" })).rejects.toEqual(notFound("secret_id", secret_id));
  });

  it("does not find secrets without a project", async () => {
    const world = new World();
    const { secret_id } = await world.create();
    world.projects = ["a"];

    await expect(world.update({ secret_id, project_id: "a" })).rejects.toEqual(notFound("secret_id", secret_id));
  });

  it("does not ask identity about a project that it may not use", async () => {
    const { world, secret_id } = await worldWithSecret();
    const identity = new FakeIdentity({});
    world.identity = identity;
    world.projects = ["a"];

    await expect(world.update({ secret_id, project_id: "c" })).rejects.toEqual(denied);
    expect(identity.asked).toEqual([]);
  });
});
