/** Each handler is the function that its file names, with its own scope, message and name in the audit line. */

import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { capture, claims, httpEvent, lambdaContext } from "../http/events.ts";
import { type Handlers, loadAfresh } from "../support/functions.ts";

let loaded: Handlers;

beforeAll(async () => {
  loaded = await loadAfresh({ KMS_KEY_ID: "alias/test", AWS_REGION: "us-east-1" });
});
afterAll(() => void vi.unstubAllEnvs());

/** The method's scope, and the first required field of its message. */
const handlers: { readonly [Name in Route]: { readonly scope: string; readonly first: string } } = {
  create: { scope: "secret:write", first: "name" },
  delete: { scope: "secret:write", first: "secret_id" },
  get: { scope: "secret:read", first: "secret_id" },
  "get-data": { scope: "secret:data", first: "secret_id" },
  list: { scope: "secret:read", first: "domain_id" },
  stat: { scope: "secret:read", first: "query" },
  update: { scope: "secret:write", first: "secret_id" },
  "update-data": { scope: "secret:write", first: "secret_id" },
};

it("there is a handler for each method, and no other", () => {
  const files = readdirSync(new URL("../../handlers/", import.meta.url));

  expect(files.sort()).toEqual(
    Object.keys(handlers)
      .map((route) => `${route}.ts`)
      .sort(),
  );
});

describe.each(routeNames)("the handler %s", (route) => {
  const { scope, first } = handlers[route];

  it("parses its own message", async () => {
    const handler = loaded[route];

    const { result, lines } = await capture(async () => await handler({}, lambdaContext()).catch((error) => error));

    expect(result).toMatchObject({ message: `ERROR_REQUIRED_PARAMETER: Required parameter. (key = ${first})` });
    expect(lines).toMatchObject([{ method: route, caller: "iam", outcome: "ERROR_REQUIRED_PARAMETER" }]);
  });

  it("requires its own scope", async () => {
    const handler = loaded[route];
    const scopes = ["secret:read", "secret:write", "secret:data"];

    const admitted = [];
    for (const sent of scopes) {
      const event = httpEvent({ claims: { ...claims, scope: sent }, body: { nam: 1 } });
      const { result } = await capture(async () => await handler(event, lambdaContext()));
      if (JSON.stringify(result).includes("unknown field")) admitted.push(sent);
    }

    expect(admitted).toEqual([scope]);
  });
});
