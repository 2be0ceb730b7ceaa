/** Which callers are let in, and what they see of a domain. */

import { beforeAll, describe, expect, it } from "vitest";
import { type Route, routes } from "../../lib/http/routes.ts";
import type { SecretInfo } from "../../lib/secret/secret.ts";
import { allScopes, httpClient, lambdaClient, newDomain, outcomeOf, post, secret, tokenFor } from "./service.ts";

const domain_id = newDomain();
const system = lambdaClient();
let mine: SecretInfo;

beforeAll(async () => {
  mine = await system.create({ ...secret, domain_id });
});

const eachRoute = Object.keys(routes) as readonly Route[];

/** A message for each method that changes nothing. */
function harmless(route: Route): object {
  if (route === "list") return {};
  if (route === "stat") return { query: { distinct: "name" } };
  if (route === "create") return secret;
  if (route === "update-data") return { secret_id: mine.secret_id, data: {}, expected_version: 99 };
  return { secret_id: route === "delete" ? "secret-000000000000" : mine.secret_id };
}

describe("a scope", () => {
  it.each([
    ["secret:read", ["get", "list", "stat"]],
    ["secret:write", ["create", "update", "delete", "update-data"]],
    ["secret:data", ["get-data"]],
    ["secret:read secret:data", ["get", "list", "stat", "get-data"]],
    ["secret:reader secret secret:*", []],
    ["", []],
  ])("allows only its methods: %s", async (scope, allowed) => {
    const token = await tokenFor({ domain_id, scope });

    const answers = await Promise.all(eachRoute.map(async (route) => await post(token, route, harmless(route))));

    const refused = eachRoute.filter((_, index) => answers[index]?.status === 403);
    expect(refused).toEqual(eachRoute.filter((route) => !allowed.includes(route)));
    expect(answers.filter(({ status }) => status === 403).map(({ body }) => body)).toEqual(
      refused.map(() => ({ message: "Forbidden" })),
    );
  });

  it("for the system allows all methods, in every domain that the message names", async () => {
    const token = await tokenFor({ scope: "secret:system" });

    const answers = await Promise.all(
      eachRoute.map(async (route) => await post(token, route, { ...harmless(route), domain_id })),
    );
    const nameless = await post(token, "list", {});

    expect(answers.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    expect(nameless.body).toEqual({
      detail: { code: "ERROR_REQUIRED_PARAMETER", message: "Required parameter. (key = domain_id)" },
    });
  });
});

describe("a token", () => {
  it.each([
    ["is missing", async () => ""],
    ["is not a token", async () => "Bearer token"],
    ["has expired", async () => await tokenFor({ domain_id, expires_in: "-60" })],
    ["is for another service", async () => await tokenFor({ domain_id, aud: "other" })],
    [
      "was changed after it was signed",
      async () => {
        const [header, payload, signature] = (await tokenFor({ domain_id, scope: "secret:read" })).split(".");
        const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
        const changed = Buffer.from(JSON.stringify({ ...claims, scope: "secret:system" })).toString("base64url");
        return `${header}.${changed}.${signature}`;
      },
    ],
    [
      "has no signature (alg none)",
      async () => {
        const [, payload] = (await tokenFor({ domain_id })).split(".");
        return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
      },
    ],
  ])("that %s is refused everything", async (_, makeToken) => {
    const token = await makeToken();

    const answers = await Promise.all(eachRoute.map(async (route) => await post(token, route, harmless(route))));

    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      answers.map(() => ({ status: 401, body: { message: "Unauthorized" } })),
    );
  });

  it("cannot be replaced by a header", async () => {
    const claims = { jwt: { claims: { scope: "secret:system", domain_id }, scopes: ["secret:system"] } };
    const token = await tokenFor({ domain_id, scope: "secret:read" });

    const answer = await post(token, "get-data", harmless("get-data"), {
      "sls-offline-authorizer-override": JSON.stringify(claims),
    });

    expect(answer.status).toBe(403);
  });

  it("without a domain is refused everything", async () => {
    const client = await httpClient({ scope: allScopes });

    const outcomes = [client.list({}), client.list({ domain_id })].map(outcomeOf);

    expect(await Promise.all(outcomes)).toEqual(["ERROR_PERMISSION_DENIED", "ERROR_PERMISSION_DENIED"]);
  });
});

describe("a domain", () => {
  it("is the caller's by default", async () => {
    const client = await httpClient({ domain_id });

    expect(await client.get({ secret_id: mine.secret_id })).toEqual(mine);
  });

  it("of others is refused by name, and its secrets are not found by id", async () => {
    const other = await httpClient({ domain_id: newDomain() });
    const { secret_id } = mine;

    const byName = await Promise.all(
      [
        other.create({ ...secret, domain_id }),
        other.update({ secret_id, name: "x", domain_id }),
        other.delete({ secret_id, domain_id }),
        other.updateData({ secret_id, data: {}, domain_id }),
        other.getData({ secret_id, domain_id }),
        other.get({ secret_id, domain_id }),
        other.list({ domain_id }),
        other.stat({ query: { distinct: "name" }, domain_id }),
      ].map(outcomeOf),
    );
    const byId = await Promise.all(
      [
        other.update({ secret_id, name: "x" }),
        other.delete({ secret_id }),
        other.updateData({ secret_id, data: {} }),
        other.getData({ secret_id }),
        other.get({ secret_id }),
        other.create({ ...secret, trusted_secret_id: secret_id }),
      ].map(outcomeOf),
    );

    expect(byName).toEqual(byName.map(() => "ERROR_PERMISSION_DENIED"));
    expect(byId).toEqual(byId.map(() => "ERROR_NOT_FOUND"));
    expect(await other.list({})).toEqual({ results: [], total_count: 0 });
    expect(await other.list({ query: { filter: [{ key: "domain_id", operator: "eq", value: domain_id }] } })).toEqual({
      results: [],
      total_count: 0,
    });
    expect(await other.stat({ query: { distinct: "secret_id" } })).toEqual({ results: [] });
  });

  it.each(["../x", "a/secret-0123456789ab"])("can be called %s, and is separate from others", async (name) => {
    const tricky = `${domain_id}/${name}`;
    const client = await httpClient({ domain_id: tricky });

    const created = await client.create(secret);

    expect(await client.list({})).toEqual({ results: [created], total_count: 1 });
    expect(await outcomeOf(system.get({ secret_id: created.secret_id, domain_id }))).toBe("ERROR_NOT_FOUND");
    expect(await outcomeOf(client.getData({ secret_id: `${name}/../${mine.secret_id}`.slice(0, 40) }))).toBe(
      "ERROR_NOT_FOUND",
    );
  });
});

describe("a caller limited to projects", () => {
  const projects = newDomain();
  let own: SecretInfo;
  let foreign: SecretInfo;
  let free: SecretInfo;

  beforeAll(async () => {
    const create = async (name: string, project_id?: string) =>
      await system.create({ ...secret, name, domain_id: projects, ...(project_id && { project_id }) });
    [own, foreign, free] = await Promise.all([create("own", "p-1"), create("foreign", "p-3"), create("free")]);
  });

  const connect = async () => await httpClient({ domain_id: projects, projects: "p-1,p-2" });

  it("sees their secrets, and no sign of others", async () => {
    const client = await connect();

    expect(await client.get({ secret_id: own.secret_id })).toEqual(own);
    expect(await client.getData({ secret_id: own.secret_id })).toMatchObject({ data: secret.data });
    expect(await client.list({})).toEqual({ results: [own], total_count: 1 });
    expect(await client.list({ query: { count_only: true } })).toEqual({ results: [], total_count: 1 });
    const everything = [{ key: "name", operator: "exists", value: true }] as const;
    expect(await client.list({ query: { filter_or: everything } })).toEqual({ results: [own], total_count: 1 });
    expect(await client.list({ project_id: "p-3" })).toEqual({ results: [], total_count: 0 });
    expect(await client.list({ secret_id: [foreign.secret_id, own.secret_id] })).toEqual({
      results: [own],
      total_count: 1,
    });
    expect(await client.stat({ query: { distinct: "name" } })).toEqual({ results: ["own"] });
    expect(await client.stat({ query: { aggregate: [{ count: { name: "n" } }] } })).toEqual({ results: [{ n: 1 }] });
  });

  it("cannot touch the others", async () => {
    const client = await connect();

    const outcomes = await Promise.all(
      [foreign, free].flatMap(({ secret_id }) =>
        [
          client.get({ secret_id }),
          client.getData({ secret_id }),
          client.getData({ secret_id, version: 1 }),
          client.getData({ secret_id, sealed: true }),
          client.update({ secret_id, name: "x" }),
          client.updateData({ secret_id, data: {} }),
          client.delete({ secret_id }),
          client.create({ ...secret, name: "lure", project_id: "p-1", trusted_secret_id: secret_id }),
        ].map(outcomeOf),
      ),
    );

    expect(outcomes).toEqual(outcomes.map(() => "ERROR_NOT_FOUND"));
    const untouched = await system.list({ domain_id: projects, secret_id: [foreign.secret_id, free.secret_id] });
    expect(untouched.results).toEqual([foreign, free]);
  });

  it("creates and moves secrets only within them", async () => {
    const client = await connect();
    const { secret_id } = own;

    const refused = await Promise.all(
      [
        client.create({ ...secret, name: "new" }),
        client.create({ ...secret, name: "new", project_id: "p-3" }),
        client.update({ secret_id, project_id: "p-3" }),
        client.update({ secret_id, release_project: true }),
      ].map(outcomeOf),
    );
    const created = await client.create({ ...secret, name: "new", project_id: "p-2" });
    const moved = await client.update({ secret_id: created.secret_id, project_id: "p-1" });

    expect(refused).toEqual(refused.map(() => "ERROR_PERMISSION_DENIED"));
    expect(moved).toMatchObject({ name: "new", project_id: "p-1" });
    await client.delete({ secret_id: created.secret_id });
  });

  it("with an empty list sees nothing", async () => {
    const client = await httpClient({ domain_id: projects, projects: "," });

    expect(await client.list({})).toEqual({ results: [], total_count: 0 });
  });
});
