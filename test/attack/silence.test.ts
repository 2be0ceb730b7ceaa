/**
 * Data, keys and tokens appear only in the answers that return data. Whatever is called, and whatever fails, they are
 * in no log line, no error and no table. On a running stack: test/e2e/traces.test.ts.
 */

import { createServer } from "node:http";
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Endpoint } from "../../lib/http/endpoint.ts";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { tableRoles } from "../../tools/deploy/tables.ts";
import { close, listen } from "../../tools/local/loopback.ts";
import { claims, httpEvent, lambdaContext } from "../http/events.ts";
import { type Choice, FaultProxy, failure } from "../store/fault-proxy.ts";
import { someOf } from "../support/thorough.ts";
import { record } from "./recorder.ts";
import { putRow, type Row, scanRows } from "./rows.ts";
import { type Reply, type Service, startService } from "./service.ts";

const dataMarker = "data-3fa1c0de";
const tokenMarker = "token-77e2b1aa";
const bearerMarker = "bearer-90cd4e11";
const identityMarker = "identity-15ab66f0";
const foreignMarker = "foreign-c8d2e3f4";

let service: Service;
let proxy: FaultProxy;
const identity = createServer((_, response) => {
  response.writeHead(500, { "content-type": "text/html" }).end(`<html>${identityMarker}</html>`);
});

beforeAll(async () => {
  service = await startService({
    IDENTITY_URL: await listen(identity, 0),
    IDENTITY_TOKEN: identityMarker,
    DATA_KEY_CACHE_SECONDS: "0",
  });
  // Clients look up their endpoint at the first request.
  proxy = await new FaultProxy(service.database.url).start();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", proxy.url);
  const message = { name: "theirs", tags: { [foreignMarker]: foreignMarker }, data: { foreignMarker } };
  await call("create", { ...message, secret_type: "CREDENTIALS" }, { domain_id: "domain-2" });
});
afterAll(async () => {
  await proxy.close();
  await service.close();
  await close(identity);
});

interface Call {
  readonly route: Route;
  readonly reply: Reply;
}

/** All requests and answers of all tests. */
const calls: Call[] = [];

async function call(route: Route, body: unknown, more: object = {}): Promise<Reply> {
  const headers = { authorization: `Bearer ${bearerMarker}`, cookie: `token=${bearerMarker}` };
  const reply = await service.post(route, body, { headers, claims: { sub: "ada", ...more } });
  calls.push({ route, reply });
  return reply;
}

async function invoke(route: Route, event: unknown): Promise<Reply> {
  const reply = await service.deliver(route, event);
  calls.push({ route, reply });
  return reply;
}

const data = { [dataMarker]: dataMarker, nested: { [dataMarker]: [dataMarker] } };
let made = 0;

async function create(more: object = {}): Promise<string> {
  made += 1;
  const message = { name: `secret-${made}`, data, secret_type: "CREDENTIALS", client_token: `${tokenMarker}-${made}` };
  const { body } = await call("create", { ...message, ...more });
  return String(Reflect.get(Object(body), "secret_id"));
}

/** Calls every method once, on a secret with a trusted secret. */
async function callAll(own: string): Promise<void> {
  await create({ trusted_secret_id: own });
  await create({ service_account_id: "sa-1" });
  await call("update", { secret_id: own, tags: { a: 1 } });
  await call("update-data", { secret_id: own, data, client_token: tokenMarker });
  await call("update-data", { secret_id: own, data, expected_version: 77 });
  await call("get-data", { secret_id: own });
  await call("get-data", { secret_id: own, sealed: true });
  await call("get-data", { secret_id: own, version: 1 });
  await call("get-data", { secret_id: own }, { projects: "[project-1]" });
  await call("get", { secret_id: own });
  const { name } = Object((await call("get", { secret_id: own, only: ["name"] })).body);
  await call("get", { name: name ?? "nobody's" });
  await call("get-data", { name: name ?? "nobody's" });
  await call("get-data", { items: [{ secret_id: own }, { secret_id: own, version: 1 }, { name: "nobody's" }] });
  await call("list", {});
  await call("list", { secret_id: own });
  await call("stat", { query: { aggregate: [{ group: { keys: [{ key: "tags", name: "t" }], fields: [] } }] } });
  await invoke("get-data", { secret_id: own, domain_id: "domain-1" });
  await invoke("update-data", { secret_id: own, domain_id: "domain-1", data, client_token: tokenMarker });
  await call("delete", { secret_id: own });
  await call("delete", { secret_id: "secret-000000000000" });
}

/** Messages that fail, with data in every place that an error could quote. */
async function callWrongly(own: string): Promise<void> {
  const wrong: readonly (readonly [Route, unknown])[] = [
    ["create", { name: "secret-1", data, secret_type: "CREDENTIALS" }],
    ["create", { name: "x", data, secret_type: "OTHER" }],
    ["create", { name: "x".repeat(300), data, secret_type: "CREDENTIALS" }],
    ["create", { data }],
    ["create", { name: "x", data: dataMarker, secret_type: "CREDENTIALS" }],
    ["create", { name: "x", data: [data], secret_type: "CREDENTIALS" }],
    ["create", { name: "x", data, dat: data, secret_type: "CREDENTIALS" }],
    ["create", `{"name":"x","data":{"${dataMarker}":1,"${dataMarker}":2}}`],
    ["create", `{"name":"x","data":{"a":"${dataMarker}"`],
    ["create", `{"name":"x","data":{"a":"${dataMarker}"}}${dataMarker}`],
    ["create", { name: "x", data: { a: dataMarker.repeat(40_000) }, secret_type: "CREDENTIALS" }],
    ["update", { secret_id: own, data }],
    ["update-data", { secret_id: own, data: dataMarker }],
    [
      "update-data",
      { secret_id: own, data: { ...data, deep: JSON.parse("[".repeat(90) + "]".repeat(90)) }, version: 1 },
    ],
    ["update-data", { secret_id: "secret-000000000000", data }],
    ["get-data", { secret_id: own, data }],
    ["list", { query: { filter: [{ key: "data", operator: "eq", value: data }] } }],
    ["stat", { query: { distinct: "data", filter: [{ key: "name", operator: "regex", value: `(${dataMarker}` }] } }],
  ];
  for (const [route, body] of wrong) await call(route, body);
  for (const [route, body] of wrong)
    await invoke(route, typeof body === "string" ? body : { domain_id: "domain-1", ...Object(body) });
}

async function withTables(choice: Choice, run: () => Promise<void>): Promise<void> {
  proxy.otherwise = choice;
  try {
    await run();
  } finally {
    proxy.otherwise = "serve";
  }
}

const tableFailures: readonly (readonly [string, Choice])[] = [
  ["refuse", () => failure("AccessDeniedException")],
  [
    "call a mistake, and quote it",
    ({ body }) => failure("ValidationException", { message: `${dataMarker} ${JSON.stringify(body)}` }),
  ],
  ["answer with HTML", () => ({ status: 200, body: `<html>${dataMarker}</html>` })],
  [
    "answer something else",
    () => ({ status: 200, body: { Item: { a: { S: dataMarker } }, Items: [{ a: { S: dataMarker } }] } }),
  ],
  ["hang up", "lose-request"],
];

const keyFailures = [
  "AccessDeniedException",
  "DisabledException",
  "InvalidCiphertextException",
  "KMSInternalException",
] as const;

/** Strings in place of bytes, and bytes in place of strings: errors about such rows must not quote them. */
const corruptions: readonly (readonly [string, "secrets" | "data", (row: Row) => Row])[] = [
  ["a data row of strings", "data", (row) => ({ ...row, encrypted_data: dataMarker, nonce: dataMarker })],
  ["a data row that does not open", "data", (row) => ({ ...row, encrypted_data: Buffer.from(dataMarker.repeat(9)) })],
  ["a data row of a strange suite", "data", (row) => ({ ...row, encrypt_algorithm: dataMarker })],
  [
    "a data row of a strange trusted secret",
    "data",
    (row) => ({ ...row, trusted_secret_id: { [dataMarker]: dataMarker } }),
  ],
  ["a secret of a strange schema", "secrets", (row) => ({ ...row, schema: Buffer.from(dataMarker) })],
  ["a secret of strange tags", "secrets", (row) => ({ ...row, tags: new Set([dataMarker]) })],
  ["a secret of a strange version", "secrets", (row) => ({ ...row, version: dataMarker, revision: dataMarker })],
];

describe("every method is called", () => {
  it("while everything works", async () => {
    await callAll(await create());
    await callWrongly(await create());

    expect(new Set(calls.map(({ reply }) => reply.status))).toEqual(new Set([200, 400, 404, 409, 503]));
  });

  it.each(someOf(tableFailures, 1))("while the tables %s", async (_, choice) => {
    const own = await create();
    const before = calls.length;

    await withTables(choice, async () => await callAll(own));

    expect(calls.slice(before).filter(({ reply }) => reply.status >= 500).length).toBeGreaterThan(10);
  });

  it.each(someOf(keyFailures, 1))("while KMS answers %s", async (error) => {
    const own = await create();
    const before = calls.length;
    service.kms.faults.add({ kind: "error", error });

    await callAll(own);
    service.kms.faults.clear();

    expect(calls.slice(before).filter(({ reply }) => reply.status >= 500).length).toBeGreaterThanOrEqual(5);
  });

  it.each(someOf(corruptions, 2))("on %s", async (_, table, corrupt) => {
    const own = await create();
    const row = (await scanRows(service.database, table)).find((one) => JSON.stringify(one).includes(own));
    const before = calls.length;
    await putRow(service.database, table, corrupt({ ...row }));

    await callAll(own);

    expect(calls.slice(before).filter(({ reply }) => reply.status === 500).length).toBeGreaterThanOrEqual(1);
    // Other tests would fail because of it.
    await putRow(service.database, table, { ...row });
    await call("delete", { secret_id: own });
  });
});

describe("whether a name is taken is not revealed", () => {
  const limited = { projects: "[project-b]" };
  const messages = [{}, { version: 1 }, { version: 7 }, { sealed: true }];

  async function answersTo(name: string): Promise<readonly unknown[]> {
    const replies = [await call("get", { name }, limited), await call("get", { name, only: ["name"] }, limited)];
    for (const message of messages) replies.push(await call("get-data", { name, ...message }, limited));
    const items = [{ name }, { name, version: 1 }, { name, version: 7 }];
    const { results }: { readonly results?: readonly object[] } = Object(
      (await call("get-data", { items }, limited)).body,
    );
    expect(results).toEqual(items.map(() => ({ name, error: Object(replies[0]?.body).detail })));
    return replies.map(({ status, body }) => [status, JSON.stringify(body)]);
  }

  it("for a caller who may not see the secret", async () => {
    const before = await answersTo("hidden");
    await create({ name: "hidden", project_id: "project-a" });

    expect(await answersTo("hidden")).toEqual(before);
    expect(new Set(before.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

/** The encodings in which a string may be sent. */
function formsOf(text: string | Uint8Array): readonly string[] {
  const bytes = Buffer.from(text);
  // The part of the base64 that does not depend on the string's position in a longer one.
  const shifted = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  return [
    bytes.toString("latin1"),
    bytes.toString("hex"),
    bytes.toString("utf16le"),
    encodeURIComponent(bytes.toString("latin1")),
    ...shifted,
  ];
}

function find(forms: readonly string[], texts: readonly string[]): readonly string[] {
  return texts.filter((text) => forms.some((form) => text.includes(form)));
}

/** Strings, and bytes decoded to strings. */
function readable(row: Row): string {
  const toText = (_: string, value: unknown) => {
    if (Object(value).type === "Buffer") return Buffer.from(Object(value).data).toString("latin1");
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  };
  return JSON.stringify(row, toText) + JSON.stringify(row);
}

async function allRows(): Promise<readonly Row[]> {
  return (await Promise.all(tableRoles.map(async (table) => await scanRows(service.database, table)))).flat();
}

/** Every data key that is still wrapped in a row. */
async function dataKeys(): Promise<readonly Uint8Array[]> {
  const kms = new KMSClient({ endpoint: service.kms.url });
  const deleted = await scanRows(service.database, "deleted");
  const kept = deleted.filter(({ part }) => part === "data");
  const rows = [...(await scanRows(service.database, "data")), ...kept];
  const unwrapped = rows.map(async ({ secret, version, encrypted_data_key, trusted_secret_id }) => {
    const [domain_id = "", secret_id = ""] = String(secret).split("/");
    const trusted = trusted_secret_id === undefined ? {} : { trusted_secret_id: String(trusted_secret_id) };
    const EncryptionContext = { domain_id, secret_id, version: String(version), ...trusted };
    const command = new DecryptCommand({ CiphertextBlob: encrypted_data_key as Uint8Array, EncryptionContext });
    return (await kms.send(command)).Plaintext ?? new Uint8Array();
  });
  const keys = await Promise.all(unwrapped);
  kms.destroy();
  return keys;
}

describe("a deleted secret", () => {
  const never = { id: "secret-0123456789ab", name: "never" };

  it("gets the same answers from every method as a secret that never existed", async () => {
    const gone = { id: await create({ name: "gone" }), name: "gone" };
    await call("delete", { secret_id: gone.id });
    const questions = ({ id, name }: typeof never): readonly (readonly [Route, object])[] => [
      ["get", { secret_id: id }],
      ["get-data", { secret_id: id }],
      ["get-data", { secret_id: id, version: 1 }],
      ["get-data", { secret_id: id, sealed: true, unless_etag: "etag" }],
      ["get-data", { items: [{ secret_id: id }, { secret_id: id, version: 1 }, { name }] }],
      ["update", { secret_id: id, tags: {} }],
      ["update", { secret_id: id, name: "another" }],
      ["update-data", { secret_id: id, data: {}, expected_version: 1 }],
      ["delete", { secret_id: id }],
      ["delete", { secret_id: id, permanently: true }],
      ["create", { name: "under it", data: {}, secret_type: "CREDENTIALS", trusted_secret_id: id }],
      ["list", { secret_id: [id] }],
      ["list", { name }],
      ["list", { query: { keyword: name } }],
      ["list", { query: { filter: [{ k: "name", v: name, o: "eq" }], count_only: true } }],
      ["stat", { query: { filter: [{ k: "secret_id", v: id, o: "eq" }], aggregate: [{ count: { name: "n" } }] } }],
      ["create", { name, data: {}, secret_type: "CREDENTIALS", schema: "" }],
    ];
    const answersAbout = async (one: typeof never) => {
      const answers: string[] = [];
      for (const [route, message] of questions(one)) {
        const { text, status } = await call(route, message);
        // These differ from one secret to the next: id, name and time.
        const told = text.replaceAll(one.id, "ID").replaceAll(one.name, "NAME");
        answers.push(`${route} ${status} ${told.replaceAll(/secret-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…")}`);
      }
      return answers;
    };

    expect(await answersAbout(gone)).toEqual(await answersAbout(never));
  });
});

describe("after all these calls", () => {
  const logged = () => calls.map(({ reply }) => reply.logged);
  const failed = () => calls.flatMap(({ reply }) => (reply.status === 200 ? failedItems(reply) : [reply.text]));

  it("only the answers to get_data hold data", () => {
    const told = calls.filter(({ reply }) => reply.text.includes(dataMarker));

    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map(({ route, reply }) => `${route} ${reply.status}`))).toEqual(new Set(["get-data 200"]));
  });

  it.each([
    ["data", dataMarker],
    ["a client_token", tokenMarker],
    ["a bearer token", bearerMarker],
    ["the token for the identity service", identityMarker],
    ["a tag of another domain", foreignMarker],
  ])("no log line and no error holds %s", (_, marker) => {
    const forms = formsOf(marker);

    expect(find(forms, logged())).toEqual([]);
    expect(find(forms, failed())).toEqual([]);
  });

  it.each([
    ["data", dataMarker],
    ["a client_token", tokenMarker],
    ["a bearer token", bearerMarker],
  ])("no table holds %s", async (_, marker) => {
    const rows = (await allRows()).map(readable);

    expect(rows.length).toBeGreaterThan(40);
    expect(find(formsOf(marker), rows)).toEqual([]);
    expect(find(formsOf("secret-1"), rows).length).toBeGreaterThan(0);
  });

  it("no log line, error or table holds a data key", async () => {
    const keys = await dataKeys();
    const rows = (await allRows()).map(readable);
    const told = calls.map(({ reply }) => reply.text);

    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(find(formsOf(key), [...rows, ...logged(), ...told])).toEqual([]);
  });

  it("every call has one audit line: who did what to which secret, and the outcome", () => {
    const lines = calls.map(({ reply }) =>
      // Each of several items has a line of its own as well.
      reply.logged.split("\n").filter((line) => line.includes('"message":"audit"') && !line.includes('"item":')),
    );

    expect(lines.filter((of) => of.length !== 1)).toEqual([]);
    const audits = lines.flat().map((line) => JSON.parse(line));
    const named = calls.map(({ route, reply }, index) => ({
      method: route,
      caller: expect.stringMatching(/^(ada|iam)$/),
      outcome: outcomeOf(reply),
      secret_id: audits[index]?.secret_id ?? null,
    }));
    expect(audits).toEqual(named.map((entry) => expect.objectContaining(entry)));
    const linesOfItems = calls.map(({ reply }) => reply.logged.split("\n").filter((line) => line.includes('"item":')));
    const items = linesOfItems.flat().map((line) => JSON.parse(line));
    expect(items.length).toBeGreaterThan(10);
    const dataReads = [...audits.filter((_, index) => linesOfItems[index]?.length === 0), ...items].filter(
      ({ method, outcome }) => method === "get-data" && outcome === "OK",
    );
    expect(dataReads.length).toBeGreaterThan(10);
    expect(
      dataReads.filter(({ secret_id, domain_id }) => !(secret_id?.startsWith("secret-") && domain_id === "domain-1")),
    ).toEqual([]);
  });
});

/** The errors in an answer to several items. */
function failedItems({ body }: Reply): readonly string[] {
  const { results }: { readonly results?: readonly unknown[] } = Object(body);
  return (results ?? []).filter((result) => "error" in Object(result)).map((result) => JSON.stringify(result));
}

function outcomeOf({ status, body }: Reply): unknown {
  if (status === 200) return "OK";
  const { detail, errorType } = Object(body);
  return detail?.code ?? errorType;
}

describe("data is returned", () => {
  const event = (secret_id: string) => httpEvent({ body: { secret_id }, claims });
  let own: string;
  let handler: Endpoint;

  beforeAll(async () => {
    own = await create();
    handler = ((await import("../../handlers/get-data.ts")) as { readonly handler: Endpoint }).handler;
  });

  it.each([
    ["over HTTP", () => event(own)],
    ["directly", () => ({ secret_id: own, domain_id: "domain-1" })],
  ])("%s only after the audit line is written", async (_, eventOf) => {
    const order: string[] = [];
    const recording = record((piece) => order.push(`written ${JSON.parse(piece).outcome}`));

    const answer = await handler(eventOf(), lambdaContext()).finally(recording.stop);
    order.push(JSON.stringify(answer).includes(dataMarker) ? "left" : "did not leave");

    expect(order).toEqual(["written OK", "left"]);
  });

  it.each([
    ["over HTTP", () => event(own)],
    ["directly", () => ({ secret_id: own, domain_id: "domain-1" })],
  ])("not %s if the audit line cannot be written", async (_, eventOf) => {
    const write = vi.spyOn(process.stdout, "write").mockImplementation(() => {
      throw new Error("EPIPE");
    });

    const answer = await handler(eventOf(), lambdaContext()).then(
      (value) => value,
      (error: unknown) => ({ failed: String(error) }),
    );
    write.mockRestore();

    expect(answer).toEqual({ failed: expect.any(String) });
    expect(JSON.stringify(answer)).not.toContain(dataMarker);
  });
});

it("every method was called", () => {
  expect([...new Set(calls.map(({ route }) => route))].sort()).toEqual([...routeNames].sort());
});
