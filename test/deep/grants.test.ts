/** Grants on the whole local stack: over HTTP for tokens without scopes, and by invocation of aliases. */

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeNames } from "../../lib/http/routes.ts";
import { credentials } from "../../tools/local/folder.ts";
import type { Stack } from "../../tools/local/stack.ts";
import { httpEvent } from "../http/events.ts";
import { messageFor, type Provider, providerGrants, providers } from "../http/providers.ts";
import { copyProject, getToken } from "../support/stack.ts";

const grants = [
  { id: "ci", claims: { repository_id: "75" }, domain_id: "domain-1", scopes: ["secret:read", "secret:write"] },
  ...providerGrants,
  { id: "billing", alias: "billing", domain_id: "domain-1", scopes: ["secret:data", "secret:read"] },
];

let dir: string;
let stack: Stack;

async function startWith(parameters: { readonly [name: string]: string }): Promise<void> {
  dir = mkdtempSync(join(tmpdir(), "grants-"));
  copyProject(dir);
  writeFileSync(join(dir, "grants.json"), JSON.stringify(grants));
  const { startStack }: typeof import("../../tools/local/stack.ts") = await import(join(dir, "tools/local/stack.ts"));
  stack = await startStack({ port: 0, dir: join(dir, ".local"), inMemory: true, parameters });
}

async function end(): Promise<void> {
  await stack?.close();
  rmSync(dir, { recursive: true });
}

async function post(route: string, claims: object, message: object) {
  const { api, issuer } = stack.description;
  const token = await getToken(issuer, { claims: JSON.stringify(claims) });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify(message);
  const response = await fetch(`${api}/secret/v1/secret/${route}`, { method: "POST", headers, body });
  return { status: response.status, body: await response.json() };
}

async function invoke(route: string, qualifier: string, message: object) {
  const { lambda, region, functions } = stack.description;
  const client = new LambdaClient({ endpoint: lambda, region, credentials, maxAttempts: 1 });
  const name = `arn:aws:lambda:${region}:000000000000:function:${functions[route]}${qualifier}`;
  const { Payload: payload } = await client.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(message) }),
  );
  client.destroy();
  return JSON.parse(payload?.transformToString() ?? "null");
}

const denied = { errorType: "ERROR_PERMISSION_DENIED" };

/** The methods that the token may call over HTTP, each tried on its own secret. */
async function allowedRoutes({ claims }: Provider): Promise<readonly string[]> {
  const allowed: string[] = [];
  // The issuer sets these itself, and the gateway verifies them.
  const { iss: _, aud: __, iat: ___, exp: ____, nbf: _____, ...others } = claims;
  for (const route of routeNames) {
    const message = { name: `${route}-${randomUUID()}`, secret_type: "CREDENTIALS", data: { user: "ada" } };
    const secret = await invoke("create", "", { ...message, domain_id: "domain-1" });
    const { status } = await post(route, others, messageFor(route, secret));
    expect([200, 403]).toContain(status);
    if (status === 200) allowed.push(route);
    expect((await post(route, others, { ...messageFor(route, secret), domain_id: "domain-2" })).status).toBe(403);
  }
  return allowed;
}

const ofScopeClaim = providers.filter(({ variables }) => variables?.SCOPE_CLAIM !== undefined);

describe("the stack with grants", () => {
  beforeAll(async () => await startWith({}), 300_000);
  afterAll(end);

  it.each(providers.filter((provider) => !ofScopeClaim.includes(provider)))(
    "lets a token of $name do what its scopes allow in its domain, over HTTP",
    async (provider) => {
      expect([...(await allowedRoutes(provider))].sort()).toEqual([...provider.routes].sort());
    },
    120_000,
  );

  it("lets a token without scopes, and an alias, do what their grants allow", async () => {
    const workflow = { sub: "repo:octo/app:ref:refs/heads/main", repository_id: "75", domain_id: "domain-2" };
    const secret = { name: "ada", secret_type: "CREDENTIALS", data: { password: "s3cr3t" } };

    const created = await post("create", workflow, secret);
    const { secret_id } = Object(created.body);

    expect(created).toMatchObject({ status: 200, body: { domain_id: "domain-1" } });
    expect((await post("get-data", workflow, { secret_id })).status).toBe(403);
    expect((await post("list", workflow, { domain_id: "domain-2" })).status).toBe(403);
    expect((await post("list", { ...workflow, repository_id: "750" }, {})).status).toBe(403);
    expect((await post("list", { domain_id: "domain-1", scope: "secret/read" }, {})).status).toBe(200);

    expect(await invoke("get-data", ":billing", { secret_id })).toMatchObject({ data: { password: "s3cr3t" } });
    expect(await invoke("get-data", "", { secret_id, domain_id: "domain-1" })).toMatchObject({ version: 1 });
    expect(await invoke("get-data", ":billing", { secret_id, domain_id: "domain-2" })).toMatchObject(denied);
    expect(await invoke("update", ":billing", { secret_id, tags: {} })).toMatchObject(denied);
    expect(await invoke("get-data", ":other", { secret_id, domain_id: "domain-1" })).toMatchObject(denied);
    expect(await invoke("get-data", ":1", { secret_id, domain_id: "domain-1" })).toMatchObject(denied);
    const forged = httpEvent({ claims: { scope: "secret:system", domain_id: "domain-1" }, body: { secret_id } });
    expect(await invoke("get-data", ":billing", forged)).toMatchObject(denied);
  });
});

describe("the stack with scopes in the claim roles", () => {
  beforeAll(async () => await startWith({ scopeClaim: "roles" }), 300_000);
  afterAll(end);

  it.each(ofScopeClaim)(
    "lets a token of $name do what its scopes allow in its domain, over HTTP",
    async (provider) => {
      expect([...(await allowedRoutes(provider))].sort()).toEqual([...provider.routes].sort());
    },
    120_000,
  );
});
