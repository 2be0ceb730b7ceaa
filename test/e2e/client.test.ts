/** The client on a whole local stack, behind a proxy that fails on command. */

import { randomUUID } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientCredentials } from "../../client/client-credentials.ts";
import { httpTransport, type TokenSource } from "../../client/http-transport.ts";
import { kmsUnwrap } from "../../client/kms-unwrap.ts";
import { lambdaTransport } from "../../client/lambda-transport.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { SecretClient, type SecretClientOptions } from "../../client/secret-client.ts";
import { SecretDataCache } from "../../client/secret-data-cache.ts";
import { secretData } from "../../client/secret-data-middleware.ts";
import { credentials } from "../../tools/local/folder.ts";
import { lambdaContext } from "../http/events.ts";
import { FaultProxy } from "../store/fault-proxy.ts";
import { getToken } from "../support/stack.ts";
import { stack } from "./service.ts";

let proxy: FaultProxy;
let lambda: LambdaClient;
let kms: KMSClient;

beforeAll(async () => {
  const { api, region, kms: kmsUrl, lambda: lambdaUrl } = stack;
  proxy = await new FaultProxy(api).start();
  lambda = new LambdaClient({ endpoint: lambdaUrl, region, credentials, maxAttempts: 1 });
  kms = new KMSClient({ endpoint: kmsUrl, region, credentials });
});

afterAll(async () => {
  lambda.destroy();
  kms.destroy();
  await proxy.close();
});

beforeEach(() => proxy.reset());

const busy = { status: 503, body: { detail: { code: "ERROR_UNAVAILABLE", message: "…" } } };
const secret = { secret_type: "CREDENTIALS", data: { user: "ada", password: "s3cr3t" } } as const;

function tokenSource(domain: string): TokenSource {
  return clientCredentials({
    tokenUrl: `${stack.issuer}/token`,
    clientId: "test",
    clientSecret: "t0p",
    scope: "secret:read secret:write secret:data",
    parameters: { domain_id: domain },
  });
}

/** A client with its own domain, through the proxy. */
function newClient(options: SecretClientOptions = {}, domain = `domain-${randomUUID()}`): SecretClient {
  const transport = httpTransport({ url: proxy.url, token: tokenSource(domain) });
  return new SecretClient(transport, { retry: { delayMs: 1 }, ...options });
}

/** The methods that the proxy saw. */
function routes(): readonly string[] {
  return proxy.requests.map(({ operation }) => operation.replace(/^.*\//, ""));
}

describe("a failing service", () => {
  it.each([["lose-answer"], ["cut-answer"], [busy], ["lose-request"]] as const)(
    "leads to one secret and one version, whatever fails first: %j",
    async (fate) => {
      const client = newClient();

      proxy.fates = [fate];
      const { secret_id } = await client.create({ ...secret, name: "a" });
      proxy.fates = [fate];
      await client.updateData({ secret_id, data: { n: 2 } });
      const { total_count } = await client.list({});
      const { version, data } = await client.getData({ secret_id });

      expect({ total_count, version, data }).toEqual({ total_count: 1, version: 2, data: { n: 2 } });
      expect(routes()).toEqual(["create", "create", "update-data", "update-data", "list", "get-data"]);
      const tokens = proxy.requests.map(({ body }) => body["client_token"]);
      expect(tokens[0]).toBe(tokens[1]);
      expect(tokens[2]).toBe(tokens[3]);
      expect(tokens[0]).not.toBe(tokens[2]);
    },
  );

  it("is not asked again to do what may have been done", async () => {
    const client = newClient();
    const { secret_id } = await client.create({ ...secret, name: "a" });
    proxy.fates = ["lose-answer"];

    await expect(client.delete({ secret_id })).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      isUnprocessed: false,
    });
    await expect(client.get({ secret_id })).rejects.toMatchObject({ code: "ERROR_NOT_FOUND", status: 404 });

    expect(routes()).toEqual(["create", "delete", "get"]);
  });

  it("does not keep a caller waiting beyond its time limit", async () => {
    const client = newClient();
    // Gets the token first, so that only the request takes time.
    await client.list({ query: { count_only: true } });
    proxy.reset();
    proxy.fates = ["hang"];

    await expect(client.list({}, { timeoutMs: 1000 })).rejects.toMatchObject({ code: "ERROR_REQUEST_TIMEOUT" });

    // The client closes the connection; it does not only stop waiting.
    while (proxy.hanging > 0) await new Promise(setImmediate);
    expect(routes()).toEqual(["list"]);
  });

  it("does not keep a caller waiting who has aborted", async () => {
    const client = newClient();
    const patience = new AbortController();
    proxy.fates = [
      () => {
        patience.abort(new Error("no patience"));
        return "hang";
      },
    ];

    await expect(client.list({}, { signal: patience.signal })).rejects.toEqual(new Error("no patience"));
  });
});

describe("a token", () => {
  it("that has expired is renewed, and the call succeeds", async () => {
    const domain = `domain-${randomUUID()}`;
    const fields = { domain_id: domain, scope: "secret:write" };
    const expired = await getToken(stack.issuer, { ...fields, expires_in: "-60" });
    const valid = await getToken(stack.issuer, fields);
    const token: TokenSource = async ({ rejected }) => (rejected === expired ? valid : expired);
    const client = new SecretClient(httpTransport({ url: proxy.url, token }));

    const { domain_id } = await client.create({ ...secret, name: "a" });

    expect(domain_id).toBe(domain);
    expect(routes()).toEqual(["create", "create"]);
  });
});

describe("listAll", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g"];

  it("finds every secret once, with the requested fields", async () => {
    const client = newClient();
    for (const name of names) await client.create({ ...secret, name, tags: { env: name < "f" ? "prod" : "test" } });

    const query = { filter: [{ key: "tags.env", operator: "eq", value: "prod" }], only: ["name"] } as const;
    const found: { readonly name: string; readonly secret_id: string }[] = [];
    for await (const row of client.listAll({ query }, { pageSize: 2 })) found.push(row);

    expect(found.map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d", "e"]);
    expect(found.map(({ secret_id }) => secret_id)).toEqual(found.map(({ secret_id }) => secret_id).sort());
    expect(found.map((row) => Object.keys(row).sort())).toEqual(found.map(() => ["name", "secret_id"]));
  });

  it("neither misses nor repeats a secret while others write between pages", async () => {
    const client = newClient();
    const staying = new Set<string>();
    for (const name of names) staying.add((await client.create({ ...secret, name })).secret_id);
    const going: string[] = [];
    for (const name of names) going.push((await client.create({ ...secret, name: `going-${name}` })).secret_id);

    const found: string[] = [];
    for await (const { secret_id } of client.listAll({ query: { minimal: true } }, { pageSize: 2 })) {
      found.push(secret_id);
      const gone = going.pop();
      if (gone !== undefined) await client.delete({ secret_id: gone });
      if (found.length <= 2 * names.length) await client.create({ ...secret, name: `new-${found.length}` });
    }

    expect(found.filter((id) => staying.has(id)).sort()).toEqual([...staying].sort());
    expect(new Set(found).size).toBe(found.length);
  });
});

describe("sealed data", () => {
  it.each(["http", "lambda"])("is opened only by the client, over %s", async (way) => {
    const domain = `domain-${randomUUID()}`;
    const unwrap = kmsUnwrap(kms, stack.key_id);
    const functions = (route: string) => `secret-local-${route}`;
    const client =
      way === "http"
        ? newClient({ unwrap }, domain)
        : new SecretClient(lambdaTransport({ client: lambda, functions }), { unwrap });
    const { secret_id } = await client.create({ ...secret, name: "a", domain_id: domain });

    const opened = await client.openData({ secret_id, domain_id: domain });
    const unchanged = await client.openData({ secret_id, domain_id: domain, unless_etag: opened.etag });

    expect(opened).toMatchObject({ data: secret.data, encrypted: false, encrypt_options: {}, version: 1 });
    expect(unchanged).toMatchObject({ data: {}, not_modified: true });
  });
});

describe("SecretDataCache", () => {
  it.each([[false], [true]])("asks only for changes, and survives an outage; sealed: %s", async (sealed) => {
    const domain = `domain-${randomUUID()}`;
    const client = newClient({ domain_id: domain, unwrap: kmsUnwrap(kms), retry: { attempts: 1 } }, domain);
    const { secret_id } = await client.create({ ...secret, name: "a" });
    let nowMs = 0;
    const cache = new SecretDataCache({ client, sealed, maxAgeMs: 1000, staleIfErrorMs: 1000, now: () => nowMs });
    proxy.reset();

    const [first] = await Promise.all([cache.get(secret_id), cache.get(secret_id), cache.get(secret_id)]);
    nowMs = 1000;
    const unchanged = await cache.get(secret_id);
    await client.updateData({ secret_id, data: { n: 2 } });
    nowMs = 2000;
    const changed = await cache.get(secret_id);
    nowMs = 3000;
    proxy.otherwise = busy;
    const stale = await cache.get(secret_id);
    nowMs = 4000;
    const failure = await cache.get(secret_id).catch((error: unknown) => error);

    expect([first?.data, changed.data]).toEqual([secret.data, { n: 2 }]);
    expect(unchanged).toBe(first);
    expect(stale).toBe(changed);
    expect(failure).toMatchObject({ code: "ERROR_UNAVAILABLE" });
    expect(routes()).toEqual(["get-data", "get-data", "update-data", "get-data", "get-data", "get-data"]);
  });

  it("does not return deleted data", async () => {
    const client = newClient();
    const { secret_id } = await client.create({ ...secret, name: "a" });
    const cache = new SecretDataCache({ client, maxAgeMs: 0, staleIfErrorMs: 60_000 });
    await cache.get(secret_id);

    await client.delete({ secret_id });

    await expect(cache.get(secret_id)).rejects.toMatchObject({ code: "ERROR_NOT_FOUND" });
  });
});

describe("secretData", () => {
  it("gives a handler its data, and fails an invocation with a clear error", async () => {
    const client = newClient({ retry: { attempts: 1 } });
    const { secret_id } = await client.create({ ...secret, name: "a" });
    const handler = middy()
      .use(secretData({ client, secrets: { database: secret_id }, maxAgeMs: 0 }))
      .handler(async (_event, { database }) => database);
    const invoke = async () => await handler({}, lambdaContext() as Context & { readonly database: never });

    const before = await invoke();
    await client.updateData({ secret_id, data: { n: 2 } });
    const after = await invoke();
    await client.delete({ secret_id });
    const failure = await invoke().catch((error: unknown) => error);

    expect([before, after]).toEqual([secret.data, { n: 2 }]);
    expect(failure).toMatchObject({
      code: "ERROR_NOT_FOUND",
      message: expect.stringMatching(/^The secret data "database" cannot be read: Resource cannot be found/),
    });
  });
});

describe("a client's error", () => {
  it.each([
    ["lose-answer"],
    ["cut-answer"],
    [{ status: 200, body: '{"data":{"password":"s3cr3t"' }],
    [{ status: 500, body: '{"data":{"password":"s3cr3t"}}' }],
    [busy],
  ] as const)("shows neither data nor a token: %j", async (fate) => {
    const client = newClient({ retry: { attempts: 1 } });
    const { secret_id } = await client.create({ ...secret, name: "a" });
    proxy.otherwise = fate;

    const failures = await Promise.allSettled([
      client.create({ ...secret, name: "b" }),
      client.updateData({ secret_id, data: secret.data }),
      client.getData({ secret_id }),
    ]);

    for (const failure of failures) {
      const shown = failure.status === "rejected" ? everything(failure.reason) : "";
      expect(failure).toMatchObject({ status: "rejected", reason: expect.any(SecretApiError) });
      expect(shown).not.toMatch(/s3cr3t|Bearer|eyJ|t0p/);
    }
  });
});

/** Everything that a log of an error could contain. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack} ${JSON.stringify(error)} ${everything(error.cause)}`;
}
