/** create: all or nothing, in the order of the API's checks. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import type { CreateWrite, WriteResult } from "../../lib/store/secret-store.ts";
import { FakeIdentity } from "../fakes/identity.ts";
import { contended, World } from "./world.ts";

const notFound = (key: string, value: string) => new SecretError("ERROR_NOT_FOUND", { key, value });
const nameTaken = new SecretError("ERROR_SAVE_UNIQUE_VALUES", {});
const denied = new SecretError("ERROR_PERMISSION_DENIED", {});

const account = { provider: "aws", projectId: "project-1" };

describe("create", () => {
  it("stores a secret and answers with all of it", async () => {
    const world = new World();

    const made = await world.create({
      name: " 한 ",
      data: { key: "value" },
      tags: { env: "prod", list: [1, null, { "a.b": true }] },
      schema: "aws_access_key",
      service_account_id: "sa-1",
      project_id: "project-1",
      trusted_secret_id: null,
    });

    expect(made).toEqual({
      secret_id: expect.stringMatching(/^secret-[0-9a-f]{12}$/),
      name: " 한 ",
      secret_type: "CREDENTIALS",
      tags: { env: "prod", list: [1, null, { "a.b": true }] },
      schema: "aws_access_key",
      provider: "aws",
      service_account_id: "sa-1",
      project_id: "project-1",
      trusted_secret_id: null,
      domain_id: "domain-1",
      created_at: "2026-01-02T03:04:05.678Z",
      updated_at: "2026-01-02T03:04:05.678Z",
      version: 1,
      expires_at: null,
    });
    expect(await world.get(made.secret_id)).toEqual(made);
    expect((await world.getData(made.secret_id)).data).toMatchObject({ text: '{"key":"value"}' });
  });

  it("sets fields that were not sent to null, and tags to an empty object", async () => {
    const made = await new World().create();

    expect(made).toEqual({
      secret_id: expect.any(String),
      name: "name-1",
      secret_type: "CREDENTIALS",
      tags: {},
      schema: null,
      provider: null,
      service_account_id: null,
      project_id: null,
      trusted_secret_id: null,
      domain_id: "domain-1",
      created_at: "2026-01-02T03:04:05.678Z",
      updated_at: "2026-01-02T03:04:05.678Z",
      version: 1,
      expires_at: null,
    });
  });

  it("stores the expiry date", async () => {
    const made = await new World().create({ expires_at: "2026-06-01T00:00:00+02:00" });

    expect(made.expires_at).toBe("2026-05-31T22:00:00.000Z");
  });

  it("draws a new id for every secret", async () => {
    const world = new World();

    const made = await Promise.all(["a", "b", "c"].map(async (name) => await world.create({ name })));

    expect(new Set(made.map(({ secret_id }) => secret_id)).size).toBe(3);
  });

  it("makes one data key and one write, without any read", async () => {
    const world = new World();

    await world.create();

    expect(world.keys.calls).toEqual({ generateDataKey: 1, unwrapDataKey: 0 });
    expect(world.store.calls).toEqual(["createSecret"]);
  });

  it("draws another id if the first one exists already", async () => {
    const world = new World();
    const tried: string[] = [];
    world.secrets = Object.assign(Object.create(world.store), {
      createSecret: async (write: CreateWrite): Promise<WriteResult> => {
        tried.push(write.secret.secret_id);
        return tried.length === 1 ? { kind: "refused", refusal: "id-taken" } : await world.store.createSecret(write);
      },
    });

    const made = await world.create();

    expect(made.secret_id).toBe(tried[1]);
    expect(tried[0]).not.toBe(tried[1]);
  });

  it("gives up on a row that keeps changing", async () => {
    const world = new World();
    world.secrets = contended(world.store, "createSecret");

    await expect(world.create()).rejects.toEqual(
      new SecretError("ERROR_VERSION_CONFLICT", { key: "name", value: "name-1" }),
    );
  });

  it("stores nothing if KMS or the database is down", async () => {
    const world = new World();

    world.keys.isDown = true;
    await expect(world.create()).rejects.toEqual(new SecretError("ERROR_UNAVAILABLE", { service: "kms" }));
    world.keys.isDown = false;
    world.store.isDown = true;
    await expect(world.create()).rejects.toEqual(new SecretError("ERROR_UNAVAILABLE", { service: "dynamodb" }));
    world.store.isDown = false;

    expect((await world.create()).name).toBe("name-1");
  });
});

describe("a name", () => {
  it("can be used once in a domain", async () => {
    const world = new World();
    const first = await world.create({ data: { of: "first" } });

    await expect(world.create({ data: { of: "second" } })).rejects.toEqual(nameTaken);

    expect((await world.getData(first.secret_id)).data).toMatchObject({ text: '{"of":"first"}' });
  });

  it.each(["Name-1", "name-1 ", "náme-1", "na\u0301me-1"])("differs from %j", async (name) => {
    const world = new World();
    await world.create();

    expect((await world.create({ name })).name).toBe(name);
  });

  it("can be used again in another domain", async () => {
    const world = new World();
    await world.create();

    expect((await world.create({ domain_id: "domain-2" })).domain_id).toBe("domain-2");
  });

  it("goes to only one of several concurrent creators", async () => {
    const world = new World();

    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(async (of) => await world.create({ data: { of } })));

    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(failures).toEqual([nameTaken, nameTaken, nameTaken]);
  });
});

describe("the provider and project", () => {
  it.each([
    { schema: "aws_access_key", provider: "aws" },
    { schema: "google_oauth2_credentials", provider: "google_cloud" },
    { schema: "other", provider: null },
    { schema: null, provider: null },
  ])("without identity: $provider by the schema $schema, the project as sent", async ({ schema, provider }) => {
    const made = await new World().create({ schema, service_account_id: "sa-1", project_id: "any" });

    expect(made).toMatchObject({ schema, provider, service_account_id: "sa-1", project_id: "any" });
  });

  it("follows the deployment's own map of schemas", async () => {
    const world = new World();
    world.providers = { oci_key: "oci" };

    expect(await world.create({ schema: "oci_key" })).toMatchObject({ provider: "oci" });
  });

  it.each([
    { known: account, place: { provider: "aws", project_id: "project-1" } },
    { known: { provider: null, projectId: null }, place: { provider: null, project_id: null } },
  ])("come from the service account, even if null: $place", async ({ known, place }) => {
    const world = new World();
    const identity = new FakeIdentity({ accounts: { "domain-1/sa-1": known } });
    world.identity = identity;

    const made = await world.create({ schema: "azure_client_secret", service_account_id: "sa-1", project_id: "none" });

    expect(made).toMatchObject({ ...place, service_account_id: "sa-1", schema: "azure_client_secret" });
    expect(identity.asked).toEqual(["account domain-1/sa-1"]);
  });

  it("with identity but no account: no provider, and the project must exist", async () => {
    const world = new World();
    const identity = new FakeIdentity({ projects: ["domain-1/project-1", "domain-2/project-2"] });
    world.identity = identity;

    const made = await world.create({ schema: "aws_access_key", project_id: "project-1" });

    expect(made).toMatchObject({ provider: null, project_id: "project-1" });
    await expect(world.create({ project_id: "project-2" })).rejects.toEqual(notFound("project_id", "project-2"));
    expect(identity.asked).toEqual(["project domain-1/project-1", "project domain-1/project-2"]);
  });

  it("with identity but neither account nor project: identity is not called", async () => {
    const world = new World();
    const identity = new FakeIdentity({});
    world.identity = identity;

    expect(await world.create({ schema: "aws_access_key" })).toMatchObject({ provider: null, project_id: null });
    expect(identity.asked).toEqual([]);
  });

  it("stores nothing if identity does not answer", async () => {
    const world = new World();
    const identity = new FakeIdentity({ accounts: { "domain-1/sa-1": account } });
    world.identity = identity;

    identity.isDown = true;
    await expect(world.create({ service_account_id: "sa-1" })).rejects.toEqual(
      new SecretError("ERROR_UNAVAILABLE", { service: "identity" }),
    );

    expect(world.store.calls).toEqual([]);
  });
});

describe("the order of checks", () => {
  it("is message, identity, trusted secret, name", async () => {
    const world = new World();
    world.identity = new FakeIdentity({ accounts: { "domain-1/sa-1": account } });
    const { secret_id } = await world.create();
    const wrong = { secret_type: "NONE", service_account_id: "sa-9", trusted_secret_id: "secret-000000000000" };

    await expect(world.create(wrong)).rejects.toEqual(
      new SecretError("ERROR_REQUIRED_PARAMETER", { key: "secret_type" }),
    );
    const rightMessage = { ...wrong, secret_type: "CREDENTIALS" };
    await expect(world.create(rightMessage)).rejects.toEqual(notFound("service_account_id", "sa-9"));
    const rightAccount = { ...rightMessage, service_account_id: "sa-1" };
    await expect(world.create(rightAccount)).rejects.toEqual(notFound("trusted_secret_id", "secret-000000000000"));
    const rightTrusted = { ...rightAccount, trusted_secret_id: secret_id };
    await expect(world.create(rightTrusted)).rejects.toEqual(nameTaken);
    expect(await world.create({ ...rightTrusted, name: "name-2" })).toMatchObject({ trusted_secret_id: secret_id });
  });
});

describe("a trusted secret", () => {
  it("must be in the same domain, and inherit from no other secret itself", async () => {
    const world = new World();
    const trusted = await world.create({ name: "trusted" });
    const foreign = await world.create({ name: "foreign", domain_id: "domain-2" });

    const dependent = await world.create({ name: "dependent", trusted_secret_id: trusted.secret_id });

    expect(dependent.trusted_secret_id).toBe(trusted.secret_id);
    for (const id of [
      dependent.secret_id,
      foreign.secret_id,
      "secret-000000000000",
      "x/secret-000000000000",
      "trusted",
    ]) {
      await expect(world.create({ trusted_secret_id: id })).rejects.toEqual(notFound("trusted_secret_id", id));
    }
    expect((await world.create()).name).toBe("name-1");
  });

  it("must be visible to the caller", async () => {
    const world = new World();
    const mine = await world.create({ name: "mine", project_id: "a" });
    const theirs = await world.create({ name: "theirs", project_id: "b" });
    const nobodys = await world.create({ name: "nobodys" });
    world.projects = ["a"];

    for (const { secret_id } of [theirs, nobodys]) {
      await expect(world.create({ project_id: "a", trusted_secret_id: secret_id })).rejects.toEqual(
        notFound("trusted_secret_id", secret_id),
      );
    }
    expect(await world.create({ project_id: "a", trusted_secret_id: mine.secret_id })).toMatchObject({
      project_id: "a",
    });
  });

  it("must still exist when the secret is written", async () => {
    const world = new World();
    const { secret_id } = await world.create({ name: "trusted" });
    world.store.beforeNextWrite = async () => await world.delete(secret_id);

    await expect(world.create({ trusted_secret_id: secret_id })).rejects.toEqual(
      notFound("trusted_secret_id", secret_id),
    );
  });
});

describe("a caller limited to projects", () => {
  it("creates only in its projects", async () => {
    const world = new World();
    world.projects = ["a", "b"];

    expect(await world.create({ project_id: "b" })).toMatchObject({ project_id: "b" });
    for (const project_id of ["c", null, "ab"]) {
      await expect(world.create({ name: "other", project_id })).rejects.toEqual(denied);
    }
    expect(world.store.calls).toEqual(["createSecret"]);
  });

  it("cannot create elsewhere by naming a service account", async () => {
    const world = new World();
    const accounts = { "domain-1/sa-1": account, "domain-1/sa-2": { provider: "aws", projectId: null } };
    world.identity = new FakeIdentity({ accounts });
    world.projects = ["a"];

    for (const service_account_id of ["sa-1", "sa-2"]) {
      await expect(world.create({ service_account_id, project_id: "a" })).rejects.toEqual(denied);
    }
    world.projects = ["project-1"];
    expect(await world.create({ service_account_id: "sa-1", project_id: "a" })).toMatchObject({
      project_id: "project-1",
    });
  });

  it("creates nothing if it is limited to no project", async () => {
    const world = new World();
    world.projects = [];

    await expect(world.create({ project_id: "" })).rejects.toEqual(denied);
  });
});

describe("a client_token", () => {
  const sent = { data: { of: "first" }, client_token: "token-1" };
  const misused = new SecretError("ERROR_INVALID_PARAMETER", {
    key: "client_token",
    reason: "was used for another request",
  });

  it("makes a repeat answer as the first call did", async () => {
    const world = new World();
    const first = await world.create(sent);
    await world.update({ secret_id: first.secret_id, tags: { changed: true } });
    world.pass(60_000);

    const repeated = await world.create(sent);

    expect(repeated).toEqual(first);
    expect(await world.getData(first.secret_id)).toMatchObject({ version: 1 });
  });

  it("makes concurrent calls answer as one", async () => {
    const world = new World();

    const made = await Promise.all([1, 2, 3].map(async () => await world.create(sent)));

    expect(new Set(made.map(({ secret_id }) => secret_id)).size).toBe(1);
  });

  it("separates requests with different tokens, or with none", async () => {
    const world = new World();
    await world.create(sent);

    for (const client_token of ["token-2", "TOKEN-1", null]) {
      await expect(world.create({ ...sent, client_token })).rejects.toEqual(nameTaken);
    }
  });

  it("is separate in each domain, and for each method", async () => {
    const world = new World();
    const first = await world.create(sent);

    const foreign = await world.create({ ...sent, domain_id: "domain-2" });
    await world.updateData(first.secret_id, { of: "second" }, { client_token: "token-1" });

    expect(foreign.secret_id).not.toBe(first.secret_id);
    expect(await world.getData(first.secret_id)).toMatchObject({ version: 2 });
  });

  it("is refused for a different request", async () => {
    const world = new World();
    await world.create(sent);

    for (const other of [{ name: "name-2" }, { data: { of: "second" } }, { tags: { a: 1 } }, { project_id: "a" }]) {
      await expect(world.create({ ...sent, ...other })).rejects.toEqual(misused);
    }
  });

  it("accepts the same request with its tags in another order", async () => {
    const world = new World();
    const first = await world.create({ ...sent, tags: { a: 1, b: { c: 2, d: 3 } } });

    expect(await world.create({ ...sent, tags: { b: { d: 3, c: 2 }, a: 1 } })).toEqual(first);
  });

  it("reveals nothing about a secret that the caller may not see", async () => {
    const world = new World();
    await world.create({ ...sent, project_id: "a" });
    world.projects = ["b"];

    await expect(world.create({ ...sent, project_id: "b" })).rejects.toEqual(misused);
  });

  it("is forgotten after a day", async () => {
    const world = new World();
    const first = await world.create(sent);

    world.pass(24 * 60 * 60 * 1000);
    expect(await world.create(sent)).toEqual(first);
    world.pass(1000);

    await expect(world.create(sent)).rejects.toEqual(nameTaken);
  });

  it("can be used again after a failed call", async () => {
    const world = new World();
    world.keys.isDown = true;
    await expect(world.create(sent)).rejects.toThrow();
    world.keys.isDown = false;

    expect(await world.create(sent)).toMatchObject({ name: "name-1" });
  });
});
