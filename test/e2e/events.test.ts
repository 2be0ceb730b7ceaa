/** The sample events, run as the documentation says. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../lib/http/routes.ts";
import { stack } from "./service.ts";

const project = join(import.meta.dirname, "../..");
const sampleId = "secret-000000000001";

/** A whole secret of this name. */
function info(name: string): unknown {
  return expect.objectContaining({ name, domain_id: "domain-sample", secret_type: "CREDENTIALS", provider: "aws" });
}

/** What each method answers to its direct event, and to the other one. */
const answers: { readonly [Name in Route]: readonly [direct: unknown, http: unknown] } = {
  create: [info("sample-created"), info("sample-created-over-http")],
  update: [info("sample"), info("sample")],
  delete: [{}, {}],
  "update-data": [{}, {}],
  "get-data": [
    expect.objectContaining({ data: expect.objectContaining({ user: "ada" }), encrypted: false }),
    expect.objectContaining({ data: { encrypted_data: expect.any(String) }, encrypted: true }),
  ],
  get: [info("sample"), { name: "sample", tags: expect.any(Object), version: expect.any(Number) }],
  list: [
    { results: expect.any(Array), total_count: expect.any(Number) },
    {
      results: expect.arrayContaining([{ secret_id: sampleId, name: "sample", secret_type: "CREDENTIALS" }]),
      total_count: expect.any(Number),
    },
  ],
  stat: [{ results: [{ provider: "aws", secrets: expect.any(Number) }] }, { results: expect.arrayContaining(["dev"]) }],
};

const events = (Object.keys(routes) as Route[]).flatMap((route) => [
  { route, event: `events/${route}.json`, answer: answers[route][0], isHttp: false },
  { route, event: `events/${route}.http.json`, answer: answers[route][1], isHttp: true },
]);

/** `npx serverless invoke local --stage local`, beside the stack of a folder. */
async function invokeLocal(route: Route, event: string, dir = dirname(stack.log)): Promise<string> {
  const program = join(project, "node_modules/serverless/bin/serverless.js");
  const options = ["invoke", "local", "--stage", "local", "-f", route, "-p", event];
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, LOCAL_DIR: dir, NODE_COMPILE_CACHE: join(dirname(stack.log), "compile-cache") };
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options], { cwd: project, env });
  return stdout;
}

/** The answer is printed over several lines, after the log's. */
function answerIn(output: string): unknown {
  const lines = output.split("\n");
  return JSON.parse(lines.slice(lines.findIndex((line) => line === "{" || line === "{}")).join("\n"));
}

describe.concurrent("the sample events", { timeout: 120_000 }, () => {
  it.each(events)("$event is answered", async ({ route, event, answer, isHttp }) => {
    const answered = answerIn(await invokeLocal(route, event));

    if (isHttp) {
      const { statusCode, body } = answered as { readonly statusCode: number; readonly body: string };
      expect({ statusCode, body: JSON.parse(body) }).toEqual({ statusCode: 200, body: answer });
    } else {
      expect(answered).toEqual(answer);
    }
  });

  it("need a running stack, and say so", async () => {
    const invocation = invokeLocal("get", "events/get.json", "no-such-folder");

    await expect(invocation).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`No stack runs in ${join(project, "no-such-folder")}: start one with npm start`),
    });
  });
});

it.each(events.filter(({ isHttp }) => isHttp))("$event is for its own route", ({ route, event }) => {
  const sample: unknown = JSON.parse(readFileSync(join(project, event), "utf8"));

  const path = `/secret/v1/secret/${route}`;
  const authorizer = {
    jwt: { claims: expect.objectContaining({ scope: routes[route].scope }), scopes: [routes[route].scope] },
  };
  expect(sample).toMatchObject({
    version: "2.0",
    routeKey: `POST ${path}`,
    rawPath: path,
    requestContext: { authorizer, routeKey: `POST ${path}`, http: { method: "POST", path } },
  });
});
