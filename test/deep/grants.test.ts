/** Grants on the whole local stack: tokens that carry no scopes over HTTP, aliases by invocation. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentials } from "../../tools/local/folder.ts";
import type { Stack } from "../../tools/local/stack.ts";
import { httpEvent } from "../http/events.ts";
import { copyProject, getToken } from "../support/stack.ts";

const grants = [
  { id: "ci", claims: { repository_id: "74" }, domain_id: "domain-1", scopes: ["secret:read", "secret:write"] },
  { id: "billing", alias: "billing", domain_id: "domain-1", scopes: ["secret:data", "secret:read"] },
];

let dir: string;
let stack: Stack;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "grants-"));
  copyProject(dir);
  writeFileSync(join(dir, "grants.json"), JSON.stringify(grants));
  const { startStack }: typeof import("../../tools/local/stack.ts") = await import(join(dir, "tools/local/stack.ts"));
  stack = await startStack({ port: 0, dir: join(dir, ".local"), inMemory: true });
}, 300_000);

afterAll(async () => {
  await stack?.close();
  rmSync(dir, { recursive: true });
});

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

it("lets a token without scopes do what its grant says, and an alias what its own says", async () => {
  const workflow = { sub: "repo:octo/app:ref:refs/heads/main", repository_id: "74", domain_id: "domain-2" };
  const secret = { name: "ada", secret_type: "CREDENTIALS", data: { password: "s3cr3t" } };

  const created = await post("create", workflow, secret);
  const { secret_id } = Object(created.body);

  expect(created).toMatchObject({ status: 200, body: { domain_id: "domain-1" } });
  expect((await post("get-data", workflow, { secret_id })).status).toBe(403);
  expect((await post("list", workflow, { domain_id: "domain-2" })).status).toBe(403);
  expect((await post("list", { ...workflow, repository_id: "740" }, {})).status).toBe(403);
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
