/** Runs the sample events as the documentation says. */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../lib/http/routes.ts";
import { invoke, stack } from "./service.ts";

const project = join(import.meta.dirname, "../..");
const sampleId = "secret-000000000001";

/** The metadata of a secret with this name. */
function info(name: string): unknown {
  return expect.objectContaining({ name, domain_id: "domain-sample", secret_type: "CREDENTIALS", provider: "aws" });
}

/** Each method's answers to its direct event and to its HTTP event. */
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
  stat: [
    { results: expect.arrayContaining([{ provider: "aws", secrets: expect.any(Number) }]) },
    { results: expect.arrayContaining(["dev"]) },
  ],
};

const opened = expect.objectContaining({ data: expect.objectContaining({ user: "ada" }), secret_id: sampleId });
const absent = { name: "nobody", error: expect.objectContaining({ code: "ERROR_NOT_FOUND" }) };

/** Further events of get-data. */
const further = [
  { route: "get-data", event: "events/get-data.by-name.json", answer: opened, isHttp: false },
  { route: "get-data", event: "events/get-data.items.json", answer: { results: [opened, absent] }, isHttp: false },
] as const;

const ofMethods = (Object.keys(routes) as Route[]).flatMap((route) => [
  { route, event: `events/${route}.json`, answer: answers[route][0], isHttp: false },
  { route, event: `events/${route}.http.json`, answer: answers[route][1], isHttp: true },
]);

const events = [...ofMethods, ...further];

/** `npx serverless invoke local --stage local` beside the running stack. */
async function invokeLocal(route: Route, event: string): Promise<{ stdout: string; stderr: string }> {
  const program = join(project, "node_modules/serverless/bin/serverless.js");
  const options = ["invoke", "local", "--stage", "local", "-f", route, "-p", event];
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, LOCAL_DIR: stack.dir, NODE_COMPILE_CACHE: join(stack.dir, "compile-cache") };
  return await promisify(execFile)(process.execPath, [program, ...options], { cwd: project, env });
}

function readEvent(path: string): unknown {
  return JSON.parse(readFileSync(join(project, path), "utf8"));
}

function read(answered: unknown, isHttp: boolean): unknown {
  if (!isHttp) return answered;
  const { statusCode, body } = answered as { readonly statusCode: number; readonly body: string };
  return { statusCode, body: JSON.parse(body) };
}

function expectedOf({ answer, isHttp }: (typeof events)[number]): unknown {
  return isHttp ? { statusCode: 200, body: answer } : answer;
}

describe("the sample events", () => {
  it("are these alone", () => {
    const files = readdirSync(join(project, "events")).map((name) => `events/${name}`);

    expect(files.sort()).toEqual(events.map(({ event }) => event).sort());
  });

  it.each(events)("$event is answered", async (sample) => {
    const { failed, payload } = await invoke(sample.route, readEvent(sample.event));

    expect(failed).toBe(false);
    expect(read(payload, sample.isHttp)).toEqual(expectedOf(sample));
  });

  it.each(events.filter(({ isHttp }) => isHttp))("$event is for its own route", ({ route, event }) => {
    const path = `/secret/v1/secret/${route}`;
    const authorizer = {
      jwt: { claims: expect.objectContaining({ scope: routes[route].scope }), scopes: [routes[route].scope] },
    };
    expect(readEvent(event)).toMatchObject({
      version: "2.0",
      routeKey: `POST ${path}`,
      rawPath: path,
      requestContext: { authorizer, routeKey: `POST ${path}`, http: { method: "POST", path } },
    });
  });
});

it("serverless invoke local prints only the answer, and the log on standard error", { timeout: 180_000 }, async () => {
  const sample = { route: "get-data", event: "events/get-data.http.json" } as const;

  const { stdout, stderr } = await invokeLocal(sample.route, sample.event);

  expect(read(JSON.parse(stdout), true)).toEqual({ statusCode: 200, body: answers[sample.route][1] });
  expect(stderr).toContain('"message":"audit"');
});
