/** The functions' answers agree with the document: for its own examples, and for requests that fail. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ErrorCode, errors } from "../../../lib/base/errors.ts";
import type { Endpoint } from "../../../lib/http/endpoint.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { makeSamples } from "../../../tools/local/stack.ts";
import { examplesOf } from "../../../tools/openapi/examples.ts";
import { pathOf } from "../../../tools/openapi/operations.ts";
import { requestName } from "../../../tools/openapi/request-parts.ts";
import { httpEvent, lambdaContext } from "../../http/events.ts";
import {
  type CallSettings,
  type Functions,
  type Message,
  type Outcome,
  startFunctions,
} from "../../support/functions.ts";
import { type Validate, validatorAt } from "./validator.ts";

let functions: Functions;

beforeAll(async () => {
  functions = await startFunctions();
  const { database, kms } = functions;
  const { tables, url: dynamodb } = database;
  await makeSamples({ region: "us-east-1", dynamodb, kms: kms.url, tables, key_id: kms.keyId });
});
afterAll(async () => await functions.close());

/** The validator of a route's answers with this status. */
function answerValidator(route: Route, status: number): Validate {
  const response = ["paths", pathOf(route), "post", "responses", status] as const;
  return validatorAt(...response, "content", "application/json", "schema");
}

/** Values that differ from run to run: new ids, etags, times, and base64 of random bytes. */
const varying = /^(secret-[0-9a-f]{12}|\d+-[\w-]{22}|\d{4}-\d\d-\d\dT[\d:.]+Z|[A-Za-z\d+/]{16,}={0,2})$/;
const sampleId = /^secret-0{11}\d$/;

function withoutVarying(value: unknown): unknown {
  const isVarying = (member: unknown) => typeof member === "string" && varying.test(member) && !sampleId.test(member);
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => (isVarying(member) ? "…" : member));
}

const inSampleDomain: CallSettings = { claims: { domain_id: "domain-sample" } };

// Reads come first, because the examples show the state before any write.
const readersFirst: readonly Route[] = ["get", "get-data", "list", "stat", "create", "update", "update-data", "delete"];

describe.each(readersFirst)("the examples of %s", (route) => {
  it.each(examplesOf(route))("$summary: has the documented answer", async ({ request, answer }) => {
    const outcome = await functions.call(route, request as Message, inSampleDomain);

    expect(validatorAt("components", "schemas", requestName(route))(request)).toBeNull();
    expect(outcome).toMatchObject({ kind: "answer", status: 200 });
    const { body } = outcome as Extract<Outcome, { kind: "answer" }>;
    expect(answerValidator(route, 200)(body)).toBeNull();
    expect(withoutVarying(body)).toEqual(withoutVarying(answer));
  });
});

const domain_id = "domain-failures";
const secret = { secret_type: "CREDENTIALS", data: {} };
const nobody = { secret_id: "secret-0123456789ab" };
const ids = new Map<string, unknown>();

/** Replaces the secrets' names by their ids. */
function fillIn(message: object): Message {
  const { secret_id = "", ...rest }: { secret_id?: string } = message;
  const filled = ids.get(secret_id) ?? secret_id;
  return { domain_id, ...rest, ...(filled !== "" && { secret_id: filled }) };
}

interface Failure {
  readonly route: Route;
  readonly message: object;
  readonly code: ErrorCode;
  readonly settings?: CallSettings;
}

const condition = (operator: string, value: unknown) => ({ query: { filter: [{ key: "name", operator, value }] } });
const count = { aggregate: [{ count: { name: "n" } }] };
const counted = (operator: string, value: unknown) => ({ query: { ...condition(operator, value).query, ...count } });
const elsewhere = { claims: { domain_id: "domain-else" } };
const ofSystem = { claims: { scope: "secret:system" } };
const withoutScope = { claims: { scope: "other" } };
const ofProject = { claims: { projects: "[project-1]" } };

const leastMessages: { readonly [Name in Route]: object } = {
  create: { ...secret, name: "least" },
  update: { secret_id: "own" },
  delete: { secret_id: "own" },
  "update-data": { secret_id: "own", data: {} },
  "get-data": { secret_id: "own" },
  get: { secret_id: "own" },
  list: {},
  stat: { query: count },
};

const leastCalls = Object.entries(leastMessages).map(([route, message]) => ({ route: route as Route, message }));

const failures: readonly Failure[] = [
  ...leastCalls.flatMap(({ route, message }): readonly Failure[] => [
    { route, message: { ...message, domain_id: "" }, code: "ERROR_REQUIRED_PARAMETER", settings: ofSystem },
    { route, message: { ...message, domain_id: 1 }, code: "ERROR_INVALID_PARAMETER_TYPE", settings: ofSystem },
    { route, message: { ...message, more: 1 }, code: "ERROR_INVALID_PARAMETER" },
    { route, message, code: "ERROR_PERMISSION_DENIED", settings: withoutScope },
    { route, message, code: "ERROR_PERMISSION_DENIED", settings: elsewhere },
  ]),
  ...(["update", "delete", "get-data", "get"] as const).map(
    (route): Failure => ({ route, message: nobody, code: "ERROR_NOT_FOUND" }),
  ),
  { route: "update-data", message: { ...nobody, data: {} }, code: "ERROR_NOT_FOUND" },
  { route: "get-data", message: { secret_id: "own", version: 9 }, code: "ERROR_NOT_FOUND" },
  { route: "create", message: { ...secret, name: "n", trusted_secret_id: "x" }, code: "ERROR_NOT_FOUND" },
  { route: "create", message: { ...secret, name: "n" }, code: "ERROR_PERMISSION_DENIED", settings: ofProject },
  { route: "create", message: { ...secret, name: "own" }, code: "ERROR_SAVE_UNIQUE_VALUES" },
  { route: "update", message: { secret_id: "own", name: "trusted" }, code: "ERROR_SAVE_UNIQUE_VALUES" },
  {
    route: "update-data",
    message: { secret_id: "own", data: {}, expected_version: 9 },
    code: "ERROR_VERSION_CONFLICT",
  },
  { route: "delete", message: { secret_id: "trusted" }, code: "ERROR_EXIST_RELATED_SECRET" },
  { route: "get", message: { secret_id: "own", only: ["nane"] }, code: "ERROR_DB_QUERY" },
  { route: "list", message: condition("regex", "("), code: "ERROR_DB_QUERY" },
  { route: "stat", message: { query: { aggregate: [{}] } }, code: "ERROR_DB_QUERY" },
  { route: "stat", message: { query: {} }, code: "ERROR_REQUIRED_PARAMETER" },
  ...(["list", "stat"] as const).flatMap((route): readonly Failure[] => {
    const make = route === "list" ? condition : counted;
    return [
      { route, message: make("eq", []), code: "ERROR_OPERATOR_VALUE_TYPE" },
      { route, message: make("in", ""), code: "ERROR_OPERATOR_LIST_VALUE_TYPE" },
      { route, message: make("match", ""), code: "ERROR_OPERATOR_DICT_VALUE_TYPE" },
      { route, message: make("exists", ""), code: "ERROR_OPERATOR_BOOLEAN_TYPE" },
    ];
  }),
];

const seen = new Set<ErrorCode>();

/** A failure that the document has for the route: with its status, and in the operation's list. */
function expectDescribed(route: Route, outcome: unknown, code: ErrorCode): void {
  expect(outcome).toMatchObject({ status: errors[code].status, body: { detail: { code } } });
  const { body } = outcome as Extract<Outcome, { kind: "answer" }>;
  expect(answerValidator(route, errors[code].status)(body)).toBeNull();
  expect(validatorAt("components", "schemas", code)(body)).toBeNull();
  seen.add(code);
}

describe("every failure is described", () => {
  beforeAll(async () => {
    const create = async (name: string, more: object = {}) =>
      ids.set(name, (await functions.do("create", { domain_id, ...secret, name, ...more }))["secret_id"]);
    await create("own");
    await create("trusted");
    await create("dependent", { trusted_secret_id: ids.get("trusted") });
  });

  it.each(failures)("$route: $code of $message $settings", async ({ route, message, code, settings }) => {
    const outcome = await functions.call(route, fillIn(message), settings);

    expectDescribed(route, outcome, code);
  });

  it.each(leastCalls)("$route without a verified token", async ({ route, message }) => {
    const { handler }: { readonly handler: Endpoint } = await import(`../../../handlers/${route}.ts`);

    const answer = await handler(httpEvent({ body: fillIn(message), claims: undefined }), lambdaContext());

    const { statusCode: status, body }: { statusCode?: unknown; body?: unknown } = Object(answer);
    expectDescribed(route, { status, body: JSON.parse(String(body)) }, "ERROR_AUTHENTICATE_FAILURE");
  });

  describe("when a service does not work", () => {
    let call: Functions["call"];

    beforeAll(async () => {
      call = await functions.newContainer();
    });
    afterEach(() => functions.proxies.dynamodb.reset());

    const refusals = leastCalls.flatMap((call) => [
      { ...call, refusal: "AccessDeniedException", code: "ERROR_UNAVAILABLE" as const },
      { ...call, refusal: "ValidationException", code: "ERROR_UNKNOWN" as const },
    ]);

    it.each(refusals)("$route on a database that answers $refusal", async ({ route, message, refusal, code }) => {
      functions.proxies.dynamodb.otherwise = { status: 400, body: { __type: refusal, message: "" } };

      const outcome = await call(route, fillIn(message));

      expectDescribed(route, outcome, code);
    });

    it.each(leastCalls)("$route on a database that does not answer", async ({ route, message }) => {
      functions.proxies.dynamodb.otherwise = "hang";

      const outcome = await call(route, fillIn(message), { remainingMs: 1200 });

      expectDescribed(route, outcome, "ERROR_REQUEST_TIMEOUT");
    });
  });

  it("include every code of the table", () => {
    expect([...seen].sort()).toEqual(Object.keys(errors).sort());
  });
});
