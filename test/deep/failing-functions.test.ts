/** For functions that hang or fail, the local stack answers as AWS would, never with success. */

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentials } from "../../tools/local/folder.ts";
import type { Stack } from "../../tools/local/stack.ts";
import { copyProject, getToken } from "../support/stack.ts";

const secret = { name: "ada", secret_type: "CREDENTIALS", data: {} };

let dir: string;
let stack: Stack;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "failing-"));
  copyProject(dir);
  const deployment = readFileSync(join(dir, "serverless.yml"), "utf8");
  writeFileSync(join(dir, "serverless.yml"), deployment.replace(/^ {2}timeout: \d+$/m, "  timeout: 2"));
  // A hanging cold start, a hanging function, one that cannot be loaded, and one that returns nothing.
  appendFileSync(join(dir, "handlers/get.ts"), "\nfor (;;);\n");
  writeFileSync(join(dir, "handlers/delete.ts"), "export const handler = () => { for (;;); };\n");
  writeFileSync(join(dir, "handlers/update.ts"), 'throw new Error("marker of a failure");\n');
  const { startStack }: typeof import("../../tools/local/stack.ts") = await import(join(dir, "tools/local/stack.ts"));
  stack = await startStack({ port: 0, dir: join(dir, ".local"), inMemory: true });
});

afterAll(async () => {
  await stack?.close();
  rmSync(dir, { recursive: true });
});

async function post(route: string, message: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const { api, issuer } = stack.description;
  const token = await getToken(issuer, { domain_id: "domain-1", scope: "secret:read secret:write secret:data" });
  const response = await fetch(`${api}/secret/v1/secret/${route}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(message),
  });
  return { status: response.status, body: await response.json() };
}

async function invoke(route: string, message: object): Promise<{ readonly error: unknown; readonly payload: unknown }> {
  const { lambda, region, functions } = stack.description;
  const client = new LambdaClient({ endpoint: lambda, region, credentials, maxAttempts: 1 });
  const command = new InvokeCommand({ FunctionName: functions[route], Payload: JSON.stringify(message) });
  const { FunctionError: error, Payload: payload } = await client.send(command);
  client.destroy();
  return { error, payload: JSON.parse(payload?.transformToString() ?? "null") };
}

describe("a function that outlasts its time", () => {
  it("is answered with 504 if KMS does not answer, and stores nothing", async () => {
    stack.kms.faults.add({ kind: "delay", delayMs: 600_000 });

    const { status } = await post("create", secret);

    stack.kms.faults.clear();
    expect(status).toBe(504);
    expect(await post("list", {})).toEqual({ status: 200, body: { results: [], total_count: 0 } });
  });

  it.each(["get", "delete"])("is answered with the gateway's 504 if Lambda has to end it: %s", async (route) => {
    const answers = await Promise.all([post(route, {}), post(route, {})]);

    expect(answers).toEqual(Array(2).fill({ status: 504, body: { message: "Endpoint request timed out" } }));
  });

  it("fails for a direct caller", async () => {
    expect(await invoke("delete", {})).toMatchObject({
      error: "Unhandled",
      payload: { errorType: "Sandbox.Timedout" },
    });
  });
});

describe("a function that fails to load", () => {
  it("is answered with the gateway's 500, without the reason", async () => {
    expect(await post("update", {})).toEqual({ status: 500, body: { message: "Internal Server Error" } });
  });
});
