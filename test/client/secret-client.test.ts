import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CallOptions } from "../../client/call.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { SecretClient, type SecretClientOptions } from "../../client/secret-client.ts";
import type { Transport } from "../../client/transport.ts";
import { seal } from "../../lib/crypto/envelope.ts";
import { toSealedAnswer } from "../../lib/crypto/sealed-answer.ts";
import type { Route } from "../../lib/http/routes.ts";
import { FakeKeyService } from "../fakes/key-service.ts";

interface Sent {
  readonly route: Route;
  readonly message: { readonly [field: string]: unknown };
}

type Answer = { readonly [field: string]: unknown } | Error;

/** The members of the service's answer to each method. */
const answers: { readonly [Name in Route]: { readonly [field: string]: unknown } } = {
  create: secretInfo(),
  update: secretInfo(),
  delete: {},
  "update-data": {},
  "get-data": { data: { a: 1 }, encrypted: false, encrypt_options: {}, version: 2, etag: "2-x" },
  get: { name: "n" },
  list: { results: [], total_count: 0 },
  stat: { results: [] },
};

function secretInfo(): { readonly [field: string]: unknown } {
  return { secret_id: "secret-0123456789ab", name: "n" };
}

/** A service that gives these answers one after the other, and then repeats the last one. */
function service(...answers: readonly [Answer, ...Answer[]]): { readonly transport: Transport; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const transport: Transport = async (route, message) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] ?? {};
    sent.push({ route, message: { ...message } });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { transport, sent };
}

function clientOf(transport: Transport, options: SecretClientOptions = {}): SecretClient {
  return new SecretClient(transport, { retry: { delayMs: 1 }, ...options });
}

type Call = (client: SecretClient, options?: CallOptions) => Promise<unknown>;

const secret = { secret_id: "secret-0123456789ab", domain_id: "domain-1" };
const calls: readonly (readonly [Route, Call])[] = [
  ["create", (client, options) => client.create({ name: "n", data: {}, secret_type: "CREDENTIALS" }, options)],
  ["update", (client, options) => client.update({ ...secret, release_project: true }, options)],
  ["delete", (client, options) => client.delete(secret, options)],
  ["update-data", (client, options) => client.updateData({ ...secret, data: { a: 1 } }, options)],
  ["get-data", (client, options) => client.getData({ ...secret, version: 2 }, options)],
  ["get", (client, options) => client.get({ ...secret, only: ["name"] }, options)],
  ["list", (client, options) => client.list({ name: ["a", "b"], query: { minimal: true } }, options)],
  ["stat", (client, options) => client.stat({ query: { distinct: "provider" } }, options)],
];

const unavailable = new SecretApiError("ERROR_UNAVAILABLE", "…", { status: 503 });
const timeout = new SecretApiError("ERROR_REQUEST_TIMEOUT", "…", { status: 504 });
const throttled = new SecretApiError("ERROR_UNAVAILABLE", "…", { status: 429, isUnprocessed: true });

describe("SecretClient", () => {
  it.each([
    ["create", { name: "n", data: {}, secret_type: "CREDENTIALS", client_token: expect.any(String) }],
    ["update", { ...secret, release_project: true }],
    ["delete", secret],
    ["update-data", { ...secret, data: { a: 1 }, client_token: expect.any(String) }],
    ["get-data", { ...secret, version: 2 }],
    ["get", { ...secret, only: ["name"] }],
    ["list", { name: ["a", "b"], query: { minimal: true } }],
    ["stat", { query: { distinct: "provider" } }],
  ] as const)("%s sends its message", async (route, message) => {
    const { transport, sent } = service(answers[route]);

    await callOf(route)(clientOf(transport));

    expect(sent).toEqual([{ route, message }]);
  });

  it.each(calls)("%s returns the service's answer, or nothing if it is empty", async (route, call) => {
    const { transport } = service(answers[route]);

    const result = await call(clientOf(transport));

    if (route === "delete" || route === "update-data") expect(result).toBeUndefined();
    else expect(result).toMatchObject(answers[route]);
  });

  it("sends a client_token with every create, the caller's if there is one", async () => {
    const { transport, sent } = service(answers.create);
    const client = clientOf(transport);
    const request = { name: "n", data: {}, secret_type: "CREDENTIALS" } as const;

    await client.create(request);
    await client.create({ ...request, client_token: "" });
    await client.create({ ...request, client_token: "mine" });

    const tokens = sent.map(({ message }) => message["client_token"]);
    expect(tokens).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      "mine",
    ]);
    expect(tokens[0]).not.toBe(tokens[1]);
  });
});

describe("a failure", () => {
  const repeatable = calls.filter(([route]) => route !== "update" && route !== "delete");
  const unrepeatable = calls.filter(([route]) => route === "update" || route === "delete");

  it.each(repeatable)("of %s is retried with the same message", async (route, call) => {
    const { transport, sent } = service(unavailable, timeout, answers[route]);

    await call(clientOf(transport));

    expect(sent.length).toBe(3);
    expect(sent.slice(1)).toEqual([sent[0], sent[0]]);
  });

  it.each(unrepeatable)("of %s is not retried, because the call may have been done", async (_, call) => {
    const { transport, sent } = service(unavailable, {});

    await expect(call(clientOf(transport))).rejects.toBe(unavailable);

    expect(sent.length).toBe(1);
  });

  it.each(calls)("of %s, before the call reached the service, is retried", async (route, call) => {
    const { transport, sent } = service(throttled, answers[route]);

    await call(clientOf(transport));

    expect(sent.length).toBe(2);
  });

  it.each([
    ["ERROR_UNKNOWN", 500],
    ["ERROR_VERSION_CONFLICT", 409],
    ["ERROR_NOT_FOUND", 404],
    ["ERROR_AUTHENTICATE_FAILURE", 401],
  ] as const)("with %s is final", async (code, status) => {
    const error = new SecretApiError(code, "…", { status });
    const { transport, sent } = service(error);

    await expect(callOf("get")(clientOf(transport))).rejects.toBe(error);

    expect(sent.length).toBe(1);
  });

  it.each([
    [4, {}],
    [1, { attempts: 1 }],
    [6, { attempts: 6 }],
  ])("that lasts is thrown after %i attempts", async (attempts, retry) => {
    const { transport, sent } = service(unavailable);

    await expect(callOf("get")(clientOf(transport, { retry: { delayMs: 1, ...retry } }))).rejects.toBe(unavailable);

    expect(sent.length).toBe(attempts);
  });

  it("is not retried after the caller aborted", async () => {
    const patience = new AbortController();
    const sent: unknown[] = [];
    const transport: Transport = async (route) => {
      sent.push(route);
      // While the client waits for its next attempt, as long as the service asked.
      setImmediate(() => patience.abort(new Error("no patience")));
      throw new SecretApiError("ERROR_UNAVAILABLE", "…", { status: 503, retryAfterMs: 20_000 });
    };

    await expect(callOf("get")(clientOf(transport), { signal: patience.signal })).rejects.toThrow("no patience");

    expect(sent.length).toBe(1);
  });
});

describe("a call's time", () => {
  const endless: Transport = async () => await new Promise(() => undefined);

  it.each([
    ["the client's", { timeoutMs: 5 }, undefined],
    ["the call's own", { timeoutMs: 60_000 }, { timeoutMs: 5 }],
  ])("is limited by %s limit, even if the transport ignores the signal", async (_, options, call) => {
    const failing = callOf("update")(clientOf(endless, options), call);

    await expect(failing).rejects.toMatchObject({
      name: "SecretApiError",
      code: "ERROR_REQUEST_TIMEOUT",
      message: "The call did not end in time. (timeout = 5 ms)",
    });
  });

  it("does not keep the process alive after the call", () => {
    const code = `
      const { SecretClient } = await import(${JSON.stringify(join(import.meta.dirname, "../../client/secret-client.ts"))});
      await new SecretClient(async () => ({}), { timeoutMs: 2 ** 30 }).get({ secret_id: "a" });
      console.log("ended");`;

    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { timeout: 20_000 });

    expect(output.toString()).toBe("ended\n");
  });

  it("can be unlimited", async () => {
    const { transport } = service({});

    expect(await callOf("get")(clientOf(transport, { timeoutMs: Number.POSITIVE_INFINITY }))).toEqual({});
  });

  it("ends with the caller's reason, even if the transport ignores the signal", async () => {
    const failing = callOf("get")(clientOf(endless), { signal: AbortSignal.abort(new Error("no patience")) });

    await expect(failing).rejects.toEqual(new Error("no patience"));
  });

  it("is not spent on a retry that would exceed it: the error is thrown at once", async () => {
    const busy = new SecretApiError("ERROR_UNAVAILABLE", "…", { status: 503, retryAfterMs: 31_000 });
    const { transport, sent } = service(busy);

    await expect(callOf("get")(clientOf(transport))).rejects.toBe(busy);

    expect(sent.length).toBe(1);
  });

  it("includes unwrapping", async () => {
    const keys = new FakeKeyService();
    const context = { ...secret, version: "2" };
    const sealed = seal(Buffer.from("{}"), await keys.generateDataKey(context), context);
    const { transport } = service({ ...toSealedAnswer({ sealed, context }), version: 2 });
    const signals: unknown[] = [];
    const unwrap: SecretClientOptions["unwrap"] = async (_key, _context, options) => {
      signals.push(options?.signal);
      return await new Promise(() => undefined);
    };

    const failing = clientOf(transport, { unwrap, timeoutMs: 50 }).openData(secret);

    await expect(failing).rejects.toMatchObject({ code: "ERROR_REQUEST_TIMEOUT" });
    expect(signals).toMatchObject([{ aborted: true }]);
  });
});

describe("getData", () => {
  const keys = new FakeKeyService();
  const context = { ...secret, version: "2" };

  async function sealedAnswer(): Promise<{ readonly [field: string]: unknown }> {
    const sealed = seal(Buffer.from('{"password":"s3cr3t"}'), await keys.generateDataKey(context), context);
    return { ...toSealedAnswer({ sealed, context }), version: 2, etag: "2-x" };
  }

  const unwrap: SecretClientOptions["unwrap"] = async (key, bound) => await keys.unwrapDataKey(key, bound);

  const plain = { data: { password: "theirs" }, encrypted: false, encrypt_options: {}, version: 2, etag: "2-x" };

  it("opens sealed data", async () => {
    const { transport } = service(await sealedAnswer());

    const answer = await clientOf(transport, { unwrap }).getData({ ...secret, version: 2, sealed: true });

    const opened = { data: { password: "s3cr3t" }, encrypted: false, encrypt_options: {} };
    const { secret_id } = secret;
    expect(answer).toEqual({ secret_id, ...opened, dataText: '{"password":"s3cr3t"}', version: 2, etag: "2-x" });
  });

  it("opens sealed data of a secret that was asked for by name", async () => {
    const { secret_id, domain_id } = secret;
    const sealed = await sealedAnswer();
    const { transport, sent } = service(
      { ...sealed, secret_id },
      { ...sealed, secret_id: "secret-ffffffffffff" },
      sealed,
    );
    const client = clientOf(transport, { unwrap });
    const byName = { name: "db", domain_id };

    expect(await client.openData(byName)).toMatchObject({ secret_id, data: { password: "s3cr3t" } });
    await expect(client.openData(byName)).rejects.toThrow("another secret_id");
    await expect(client.openData(byName)).rejects.toThrow("does not say which secret it is of");
    expect(sent[0]).toEqual({ route: "get-data", message: { ...byName, sealed: true } });
  });

  it("refuses data of another secret than it asked for", async () => {
    const { transport } = service({ ...plain, secret_id: "secret-ffffffffffff" });

    await expect(clientOf(transport).getData(secret)).rejects.toThrow("The answer is for another secret_id.");
  });

  it("returns sealed data unopened if it cannot unwrap keys", async () => {
    const sealed = await sealedAnswer();
    const { transport } = service(sealed);

    expect(await clientOf(transport).getData({ ...secret, sealed: true })).toMatchObject(sealed);
  });

  it("opens nothing if the data is not modified", async () => {
    const unchanged = { data: {}, encrypted: false, encrypt_options: {}, version: 2, etag: "2-x", not_modified: true };
    const { transport } = service(unchanged);

    const answer = await clientOf(transport, { unwrap }).getData({ ...secret, sealed: true, unless_etag: "2-x" });

    expect(answer).toEqual({ ...unchanged, secret_id: secret.secret_id, dataText: "{}" });
  });

  it("asks for sealed data, as openData", async () => {
    const { transport, sent } = service(await sealedAnswer());

    const answer = await clientOf(transport, { unwrap }).openData({ ...secret, unless_etag: "1-x" });

    expect(answer).toMatchObject({ data: { password: "s3cr3t" }, encrypted: false, version: 2 });
    expect(sent).toEqual([{ route: "get-data", message: { ...secret, unless_etag: "1-x", sealed: true } }]);
  });

  it("opens nothing if the data is not modified, as openData", async () => {
    const unchanged = { data: {}, encrypted: false, encrypt_options: {}, version: 2, etag: "2-x", not_modified: true };
    const { transport } = service(unchanged);

    expect(await clientOf(transport, { unwrap }).openData({ ...secret, unless_etag: "2-x" })).toEqual({
      ...unchanged,
      secret_id: secret.secret_id,
      dataText: "{}",
    });
  });

  const unasked = "The answer is refused: it is that nothing has changed, which was not asked.";
  const inPlain = "The answer is refused: it is in plain, and was asked for sealed.";

  it.each([
    ["plaintext for sealed data", { sealed: true }, plain, inPlain],
    ["plaintext for sealed data that has changed", { sealed: true, unless_etag: "1-x" }, plain, inPlain],
    ["a not-modified answer without unless_etag", { sealed: true }, { ...plain, not_modified: true }, unasked],
    ["a not-modified answer in plain text without unless_etag", {}, { ...plain, not_modified: true }, unasked],
    ["no change from an empty etag", { unless_etag: "" }, { ...plain, not_modified: true }, unasked],
  ])("refuses %s", async (_, request, answer, message) => {
    const { transport } = service(answer);
    const refused = expect.objectContaining({ name: "SecretApiError", code: "ERROR_UNKNOWN", message });

    for (const options of [{}, { unwrap }])
      await expect(clientOf(transport, options).getData({ ...secret, ...request })).rejects.toEqual(refused);
  });

  it.each([
    [plain, inPlain],
    [{ ...plain, not_modified: true }, unasked],
  ])("refuses plaintext, as openData: %j", async (answer, message) => {
    const { transport } = service(answer);

    await expect(clientOf(transport, { unwrap }).openData(secret)).rejects.toMatchObject({ message });
  });

  it.each([{ sealed: true }, { sealed: false }])("refuses a not-modified answer that has data: %j", async (request) => {
    const { transport } = service({ ...plain, encrypt_options: { a: 1 }, not_modified: true });

    const answer = await clientOf(transport, { unwrap }).getData({ ...secret, ...request, unless_etag: "2-x" });

    expect(answer).toEqual({ ...plain, secret_id: secret.secret_id, data: {}, dataText: "{}", not_modified: true });
  });

  it.each([
    [undefined, 3],
    [undefined, undefined],
    [2, 3],
    [3, 3],
  ])("refuses version 2 if %s was asked for and the answer says %s", async (asked, called) => {
    const { transport } = service({ ...(await sealedAnswer()), version: called });
    const request = { ...secret, ...(asked !== undefined && { version: asked }) };

    await expect(clientOf(transport, { unwrap }).openData(request)).rejects.toEqual(
      new TypeError("The sealed answer is for another version."),
    );
  });

  const { secret_id } = secret;

  it("opens only the client's own domain's data, if the request names no domain", async () => {
    const { transport, sent } = service(await sealedAnswer());

    const opened = await clientOf(transport, { unwrap, domain_id: "domain-1" }).openData({ secret_id });
    const foreign = clientOf(transport, { unwrap, domain_id: "domain-2" }).openData({ secret_id });

    await expect(foreign).rejects.toEqual(new TypeError("The sealed answer is for another domain_id."));
    expect(opened.data).toEqual({ password: "s3cr3t" });
    expect(sent[0]?.message).toEqual({ ...secret, sealed: true });
  });

  it("opens nothing if the domain is unknown", async () => {
    const { transport, sent } = service(await sealedAnswer());
    const client = clientOf(transport, { unwrap });
    const unknown = new TypeError("Sealed data needs a domain: set domain_id in the request, or in the client.");

    await expect(client.openData({ secret_id })).rejects.toEqual(unknown);
    expect(sent).toEqual([]);
    await expect(client.getData({ secret_id })).rejects.toEqual(unknown);
  });

  it("sends nothing if it could not open the answer, as openData", async () => {
    const { transport, sent } = service({});

    await expect(clientOf(transport).openData(secret)).rejects.toThrow(TypeError);

    expect(sent).toEqual([]);
  });

  it.each([
    [{ ...secret, secret_id: "secret-ffffffffffff" }, "secret_id"],
    [{ ...secret, domain_id: "domain-2" }, "domain_id"],
    [{ ...secret, version: 1 }, "version"],
  ])("refuses data that was sealed for another than %j", async (request, field) => {
    const { transport } = service(await sealedAnswer());

    await expect(clientOf(transport, { unwrap }).getData({ ...request, sealed: true })).rejects.toEqual(
      new TypeError(`The sealed answer is for another ${field}.`),
    );
  });
});

function callOf(route: Route): Call {
  const [, call] = calls.find(([name]) => name === route) ?? [];
  if (call === undefined) throw new Error(`no call of ${route}`);
  return call;
}
