/**
 * Malicious messages to all eight functions: ambiguous, too large, or with active content. Duplicate members, wrong
 * encodings and events that imitate the other form: test/http/incoming.test.ts, test/http/endpoint.test.ts.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { httpEvent } from "../http/events.ts";
import { type Reply, type Service, startService } from "./service.ts";

let service: Service;
let secretId: string;

beforeAll(async () => {
  service = await startService();
  const { body } = await service.post("create", { ...create, name: "existing", tags: { text: "x", list: [1, 2] } });
  secretId = String(Reflect.get(Object(body), "secret_id"));
});
afterAll(async () => await service.close());

const create = { name: "made", data: { a: 1 }, secret_type: "CREDENTIALS" };
const count = { aggregate: [{ count: { name: "n" } }] };

/** The smallest valid message of each method. */
function messageOf(route: Route): { readonly [field: string]: unknown } {
  if (route === "create") return create;
  if (route === "list") return {};
  if (route === "stat") return { query: count };
  return route === "update-data" ? { secret_id: secretId, data: {} } : { secret_id: secretId };
}

/** The methods that neither create nor delete a secret. */
const kept = routeNames.filter((route) => route !== "delete" && route !== "create");

async function onAll(send: (route: Route) => Promise<Reply>, among: readonly Route[] = routeNames): Promise<string[]> {
  const statuses: string[] = [];
  for (const route of among) statuses.push(`${route} ${(await send(route)).status}`);
  return statuses;
}

const all = (status: number, among: readonly Route[] = routeNames) => among.map((route) => `${route} ${status}`);

describe("a body that other parsers would read differently", () => {
  it.each([
    ["a form", "application/x-www-form-urlencoded"],
    ["several parts", "multipart/form-data; boundary=x"],
    ["UTF-16", "application/json; charset=utf-16le"],
    ["XML", "application/xml"],
    ["compressed", "application/json"],
  ])("is parsed as JSON, whatever its content-type says: %s", async (_, type) => {
    const headers = { "content-type": type, "content-encoding": "gzip", "transfer-encoding": "chunked" };

    const statuses = await onAll(async (route) => await service.post(route, messageOf(route), { headers }), kept);

    expect(statuses).toEqual(all(200, kept));
  });

  it.each([
    ["compressed", Buffer.from("1f8b0800000000000003ab05000043bfa6a302000000", "hex")],
    ["UTF-16", Buffer.from('{"secret_id":"x"}', "utf16le")],
    ["UTF-7", Buffer.from("+AHs-}")],
    ["two documents", Buffer.from("{}{}")],
    ["JSON lines", Buffer.from("{}\n{}")],
    ["JSON with comments", Buffer.from("{/**/}")],
    ["a trailing zero", Buffer.from("{}\0")],
    ["single quotes", Buffer.from("{'a':1}")],
    ["CBOR", Buffer.from("a0", "hex")],
  ])("is refused: %s", async (_, bytes) => {
    const base64 = { isBase64Encoded: true };

    const statuses = await onAll(async (route) => await service.post(route, bytes.toString("base64"), base64));

    expect(statuses).toEqual(all(400));
  });

  it("is decoded as base64 only if the gateway says so", async () => {
    const encoded = (route: Route) => Buffer.from(JSON.stringify(messageOf(route))).toString("base64");

    const told = await onAll(
      async (route) => await service.post(route, encoded(route), { isBase64Encoded: true }),
      kept,
    );
    const untold = await onAll(async (route) => await service.post(route, encoded(route)));

    expect(told).toEqual(all(200, kept));
    expect(untold).toEqual(all(400));
  });

  it.each([
    "x-http-method-override",
    "x-amzn-request-context",
    "x-forwarded-user",
    "x-domain-id",
    "authorization",
    "x-amz-invocation-type",
  ])("gets no other caller or message through the header %s", async (name) => {
    const headers = { [name]: '{"scope":"secret:system","domain_id":"domain-2"}' };

    const reply = await service.post("list", { domain_id: "domain-2" }, { headers });

    expect(reply.status).toBe(403);
  });

  it("gets no other caller or message through a query string, path or cookies", async () => {
    const event = {
      ...httpEvent({ body: messageOf("get") }),
      rawPath: "/secret/v1/secret/get-data",
      rawQueryString: "domain_id=domain-2",
      queryStringParameters: { domain_id: "domain-2", secret_id: "other" },
      pathParameters: { domain_id: "domain-2" },
      stageVariables: { DOMAIN_CLAIM: "sub" },
      cookies: ["domain_id=domain-2"],
    };

    const reply = await service.deliver("get", event);

    expect(reply).toMatchObject({ status: 200, body: { domain_id: "domain-1", secret_id: secretId } });
  });

  it.each([{ headers: { big: "x".repeat(5_000_000) } }, { headers: undefined }, { headers: null }, { headers: [] }])(
    "is read whatever its headers are ($#)",
    async (more) => {
      const statuses = await onAll(
        async (route) => await service.deliver(route, { ...httpEvent({ body: messageOf(route) }), ...more }),
        kept,
      );

      expect(statuses).toEqual(all(200, kept));
    },
  );

  it("has an oversized Idempotency-Key refused", async () => {
    const headers = { "Idempotency-Key": "x".repeat(1_000_000) };

    const reply = await service.post("create", create, { headers });

    expect(reply.status).toBe(400);
    expect(reply.text.length).toBeLessThan(500);
  });
});

describe("a body that is too large or too deep", () => {
  const levels = 100_000;
  const wide = (item: (index: number) => unknown, length: number) => Array.from({ length }, (_, index) => item(index));
  const filter = { key: "name", operator: "eq", value: "x" };

  it.each([
    ["lists in lists", () => `{"data":${"[".repeat(levels)}${"]".repeat(levels)}}`],
    ["objects in objects", () => `${'{"tags":'.repeat(levels / 3)}1${"}".repeat(levels / 3)}`],
    ["many members", () => JSON.stringify(Object.fromEntries(wide((index) => [`m${index}`, 1], 20_000) as []))],
    ["many members of data", () => `{"data":{${wide((index) => `"m${index}":1`, 30_000).join()}}}`],
    ["a member over and over", () => `{${wide(() => '"data":{}', 50_000).join()}}`],
    ["a long name", () => `{"${"x".repeat(2_000_000)}":1}`],
    ["escapes without end", () => `{"secret_id":"${"\\u0061".repeat(300_000)}"}`],
    ["a long number", () => `{"version":${"9".repeat(1_000_000)}}`],
    ["a long exponent", () => `{"version":1e${"9".repeat(1_000_000)}}`],
    ["quotes without end", () => '"'.repeat(2_000_000)],
    ["backslashes without end", () => `{"a":"${"\\".repeat(2_000_000)}`],
    ["endless whitespace", () => " ".repeat(2_000_000)],
    ["many conditions", () => JSON.stringify({ query: { ...count, filter: wide(() => filter, 5_000) } })],
    ["many stages", () => JSON.stringify({ query: { aggregate: wide(() => ({ skip: 1 }), 10_000) } })],
    ["many ids", () => JSON.stringify({ secret_id: wide(String, 20_000) })],
  ])("is refused: %s", async (_, body) => {
    const text = body();

    const replies: Reply[] = [];
    for (const route of routeNames) replies.push(await service.post(route, text));

    expect(replies.map(({ status }) => status)).toEqual(routeNames.map(() => 400));
    expect(Math.max(...replies.map(({ text: answer }) => answer.length))).toBeLessThan(1000);
  });
});

describe("a name with a meaning in JavaScript, such as __proto__", () => {
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
  const describePrototypes = () => prototypes.map((one) => Object.entries(Object.getOwnPropertyDescriptors(one)));
  const before = describePrototypes();

  afterEach(() => {
    expect(describePrototypes()).toEqual(before);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  const evil = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "length"];
  const payloads = [
    '{"polluted":true}',
    '{"prototype":{"polluted":true}}',
    '{"__proto__":{"polluted":true}}',
    '"polluted"',
    "1",
  ];
  const bodies = evil.flatMap((name, index) =>
    payloads.filter((_, at) => index < 3 || at === index % payloads.length).map((payload) => ({ name, payload })),
  );

  it.each(bodies)("is an ordinary field: $name $payload", async ({ name, payload }) => {
    const member = `"${name}":${payload}`;
    const texts: readonly (readonly [Route, string])[] = [
      ...routeNames.map((route) => [route, `{${member}}`] as const),
      ["create", `{"name":"${name}","secret_type":"CREDENTIALS","data":{${member},"a":{${member}}}}`],
      ["create", `{"name":"${name}-2","secret_type":"CREDENTIALS","data":{},"tags":{${member},"a":{${member}}}}`],
      ["update", `{"secret_id":"${secretId}","tags":{${member}}}`],
      ["update-data", `{"secret_id":"${secretId}","data":{${member}}}`],
      ["list", `{"query":{${member}}}`],
      ["list", `{"query":{"filter":[{"key":"name","value":{${member}},"operator":"eq"}]}}`],
      ["list", `{"query":{"filter":[{"key":"tags.list","value":{${member}},"operator":"match"}]}}`],
      ["list", `{"query":{"filter":[{${member}}]}}`],
      ["stat", `{"query":{"aggregate":[{${member}}]}}`],
    ];

    for (const [route, text] of texts) {
      const { status } = await service.post(route, text);
      expect([text, [200, 400, 409].includes(status)]).toEqual([text, true]);
    }
  });

  it.each(evil)("is an ordinary path, key and name: %s", async (name) => {
    const paths = [name, `tags.${name}`, `tags.${name}.polluted`, `tags.text.${name}`, `${name}.${name}`];
    const field = (key: string, n: string) => ({ key, name: n, operator: "push" });
    const queries: readonly (readonly [Route, (path: string) => object])[] = [
      ["get", (path) => ({ secret_id: secretId, only: [path] })],
      ["list", (path) => ({ query: { only: [path] } })],
      ["list", (path) => ({ query: { sort: { key: path } } })],
      ["list", (path) => ({ query: { filter: [{ key: path, operator: "exists", value: true }] } })],
      ["list", (path) => ({ query: { filter: [{ key: "name", operator: path, value: true }] } })],
      ["stat", (path) => ({ query: { distinct: path } })],
      ["stat", (path) => ({ query: { aggregate: [{ unwind: { path } }] } })],
      ["stat", (path) => ({ query: { aggregate: [{ count: { name: path } }] } })],
      [
        "stat",
        (path) => ({
          query: { aggregate: [{ group: { keys: [{ key: path, name: path }], fields: [field(path, name)] } }] },
        }),
      ],
      [
        "stat",
        (path) => ({
          query: {
            aggregate: [
              {
                group: {
                  keys: [{ key: "tags", name: "t" }],
                  fields: [{ name: path, operator: "merge_objects", fields: [{ key: path, name: path }] }],
                },
              },
            ],
          },
        }),
      ],
      ["stat", (path) => ({ query: { aggregate: [{ project: { fields: [{ key: path, name: path }] } }] } })],
      [
        "stat",
        (path) => ({
          query: { aggregate: [{ project: { fields: [{ name: path, operator: "array_to_object", key: path }] } }] },
        }),
      ],
    ];

    for (const path of paths) {
      for (const [route, messageWith] of queries) {
        const { status, text } = await service.post(route, messageWith(path));
        expect([route, path, [200, 400].includes(status) || text]).toEqual([route, path, true]);
      }
    }
  });
});

describe("the log", () => {
  const nasty = [
    'x\n{"level":"INFO","message":"audit","outcome":"OK","caller":"root"}\n',
    "x\r\nx",
    '","outcome":"OK","x":"',
    "\u001b[2J\u001b]0;title\u0007",
    "\u009b31m\u0085next line",
    "line\u2028separator\u2029paragraph",
    "\u202egnp.exe",
    "\u0000\u0008\u007f",
    "\ud800 \udfff",
    "x".repeat(2000),
  ];
  // All characters that act on a terminal, a pager or a line reader.
  const active = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

  it.each(nasty)("has one line of plain JSON for each call: %j", async (text) => {
    const bodies: readonly object[] = [
      { secret_id: text },
      { secret_id: secretId, domain_id: text },
      { [text]: text },
      { name: text, data: {}, secret_type: "CREDENTIALS" },
      { query: { keyword: text, filter: [{ key: text, operator: text, value: text }] } },
    ];
    const claims = [{}, { scope: "secret:system", sub: text }, { scope: text, domain_id: text, sub: text }];

    const lines: string[] = [];
    let calls = 0;
    for (const route of routeNames) {
      for (const body of bodies) {
        for (const claim of claims) {
          const { logged } = await service.post(route, JSON.stringify(body), { claims: claim });
          lines.push(...logged.split("\n").filter((line) => line !== ""));
          calls += 1;
        }
      }
    }

    expect(lines.length).toBe(calls);
    expect(lines.filter((line) => active.test(line)).slice(0, 3)).toEqual([]);
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(lines.map(() => "audit"));
  });
});
