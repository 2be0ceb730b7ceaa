/** get: all or some metadata of a visible secret. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });

async function worldWithSecret() {
  const world = new World();
  const tags = { env: { name: "prod", zone: 1 }, team: "core" };
  const made = await world.create({ project_id: "a", schema: "aws_access_key", tags });
  return { world, made, secret_id: made.secret_id };
}

describe("get", () => {
  it.each([{}, { only: null }, { only: [] }])("returns the whole secret for %j, in one read", async (message) => {
    const { world, made, secret_id } = await worldWithSecret();
    await world.create({ name: "dependent", trusted_secret_id: secret_id });
    world.store.calls.length = 0;

    expect(await world.get(secret_id, message)).toEqual(made);
    expect(world.store.calls).toEqual(["findSecret"]);
  });

  it.each([
    { only: ["name"], shown: { name: "name-1" } },
    { only: ["schema", "provider", "schema"], shown: { schema: "aws_access_key", provider: "aws" } },
    { only: ["service_account_id"], shown: { service_account_id: null } },
    { only: ["version", "domain_id"], shown: { version: 1, domain_id: "domain-1" } },
    { only: ["tags.team"], shown: { tags: { team: "core" } } },
    { only: ["tags.env.name"], shown: { tags: { env: { name: "prod" } } } },
    { only: ["tags.env.name", "tags.env"], shown: { tags: { env: { name: "prod", zone: 1 } } } },
    { only: ["tags.team", "tags"], shown: { tags: { env: { name: "prod", zone: 1 }, team: "core" } } },
    { only: ["tags.none"], shown: { tags: {} } },
  ])("returns only the fields in $only", async ({ only, shown }) => {
    const { world, secret_id } = await worldWithSecret();

    expect(await world.get(secret_id, { only })).toEqual(shown);
  });

  it.each(["nope", "data", "dependents", "revision", "NAME", "__proto__", "constructor", "", "name.x", "tags."])(
    "refuses the unknown name %j in only",
    async (name) => {
      const { world, secret_id } = await worldWithSecret();

      await expect(world.get(secret_id, { only: ["name", name] })).rejects.toMatchObject({ code: "ERROR_DB_QUERY" });
    },
  );

  it.each([
    { what: "an unknown secret", id: "secret-000000000000", message: {} },
    { what: "a secret of another domain", id: null, message: { domain_id: "domain-2" } },
    { what: "a domain's beginning", id: null, message: { domain_id: "domain" } },
    { what: "no id", id: "x/secret-000000000000", message: {} },
    { what: "a name", id: "name-1", message: {} },
  ])("does not find $what", async ({ id, message }) => {
    const { world, secret_id } = await worldWithSecret();

    await expect(world.get(id ?? secret_id, message)).rejects.toEqual(notFound("secret_id", id ?? secret_id));
  });

  it("by a caller limited to projects reaches only secrets in them", async () => {
    const { world, made, secret_id } = await worldWithSecret();
    const free = await world.create({ name: "free" });

    world.projects = ["b", "a"];
    expect(await world.get(secret_id)).toEqual(made);
    await expect(world.get(free.secret_id)).rejects.toEqual(notFound("secret_id", free.secret_id));
    world.projects = ["b"];
    await expect(world.get(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
    world.projects = [];
    await expect(world.get(secret_id)).rejects.toEqual(notFound("secret_id", secret_id));
  });

  it("is unavailable if the database is down", async () => {
    const { world, secret_id } = await worldWithSecret();
    world.store.isDown = true;

    await expect(world.get(secret_id)).rejects.toEqual(new SecretError("ERROR_UNAVAILABLE", { service: "dynamodb" }));
  });
});
