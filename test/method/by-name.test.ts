/** get and get_data by name: cost, concurrent renames, and that names of hidden secrets stay hidden. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import type { SecretStore } from "../../lib/store/secret-store.ts";
import { World } from "./world.ts";

const notFound = (name: string) => new SecretError("ERROR_NOT_FOUND", { key: "name", value: name });

/** A world with a secret `name-1` of project `a`. */
async function worldWithSecret() {
  const world = new World();
  const made = await world.create({ project_id: "a", data: { of: 1 } });
  world.store.calls.length = 0;
  return { world, made, secret_id: made.secret_id };
}

/** The store with another lookup of names. */
function withLookUp(store: SecretStore, findIdByName: SecretStore["findIdByName"]): SecretStore {
  return new Proxy(store, {
    get: (target, property) => {
      if (property === "findIdByName") return findIdByName;
      const member: unknown = Reflect.get(target, property);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Lets another caller act right after a lookup of a name: the first or every lookup. */
function afterLookUp(world: World, act: () => Promise<unknown>, times = 1): void {
  const { store } = world;
  let left = times;
  world.secrets = withLookUp(store, async (...args) => {
    const found = await store.findIdByName(...args);
    if (left-- <= 0) return found;
    const { projects } = world;
    Object.assign(world, { secrets: store, projects: null });
    await act();
    world.projects = projects;
    return found;
  });
}

/** Gives the name to a new secret of project `a`. */
async function passNameOn(world: World, secret_id: string, project_id = "a"): Promise<void> {
  await world.update({ secret_id, name: "old" });
  await world.create({ project_id, data: { of: 2 } });
}

describe("a secret's name", () => {
  it("takes one more request than an id", async () => {
    const { world, made, secret_id } = await worldWithSecret();

    expect(await world.getByName("name-1")).toEqual(made);
    expect(await world.getDataByName("name-1")).toMatchObject({
      secret_id,
      data: new JsonText('{"of":1}'),
      version: 1,
    });

    expect(world.store.calls).toEqual(["findIdByName", "findSecret", "findIdByName", "findData"]);
  });

  it("puts the secret's id into the audit line, even if the caller may not see the secret", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["b"];

    await expect(world.getByName("name-1")).rejects.toThrow(SecretError);
    await expect(world.getByName("nobody's")).rejects.toThrow(SecretError);

    expect(new Set(world.noted.map((noted) => JSON.stringify(noted)))).toEqual(
      new Set([JSON.stringify({ name: "name-1", secretId: secret_id })]),
    );
  });

  it("that does not exist and one that the caller may not see get the same answer", async () => {
    const { world } = await worldWithSecret();
    world.projects = ["b"];

    for (const name of ["name-1", "nobody's"]) {
      for (const message of [{}, { version: 1 }, { version: 9 }, { sealed: true }]) {
        await expect(world.getDataByName(name, message)).rejects.toEqual(notFound(name));
      }
      await expect(world.getByName(name)).rejects.toEqual(notFound(name));
    }
    expect(world.keys.calls.unwrapDataKey).toBe(0);
  });

  it("of another domain is not found", async () => {
    const { world } = await worldWithSecret();

    await expect(world.getByName("name-1", { domain_id: "domain-2" })).rejects.toEqual(notFound("name-1"));
    await expect(world.getDataByName("name-1", { domain_id: "domain-2" })).rejects.toEqual(notFound("name-1"));
  });

  it("with a version that was removed is not found", async () => {
    const { world } = await worldWithSecret();

    await expect(world.getDataByName("name-1", { version: 9 })).rejects.toEqual(
      new SecretError("ERROR_NOT_FOUND", { key: "version", value: "9" }),
    );
  });

  it("works with an etag as an id does", async () => {
    const { world } = await worldWithSecret();
    const { etag } = await world.getDataByName("name-1");

    expect(await world.getDataByName("name-1", { unless_etag: etag })).toMatchObject({ not_modified: true, etag });
  });
});

describe("a name that moves to another secret during the lookup", () => {
  it("is looked up once more by get", async () => {
    const { world, secret_id } = await worldWithSecret();
    afterLookUp(world, async () => await passNameOn(world, secret_id));

    expect(await world.getByName("name-1")).toMatchObject({ name: "name-1", version: 1 });
    expect(await world.getByName("name-1")).not.toMatchObject({ secret_id });
  });

  it("is looked up once more by get_data if the first secret was deleted", async () => {
    const { world, secret_id } = await worldWithSecret();
    afterLookUp(world, async () => {
      await world.delete(secret_id);
      await world.create({ data: { of: 2 } });
    });

    expect(await world.getDataByName("name-1")).toMatchObject({ data: new JsonText('{"of":2}') });
  });

  it("is looked up once more for a caller limited to projects", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["a"];
    afterLookUp(world, async () => await passNameOn(world, secret_id));

    expect(await world.getDataByName("name-1")).toMatchObject({ data: new JsonText('{"of":2}') });
  });

  it("to a secret that the caller may not see is not found", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.projects = ["a"];
    afterLookUp(world, async () => await passNameOn(world, secret_id, "b"));

    await expect(world.getDataByName("name-1")).rejects.toEqual(notFound("name-1"));
  });

  it("and is free then is not found", async () => {
    const { world, secret_id } = await worldWithSecret();
    afterLookUp(world, async () => await world.update({ secret_id, name: "old" }));

    await expect(world.getByName("name-1")).rejects.toEqual(notFound("name-1"));
  });

  it("again and again makes the service unavailable", async () => {
    const { world } = await worldWithSecret();
    const ids = ["secret-000000000001", "secret-000000000002", "secret-000000000003"].values();
    let looks = 0;
    world.secrets = withLookUp(world.store, async () => {
      looks += 1;
      return ids.next().value;
    });

    await expect(world.getByName("name-1")).rejects.toEqual(notFound("name-1"));
    expect(looks).toBe(2);
  });
});
