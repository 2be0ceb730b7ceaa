/** A function from event to answer, for both ways in: access, errors, and log lines. */

import type { Context } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, type ErrorDetails, errors, SecretError } from "../../lib/base/errors.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { type Endpoint, endpoint } from "../../lib/http/endpoint.ts";
import { type Route, routes } from "../../lib/http/routes.ts";
import { type Call, ItemAnswers, type Method } from "../../lib/method/call.ts";
import { parseCreate, parseGet, parseUpdateData } from "../../lib/request/messages.ts";
import { type Grants, noGrants } from "../../lib/secret/grants.ts";
import { parseGrants } from "../../tools/deploy/grants-file.ts";
import { callerRules, capture, claims, type HttpRequest, httpEvent, lambdaContext, runtimeReport } from "./events.ts";

type Run = (request: object, call: Call) => Promise<object>;

const secretId = "secret-0123456789ab";
const marker = "hunter2-AKIAIOSFODNN7EXAMPLE";

/** Returns its input. */
const echo: Run = async (request, { principal }) => ({ request, principal });

interface EndpointSettings {
  readonly route?: Route;
  readonly domainClaim?: string;
  readonly grants?: Grants;
}

function endpointOf(run: Run, options: EndpointSettings = {}): Endpoint {
  const { route = "get", domainClaim = "domain_id", grants = noGrants } = options;
  const callers = { ...callerRules, domainClaim, grants };
  const ports = { run };
  const given = { route, callers, ports };
  const method: Method<object, typeof ports, object> = async (request, call, { run: answer }) =>
    await answer(request, call);
  if (route === "update-data") return endpoint({ ...given, parse: parseUpdateData, method });
  if (route === "create") return endpoint({ ...given, parse: parseCreate, method });
  return endpoint({ ...given, parse: parseGet, method });
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function overHttp(handler: Endpoint, request: HttpRequest, remainingMs?: number) {
  const { result, lines, text } = await capture(
    async () => await handler(httpEvent(request), lambdaContext(remainingMs)),
  );
  return { answer: result as Answer, lines, text };
}

async function directly(handler: Endpoint, event: unknown, remainingMs?: number) {
  const { result, lines, text } = await capture(async () => {
    return await handler(event, lambdaContext(remainingMs)).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  });
  return { ...result, lines, text } as { value?: unknown; error?: unknown; lines: typeof lines; text: string };
}

const headers = { "content-type": "application/json", "cache-control": "no-store", "x-request-id": "lambda-request" };

function failure(code: string, message: string) {
  return { detail: { code, message } };
}

const auditOf = (fields: object) => ({
  level: "INFO",
  message: "audit",
  time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  request_id: "lambda-request",
  caller: "user-1",
  via: "http",
  grant: null,
  domain_id: "domain-1",
  method: "get",
  secret_id: secretId,
  outcome: "OK",
  ms: expect.any(Number),
  ...fields,
});

const body = { secret_id: secretId };
const directEvent = { secret_id: secretId, domain_id: "domain-1" };

/** Each code with details that are easy to recognize. */
const thrown: { readonly [Code in ErrorCode]: ErrorDetails[Code] } = {
  ERROR_REQUIRED_PARAMETER: { key: "k" },
  ERROR_INVALID_PARAMETER_TYPE: { key: "k", type: "t" },
  ERROR_INVALID_PARAMETER: { key: "k", reason: "r" },
  ERROR_DB_QUERY: { reason: "r" },
  ERROR_OPERATOR_VALUE_TYPE: { key: "k", operator: "o" },
  ERROR_OPERATOR_LIST_VALUE_TYPE: { key: "k", operator: "o" },
  ERROR_OPERATOR_DICT_VALUE_TYPE: { key: "k", operator: "o" },
  ERROR_OPERATOR_BOOLEAN_TYPE: { key: "k", operator: "o" },
  ERROR_AUTHENTICATE_FAILURE: { reason: "r" },
  ERROR_PERMISSION_DENIED: {},
  ERROR_NOT_FOUND: { key: "k", value: "v" },
  ERROR_SAVE_UNIQUE_VALUES: {},
  ERROR_VERSION_CONFLICT: { key: "k", value: "v" },
  ERROR_EXIST_RELATED_SECRET: { secret_id: "s" },
  ERROR_UNAVAILABLE: { service: "kms" },
  ERROR_REQUEST_TIMEOUT: {},
  ERROR_UNKNOWN: { request_id: "lambda-request" },
};

const grants = parseGrants([
  { id: "billing-readers", alias: "billing", domain_id: "domain-1", scopes: ["secret:read"] },
  { id: "ci", claims: { repository_id: "1" }, domain_id: "domain-1", scopes: ["secret:read"], projects: ["p-1"] },
]);

/** Invokes `get` by an ARN with this end. */
async function byArn(qualifier: string, event: unknown, run: Run = echo, route: Route = "get") {
  const invokedFunctionArn = `arn:aws:lambda:us-east-1:000000000000:function:secret-prod-get${qualifier}`;
  const handler = endpointOf(run, { route, grants });
  const call = async () =>
    await handler(event, { ...lambdaContext(), invokedFunctionArn }).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  const { result, lines } = await capture(call);
  return { ...(result as { readonly value?: unknown; readonly error?: unknown }), lines };
}

const codes = Object.keys(errors) as ErrorCode[];

function failing(code: ErrorCode): Endpoint {
  return endpointOf(async () => {
    throw new SecretError(code, thrown[code], { cause: new Error(marker) });
  });
}

describe("a call over HTTP", () => {
  it("passes request, caller, time and signal to the method, and returns its answer", async () => {
    const calls: { request: object; call: Call }[] = [];
    const handler = endpointOf(async (request, call) => {
      calls.push({ request, call });
      return { secret_id: secretId, name: null, tags: {} };
    });

    const { answer } = await overHttp(handler, { body });

    expect(answer).toEqual({ statusCode: 200, headers, body: `{"secret_id":"${secretId}","name":null,"tags":{}}` });
    expect(calls).toEqual([
      {
        request: { secret_id: secretId, name: null, domain_id: "domain-1", only: null },
        call: {
          principal: { caller: "user-1", domainId: "domain-1", projects: null },
          now: expect.any(Date),
          signal: expect.any(AbortSignal),
          remainingMs: expect.any(Function),
          noteName: expect.any(Function),
        },
      },
    ]);
    // All of the time but the part reserved for the answer.
    expect(calls[0]?.call.remainingMs()).toBe(9_500);
  });

  it("answers Empty as {}", async () => {
    const { answer } = await overHttp(
      endpointOf(async () => ({})),
      { body },
    );

    expect(answer).toEqual({ statusCode: 200, headers, body: "{}" });
  });

  it("passes data through exactly as it was written", async () => {
    const data = '{"b":1.0,"10":2,"9":12345678901234567890,"__proto__":{"a":null},"\\ud800":"é😀"}';
    const handler = endpointOf(async (request) => ({ ...request }), { route: "update-data" });

    const { answer } = await overHttp(handler, { body: `{"secret_id": "${secretId}", "data": ${data}}` });

    expect(answer.body).toContain(`"data":${data},`);
  });

  it.each(codes)("answers %s with its status and nothing but code and message", async (code) => {
    const { answer } = await overHttp(failing(code), { body });

    const { message, status } = new SecretError(code, thrown[code]);
    const retryAfter = status === 503 ? { "retry-after": "1" } : {};
    expect({ ...answer, body: JSON.parse(answer.body) }).toEqual({
      statusCode: status,
      headers: { ...headers, ...retryAfter },
      body: failure(code, message),
    });
  });
});

describe("a direct call", () => {
  it("comes from a system caller, and returns the method's message itself", async () => {
    const { value } = await directly(endpointOf(echo), directEvent);

    expect(value).toEqual({
      request: { secret_id: secretId, name: null, domain_id: "domain-1", only: null },
      principal: { caller: "iam", domainId: null, projects: null },
    });
  });

  it("returns data as an object", async () => {
    const data = new JsonText('{"__proto__":{"a":1},"n":1e3}');

    const { value } = await directly(
      endpointOf(async () => ({ data, version: 1 })),
      directEvent,
    );

    expect(JSON.stringify(value)).toBe('{"data":{"__proto__":{"a":1},"n":1000},"version":1}');
  });

  it("refuses to return a number that Lambda would change", async () => {
    const data = new JsonText('{"id":1234567890123456789}');

    const { error } = await directly(
      endpointOf(async () => ({ data, version: 1 })),
      directEvent,
    );

    expect(error).toMatchObject({
      message: `ERROR_INVALID_PARAMETER: ${
        new SecretError("ERROR_INVALID_PARAMETER", {
          key: "sealed",
          reason: "the data holds a number that Lambda would change: ask for it sealed, or over HTTP",
        }).message
      }`,
    });
  });

  it.each(codes)("fails with %s as errorType, and code and message as errorMessage", async (code) => {
    const { error } = await directly(failing(code), directEvent);

    const { answer, logged } = runtimeReport(error);
    const errorMessage = `${code}: ${new SecretError(code, thrown[code]).message}`;
    expect(answer).toEqual({ errorType: code, errorMessage, trace: [`${code}: ${errorMessage}`] });
    expect(JSON.parse(logged)).toEqual({ name: code, errorMessage, stack: `${code}: ${errorMessage}` });
  });

  it("must name a domain", async () => {
    const { error } = await directly(endpointOf(echo), { secret_id: secretId });

    expect(error).toMatchObject({ message: "ERROR_REQUIRED_PARAMETER: Required parameter. (key = domain_id)" });
  });

  it.each([null, [], "text", 1, true])("is refused if its event is %j", async (event) => {
    const { error } = await directly(endpointOf(echo), event);

    expect(error).toMatchObject({ name: "ERROR_INVALID_PARAMETER_TYPE" });
  });
});

describe("an unexpected error", () => {
  const unexpected: readonly unknown[] = [
    new Error(marker),
    new TypeError(`x\n    at ${marker}`),
    new TypeError(marker, { cause: new RangeError(`x\n    at ${marker}`) }),
    Object.assign(new Error(`x\n    at ${marker}`), { message: "y".repeat(8), data: marker }),
    marker,
    { message: marker },
    null,
    undefined,
    new AggregateError([new Error(marker)], marker),
  ];

  it.each(unexpected.map((error, row) => ({ error, row })))(
    "reveals nothing but the request id ($row)",
    async ({ error }) => {
      const handler = endpointOf(async () => {
        throw error;
      });

      const http = await overHttp(handler, { body });
      const direct = await directly(handler, directEvent);

      const message = "Unknown error. (request_id = lambda-request)";
      expect(http.answer).toEqual({
        statusCode: 500,
        headers,
        body: JSON.stringify(failure("ERROR_UNKNOWN", message)),
      });
      expect(runtimeReport(direct.error).answer).toMatchObject({
        errorType: "ERROR_UNKNOWN",
        errorMessage: `ERROR_UNKNOWN: ${message}`,
      });
      expect(runtimeReport(direct.error).logged).not.toContain(marker);
      expect(http.text + direct.text).not.toContain(marker);
    },
  );

  it("logs the errors' names and where they were thrown", async () => {
    const handler = endpointOf(async () => {
      throw new TypeError(marker, { cause: new RangeError(marker) });
    });

    const { lines } = await overHttp(handler, { body });

    const failureLine = {
      level: "ERROR",
      message: "failure",
      request_id: "lambda-request",
      method: "get",
      code: "ERROR_UNKNOWN",
      service: null,
      errors: ["SecretError", "TypeError", "RangeError"],
      at: expect.arrayContaining([expect.stringContaining("endpoint.test.ts")]),
    };
    expect(lines).toEqual([failureLine, auditOf({ outcome: "ERROR_UNKNOWN" })]);
  });

  it.each(["kms", "dynamodb", "identity"])("logs that %s was unavailable", async (service) => {
    const handler = endpointOf(async () => {
      throw new SecretError("ERROR_UNAVAILABLE", { service }, { cause: new TypeError(marker) });
    });

    const { lines } = await overHttp(handler, { body });

    expect(lines[0]).toMatchObject({ code: "ERROR_UNAVAILABLE", service, errors: ["SecretError", "TypeError"] });
  });
});

describe("a call that runs out of time", () => {
  const handler = (signals: AbortSignal[]) =>
    endpointOf(async (_request, { signal }) => {
      if (signal === undefined) throw new TypeError("no signal");
      signals.push(signal);
      return await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });

  it.each([520, 500, 1, 0])(
    "is answered with 504 with %i ms left, and its requests are aborted",
    async (remainingMs) => {
      const signals: AbortSignal[] = [];

      const { answer, lines } = await overHttp(handler(signals), { body }, remainingMs);

      expect(answer.statusCode).toBe(504);
      expect(JSON.parse(answer.body)).toEqual(failure("ERROR_REQUEST_TIMEOUT", "The request did not finish in time."));
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      expect(lines.at(-1)).toEqual(auditOf({ outcome: "ERROR_REQUEST_TIMEOUT" }));
    },
  );

  it("fails a direct call, too", async () => {
    const { error } = await directly(handler([]), directEvent, 510);

    expect(error).toMatchObject({ name: "ERROR_REQUEST_TIMEOUT" });
  });

  it("is not a call that finished in time", async () => {
    const signals: AbortSignal[] = [];
    const quick = endpointOf(async (_request, { signal }) => {
      if (signal !== undefined) signals.push(signal);
      return {};
    });

    const { answer } = await overHttp(quick, { body }, 600);

    expect(answer.statusCode).toBe(200);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

describe("scopes", () => {
  const scopeOf: { readonly [Name in Route]: string } = {
    create: "secret:write",
    update: "secret:write",
    delete: "secret:write",
    "update-data": "secret:write",
    "get-data": "secret:data",
    get: "secret:read",
    list: "secret:read",
    stat: "secret:read",
  };
  const scopes = ["secret:read", "secret:write", "secret:data", "secret:system", "secret:none"];
  const cells = (Object.keys(routes) as Route[]).flatMap((route) => scopes.map((scope) => ({ route, scope })));

  it.each(cells)("$scope for $route", async ({ route, scope }) => {
    const options = { route, callers: callerRules, parse: parseGet, ports: {} };
    const handler = endpoint({ ...options, method: async () => ({}) });

    const { answer } = await overHttp(handler, { claims: { ...claims, scope }, body: directEvent });

    const isAdmitted = scope === scopeOf[route] || scope === "secret:system";
    expect(answer.statusCode).toBe(isAdmitted ? 200 : 403);
    if (!isAdmitted) expect(JSON.parse(answer.body)).toEqual(failure("ERROR_PERMISSION_DENIED", "Permission denied."));
  });

  it("are checked before the body is read", async () => {
    const { answer } = await overHttp(endpointOf(echo), { claims: { ...claims, scope: "" }, body: "{" });

    expect(answer.statusCode).toBe(403);
  });

  it("are empty without verified claims", async () => {
    const { answer } = await overHttp(endpointOf(echo), { claims: undefined, body: directEvent });

    expect({ ...answer, body: JSON.parse(answer.body) }).toEqual({
      statusCode: 401,
      headers,
      body: failure(
        "ERROR_AUTHENTICATE_FAILURE",
        "Authenticate failure. (message = the request carries no verified token)",
      ),
    });
  });
});

describe("domains", () => {
  const system = { sub: "operator-1", scope: "secret:system" };

  it.each([{}, { domain_id: null }, { domain_id: "" }, { domain_id: "domain-1" }])(
    "a request with %j uses the caller's domain",
    async (domain) => {
      const { answer } = await overHttp(endpointOf(echo), { body: { ...body, ...domain } });

      expect(JSON.parse(answer.body).request.domain_id).toBe("domain-1");
    },
  );

  it.each(["domain-2", "domain-1 ", "DOMAIN-1", "domain-1/secret-0123456789ab", "*"])(
    "a request for %s is denied to a caller of another domain",
    async (domain_id) => {
      const { answer, lines } = await overHttp(endpointOf(echo), { body: { ...body, domain_id } });

      expect(answer.statusCode).toBe(403);
      expect(JSON.parse(answer.body)).toEqual(failure("ERROR_PERMISSION_DENIED", "Permission denied."));
      expect(lines).toEqual([auditOf({ domain_id, outcome: "ERROR_PERMISSION_DENIED" })]);
    },
  );

  it("a system caller must name a domain, and may name any", async () => {
    const named = await overHttp(endpointOf(echo), { claims: system, body: { ...body, domain_id: "domain-2" } });
    const unnamed = await overHttp(endpointOf(echo), { claims: { ...system, domain_id: "domain-1" }, body });

    expect(JSON.parse(named.answer.body)).toEqual({
      request: { secret_id: secretId, name: null, domain_id: "domain-2", only: null },
      principal: { caller: "operator-1", domainId: null, projects: null },
    });
    expect(JSON.parse(unnamed.answer.body)).toEqual(
      failure("ERROR_REQUIRED_PARAMETER", "Required parameter. (key = domain_id)"),
    );
  });

  it("come from the claim that the deployment names", async () => {
    const handler = endpointOf(echo, { domainClaim: "custom:domain" });

    const { answer } = await overHttp(handler, { claims: { ...claims, "custom:domain": "domain-9" }, body });

    expect(JSON.parse(answer.body).principal.domainId).toBe("domain-9");
  });

  it("are denied if the token names no domain", async () => {
    const { domain_id: _, ...token } = claims;

    const { answer } = await overHttp(endpointOf(echo), { claims: token, body: directEvent });

    expect(answer.statusCode).toBe(403);
  });
});

describe("projects", () => {
  it("of the token limit the caller", async () => {
    const { answer } = await overHttp(endpointOf(echo), { claims: { ...claims, projects: "[a b]" }, body });

    expect(JSON.parse(answer.body).principal.projects).toEqual(["a", "b"]);
  });
});

describe("the header Idempotency-Key", () => {
  const create = { name: "n", data: {}, secret_type: "CREDENTIALS" };
  const tokenOf = async (route: Route, message: object, key: string) => {
    const { answer } = await overHttp(endpointOf(echo, { route }), {
      body: message,
      headers: { "Idempotency-Key": key },
    });
    const parsed = JSON.parse(answer.body);
    return parsed.request === undefined ? parsed : parsed.request.client_token;
  };

  it("becomes the client_token of create and update_data", async () => {
    expect(await tokenOf("create", create, "key-1")).toBe("key-1");
    expect(await tokenOf("update-data", { ...body, data: {} }, "key-1")).toBe("key-1");
  });

  it.each(["", null, "key-1"])("is accepted with a client_token of %j", async (client_token) => {
    expect(await tokenOf("create", { ...create, client_token }, "key-1")).toBe("key-1");
  });

  it.each(["key-2", 1, {}])("is refused with a client_token of %j", async (client_token) => {
    expect(await tokenOf("create", { ...create, client_token }, "key-1")).toEqual(
      failure(
        "ERROR_INVALID_PARAMETER",
        "Parameter is invalid. (key = client_token, reason = differs from Idempotency-Key)",
      ),
    );
  });

  it("has the same limit as client_token", async () => {
    expect(await tokenOf("create", create, "k".repeat(64))).toBe("k".repeat(64));
    expect(await tokenOf("create", create, "k".repeat(65))).toEqual(
      failure(
        "ERROR_INVALID_PARAMETER",
        "Parameter is invalid. (key = client_token, reason = must have at most 64 characters)",
      ),
    );
  });

  it("is ignored by other methods, which have no client_token", async () => {
    expect(await tokenOf("get", body, "key-1")).toBeUndefined();
    expect(await tokenOf("get", { ...body, client_token: "key-1" }, "key-1")).toEqual(
      failure("ERROR_INVALID_PARAMETER", "Parameter is invalid. (key = client_token, reason = unknown field)"),
    );
  });
});

describe("an event that imitates the other kind", () => {
  it("an HTTP event without a verified token is not taken for a direct call", async () => {
    const { value } = await directly(endpointOf(echo), { ...httpEvent({ claims: undefined }), ...directEvent });

    expect(value).toMatchObject({ statusCode: 401 });
  });

  it.each(["requestContext", "routeKey", "version"])("an HTTP event without %s is refused", async (missing) => {
    const event = Object.fromEntries(Object.entries(httpEvent({ body })).filter(([key]) => key !== missing));

    const { error } = await directly(endpointOf(echo), { ...event, ...directEvent });

    expect(error).toMatchObject({ name: "ERROR_INVALID_PARAMETER", message: expect.stringContaining("unknown field") });
  });

  it.each(["1.0", "3.0", 2])("an event of payload format %j is refused", async (version) => {
    const { error } = await directly(endpointOf(echo), { ...httpEvent({ body }), version });

    expect(error).toMatchObject({ name: "ERROR_INVALID_PARAMETER" });
  });

  it("a body that looks like an event or a caller is only a body", async () => {
    const disguises = [httpEvent({ body }), { ...directEvent, principal: {} }, { ...directEvent, requestContext: {} }];

    for (const disguise of disguises) {
      const { answer } = await overHttp(endpointOf(echo), { body: disguise });
      expect(answer.statusCode).toBe(400);
      expect(JSON.parse(answer.body).detail.message).toContain("unknown field");
    }
  });
});

describe("an answer", () => {
  const limit = 6 * 1024 * 1024;
  const tooLarge =
    "the answer is larger than the 6 MB that a function can return: ask for a page of it with page.limit";

  it.each([
    { what: "letters", char: "x", bytes: 1 },
    { what: "quotes, which are escaped twice", char: '"', bytes: 4 },
    { what: "three-byte letters", char: "한", bytes: 3 },
    { what: "four-byte letters", char: "😀", bytes: 4 },
    { what: "control characters", char: "\u0001", bytes: 7 },
  ])("of $what is refused over HTTP, before Lambda refuses it", async ({ char, bytes }) => {
    const answerOf = async (length: number) => {
      const handler = endpointOf(async () => ({ text: char.repeat(length) }));
      return await overHttp(handler, { body });
    };

    const fitting = await answerOf(Math.floor((limit - 20_000) / bytes));
    const excessive = await answerOf(Math.ceil(limit / bytes));

    expect(fitting.answer.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(fitting.answer))).toBeLessThanOrEqual(limit);
    expect(JSON.parse(excessive.answer.body)).toEqual(
      failure("ERROR_DB_QUERY", `Database query failed. (reason = ${tooLarge})`),
    );
    expect(excessive.lines).toEqual([auditOf({ outcome: "ERROR_DB_QUERY" })]);
  });

  it("that is too large is refused for a direct call, too", async () => {
    const answerOf = async (length: number) =>
      await directly(
        endpointOf(async () => ({ text: "한".repeat(length) })),
        directEvent,
      );

    expect(await answerOf((limit - 20_000) / 3)).toHaveProperty("value");
    expect((await answerOf(limit / 3)).error).toMatchObject({ name: "ERROR_DB_QUERY" });
  });
});

describe("the answers to several items", () => {
  const large = { data: new JsonText(`{"a":"${"x".repeat(1_000_000)}"}`) };
  const itemsOf = (results: readonly object[]) =>
    endpointOf(async () => {
      const reference = { secret_id: secretId, name: null };
      return new ItemAnswers(results.map((result) => ({ kind: "answer", reference, result })));
    });
  const results = [...Array(10).fill(large), { data: new JsonText('{"small":1.0}') }];

  it("are returned while there is room; for the others, the answer says to ask for them alone", async () => {
    const http = await overHttp(itemsOf(results), { body });
    const direct = await directly(itemsOf(results), directEvent);

    for (const answer of [JSON.parse(http.answer.body), Object(direct.value)]) {
      expect(JSON.stringify(JSON.stringify(answer)).length).toBeLessThan(6 * 1024 * 1024);
      const codes = answer.results.map((item: { error?: { code: string } }) => item.error?.code ?? "OK");
      expect(codes).toEqual([...Array(6).fill("OK"), ...Array(4).fill("ERROR_DB_QUERY"), "OK"]);
      expect(answer.results[6].error.message).toContain("ask for fewer secrets at once");
    }
    expect(http.answer.body).toContain('{"small":1.0}');
  });

  it("fail one by one if Lambda would change a number", async () => {
    const handler = itemsOf([{ data: new JsonText('{"n":12345678901234567890}') }, { data: new JsonText('{"n":1}') }]);

    const { value } = await directly(handler, directEvent);

    expect(value).toMatchObject({ results: [{ error: { code: "ERROR_INVALID_PARAMETER" } }, { data: { n: 1 } }] });
  });
});

describe("the audit line", () => {
  it("is written once for every call, whoever calls and whatever the outcome", async () => {
    const handler = endpointOf(echo);
    const { scope: _, ...noScope } = claims;
    const outcomes: readonly [HttpRequest, object][] = [
      [{ body }, {}],
      [{ body: { ...body, only: 1 } }, { outcome: "ERROR_INVALID_PARAMETER_TYPE" }],
      [{ body: "{" }, { secret_id: null, outcome: "ERROR_INVALID_PARAMETER" }],
      [{ body: { secret_id: 1 } }, { secret_id: null, outcome: "ERROR_INVALID_PARAMETER_TYPE" }],
      [
        { claims: noScope, body },
        { secret_id: null, outcome: "ERROR_PERMISSION_DENIED" },
      ],
      [
        { claims: undefined, body },
        { caller: "unknown", domain_id: null, secret_id: null, outcome: "ERROR_AUTHENTICATE_FAILURE" },
      ],
    ];

    for (const [request, fields] of outcomes) {
      const { lines } = await overHttp(handler, request);
      expect(lines).toEqual([auditOf(fields)]);
    }
  });

  it("names IAM as the caller of a direct call", async () => {
    const answered = await directly(endpointOf(echo), directEvent);
    const refused = await directly(endpointOf(echo), { ...directEvent, nam: 1 });

    expect(answered.lines).toEqual([auditOf({ caller: "iam", via: "direct" })]);
    expect(refused.lines).toEqual([auditOf({ caller: "iam", via: "direct", outcome: "ERROR_INVALID_PARAMETER" })]);
  });

  it.each([
    ["", "direct"],
    [":$LATEST", "direct"],
  ])("tells whether a call used the function's plain name (%j: %s)", async (qualifier, via) => {
    const { lines } = await byArn(qualifier, directEvent);

    expect(lines).toEqual([auditOf({ caller: "iam", via })]);
  });

  it("names the alias and its grant", async () => {
    const answered = await byArn(":billing", { secret_id: secretId });
    const refused = await byArn(":nobody", directEvent);

    const answeredLine = auditOf({ caller: "alias:billing", via: "alias", grant: "billing-readers" });
    expect(answered.lines).toEqual([answeredLine]);
    const outcome = "ERROR_PERMISSION_DENIED";
    expect(refused.lines).toEqual([
      auditOf({ caller: "alias:nobody", via: "alias", domain_id: null, secret_id: null, outcome }),
    ]);
  });

  it("has the id of a created secret", async () => {
    const handler = endpointOf(async () => ({ secret_id: "secret-ffffffffffff" }), { route: "create" });

    const { lines } = await overHttp(handler, { body: { name: "n", data: {}, secret_type: "CREDENTIALS" } });

    expect(lines).toEqual([auditOf({ method: "create", secret_id: "secret-ffffffffffff" })]);
  });

  it.each([
    ["answered", async () => ({ name: "n" }), "OK"],
    [
      "refused",
      async () => await Promise.reject(new SecretError("ERROR_NOT_FOUND", { key: "name", value: "n" })),
      "ERROR_NOT_FOUND",
    ],
  ])("has the id of a secret that was named, also if it is %s", async (_, end, outcome) => {
    const handler = endpointOf(async (_request, call) => {
      call.noteName("n", "secret-ffffffffffff");
      return await end();
    });

    const { lines } = await overHttp(handler, { body: { name: "n" } });

    expect(lines).toEqual([auditOf({ secret_id: "secret-ffffffffffff", outcome })]);
  });

  it("is written once for each of several secrets, and once for the call", async () => {
    const failing = new SecretError("ERROR_UNAVAILABLE", { service: "kms" }, { cause: new Error(marker) });
    const handler = endpointOf(async (_request, call) => {
      call.noteName("n", "secret-ffffffffffff");
      const named = { secret_id: null, name: "n" };
      return new ItemAnswers([
        { kind: "answer", reference: { secret_id: secretId, name: null }, result: { secret_id: secretId, data: {} } },
        { kind: "failure", reference: named, error: failing },
      ]);
    });

    const { answer, lines } = await overHttp(handler, { body: { name: "n" } });

    const { code, message } = failing;
    expect(JSON.parse(answer.body)).toEqual({
      results: [
        { secret_id: secretId, data: {} },
        { name: "n", error: { code, message } },
      ],
    });
    expect(lines.slice(1)).toEqual([
      auditOf({ secret_id: secretId, item: 0 }),
      auditOf({ secret_id: "secret-ffffffffffff", outcome: code, item: 1 }),
      auditOf({ secret_id: "secret-ffffffffffff" }),
    ]);
    expect(lines[0]).toMatchObject({ message: "failure", code, service: "kms" });
  });

  it("cuts long values from the caller", async () => {
    const { lines } = await overHttp(endpointOf(echo), { body: { secret_id: "x".repeat(100_000) } });

    expect(lines).toEqual([auditOf({ secret_id: "x".repeat(1024), outcome: "ERROR_INVALID_PARAMETER" })]);
  });

  it("never holds data, wherever the request fails", async () => {
    const handlers = [
      endpointOf(async (request) => request, { route: "update-data" }),
      endpointOf(
        async (request) => {
          throw new Error(JSON.stringify(request), { cause: request });
        },
        { route: "update-data" },
      ),
    ];
    const messages = [
      { ...body, data: { [marker]: marker } },
      { ...body, data: { [marker]: [marker] }, nam: 1 },
      { ...body, data: marker },
      { ...body, data: [marker] },
      { secret_id: [marker], data: { a: marker } },
      { ...body, data: { a: marker }, schema: marker.repeat(9) },
    ];
    const texts = [
      ...messages.map((message) => JSON.stringify(message)),
      `{"data":{"${marker}":1,"${marker}":2}}`,
      `{"data":{"a":"${marker}"`,
    ];

    for (const handler of handlers) {
      for (const text of texts) {
        const http = await overHttp(handler, { body: text });
        expect(http.text).not.toContain(marker);
        if (http.answer.statusCode !== 200) expect(http.answer.body).not.toContain(marker);
      }
      for (const message of messages) {
        const direct = await directly(handler, { ...message, domain_id: "domain-1" });
        expect(direct.text).not.toContain(marker);
        if (direct.error !== undefined) expect(runtimeReport(direct.error).logged).not.toContain(marker);
      }
    }
  });
});

describe("any body", () => {
  it("over HTTP leads to a status below 500 and one audit line", async () => {
    const handler = endpointOf(async () => ({}), { route: "update-data" });
    const anyBody = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.base64String());

    await fc.assert(
      fc.asyncProperty(anyBody, fc.boolean(), async (text, isBase64Encoded) => {
        const { answer, lines } = await overHttp(handler, { body: text, isBase64Encoded });

        expect(answer.statusCode).toBeLessThan(500);
        expect(lines).toHaveLength(1);
      }),
    );
  });
});

describe("a call by an alias", () => {
  const denied = { name: "ERROR_PERMISSION_DENIED" };

  it("uses its grant's domain, which the message may leave out", async () => {
    const principal = { caller: "alias:billing", domainId: "domain-1", projects: null };
    const request = { secret_id: secretId, domain_id: "domain-1" };

    const answers = [await byArn(":billing", { secret_id: secretId }), await byArn(":billing", directEvent)];

    expect(answers.map(({ value }) => value)).toMatchObject([
      { request, principal },
      { request, principal },
    ]);
  });

  it("reaches no other domain, and no method beyond the grant's scopes", async () => {
    const foreign = await byArn(":billing", { ...directEvent, domain_id: "domain-2" });
    const beyond = await byArn(":billing", { ...directEvent, data: {} }, echo, "update-data");

    expect(foreign.error).toMatchObject(denied);
    expect(beyond.error).toMatchObject(denied);
  });

  it.each([":Billing", ":BILLING", ":billing ", ":1", ":ci", ":toString", ":__proto__", ":billing:x", ":?"])(
    "is refused without a grant for exactly this alias: %s",
    async (qualifier) => {
      const { error } = await byArn(qualifier, directEvent);

      expect(error).toMatchObject(denied);
    },
  );

  it.each([":billing", ":nobody", ":1"])(
    "in the gateway's form is refused before it is read: %s",
    async (qualifier) => {
      const event = httpEvent({ claims: { ...claims, scope: "secret:system" }, body });
      const read: PropertyKey[] = [];
      const watched = new Proxy(event, {
        get: (target, name) => {
          read.push(name);
          return Reflect.get(target, name);
        },
      });

      const { error, lines } = await byArn(qualifier, watched);

      expect(error).toMatchObject(denied);
      expect(read).not.toContain("body");
      expect(read).not.toContain("headers");
      expect(lines).toMatchObject([{ via: "alias", caller: `alias${qualifier}`, outcome: "ERROR_PERMISSION_DENIED" }]);
    },
  );

  it("is a system call without an alias, also as $LATEST", async () => {
    const answers = [await byArn("", directEvent), await byArn(":$LATEST", directEvent)];

    expect(answers.map(({ value }) => value)).toMatchObject(
      Array(2).fill({ principal: { caller: "iam", domainId: null, projects: null } }),
    );
  });
});

describe("a call whose function ARN is not understood", () => {
  const arn = "arn:aws:lambda:us-east-1:000000000000:function:secret-prod-get";

  it.each([
    undefined,
    "",
    "secret-prod-get",
    "000000000000:function:secret-prod-get",
    `${arn}:`,
    `${arn}\n`,
    ` ${arn}`,
    `x${arn}`,
    `${arn}:$latest`,
    `${arn}:$LATEST:billing`,
    `${arn}:$LATEST.PUBLISHED`,
    `${arn}:?`,
    arn.replace("lambda", "apigateway"),
    arn.replace("000000000000", ""),
    arn.replace("function", "layer"),
    arn.replace("us-east-1:", ""),
    arn.replace("aws", "gcp"),
  ])("is refused, directly and in the gateway's form: %j", async (invokedFunctionArn) => {
    const handler = endpointOf(echo, { grants });
    const context = { ...lambdaContext(), invokedFunctionArn } as Context;
    const call = async (event: unknown) =>
      await capture(async () => await handler(event, context).catch((error: unknown) => error));

    const direct = await call(directEvent);
    const http = await call(httpEvent({ claims: { ...claims, scope: "secret:system" }, body }));

    expect([direct.result, http.result]).toMatchObject(Array(2).fill({ name: "ERROR_PERMISSION_DENIED" }));
    expect([...direct.lines, ...http.lines]).toMatchObject(
      Array(2).fill({ via: "alias", outcome: "ERROR_PERMISSION_DENIED", grant: null }),
    );
  });

  it.each(["aws", "aws-cn", "aws-us-gov"])("is not one of the partition %s", async (partition) => {
    const invokedFunctionArn = arn.replace("arn:aws:", `arn:${partition}:`);
    const handler = endpointOf(echo, { grants });

    const { result } = await capture(
      async () => await handler(directEvent, { ...lambdaContext(), invokedFunctionArn } as Context),
    );

    expect(result).toMatchObject({ principal: { caller: "iam" } });
  });
});

describe("a token with a grant", () => {
  it("has the grant's domain and projects, whatever it claims, and its audit line names the grant", async () => {
    const token = { sub: "repo:octo/app", repository_id: "1", domain_id: "domain-2", projects: "[p-2]" };

    const { answer, lines } = await overHttp(endpointOf(echo, { grants }), { claims: token, body });

    expect(JSON.parse(answer.body)).toMatchObject({
      principal: { caller: "repo:octo/app", domainId: "domain-1", projects: ["p-1"] },
    });
    expect(lines).toMatchObject([{ caller: "repo:octo/app", via: "http", grant: "ci", domain_id: "domain-1" }]);
  });

  it("does not reach the domain that it claims itself", async () => {
    const token = { ...claims, repository_id: "1", domain_id: "domain-2" };

    const { answer } = await overHttp(endpointOf(echo, { grants }), {
      claims: token,
      body: { ...body, domain_id: "domain-2" },
    });

    expect(answer.statusCode).toBe(403);
  });
});
