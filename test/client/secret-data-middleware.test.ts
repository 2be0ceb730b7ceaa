import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { GetSecretDataRequest, SecretDataInfo, SecretDataItem, SecretDataResult } from "../../client/messages.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { withData } from "../../client/secret-data.ts";
import { type SecretDataOptions, type SecretSource, secretData } from "../../client/secret-data-middleware.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { lambdaContext } from "../http/events.ts";

/** A service that counts requests. Its data has the secret's id. */
class Service {
  readonly requests: string[] = [];
  failure: Error | undefined;

  async getData({ name = "", secret_id = `of ${name}` }: GetSecretDataRequest): Promise<SecretDataInfo> {
    this.requests.push(secret_id);
    if (this.failure !== undefined) throw this.failure;
    const answer = { secret_id, encrypted: false, encrypt_options: {}, version: 1, etag: "e" };
    return withData(answer, JsonText.of({ of: secret_id }));
  }
}

function parseOf({ of }: JsonObject): { readonly of: string } {
  if (typeof of !== "string") throw new TypeError("no secret of this kind");
  return { of };
}

const unavailable = new SecretApiError("ERROR_UNAVAILABLE", "The service does not answer.", { requestId: "r-1" });

describe("secretData", () => {
  it("returns exact text for numbers that JavaScript would change, and refuses values", async () => {
    const dataText = '{"id":1234567890123456789}';
    const answer = withData(
      { secret_id: "secret-1", encrypted: false, encrypt_options: {}, version: 1, etag: "e" },
      new JsonText(dataText),
    );
    const client = { getData: async () => answer };
    const exact = { secretId: "secret-1", parseText: (text: string) => /\d+/.exec(text)?.[0] };
    const handlerOf = (secrets: { readonly number: string | typeof exact }) =>
      middy()
        .use(secretData({ client, secrets }))
        .handler(async (_event, context) => Object(context).number);
    const context = lambdaContext() as never;

    expect(await handlerOf({ number: exact })({}, context)).toBe("1234567890123456789");
    await expect(handlerOf({ number: "secret-1" })({}, context)).rejects.toThrow("read dataText instead of data");
  });

  it("puts data into the context, plain or parsed, with its type", async () => {
    const client = new Service();
    const handler = middy()
      .use(secretData({ client, secrets: { plain: "a", parsed: { secretId: "b", parse: parseOf } } }))
      .handler(async (_event, context) => {
        expectTypeOf(context.plain).toEqualTypeOf<JsonObject>();
        expectTypeOf(context.parsed).toEqualTypeOf<{ readonly of: string }>();
        expectTypeOf(context.awsRequestId).toEqualTypeOf<string>();
        return [context.plain["of"], context.parsed.of];
      });

    expect(await handler({}, contextOf())).toEqual(["a", "b"]);
  });

  it("accepts names, with and without a parser", async () => {
    const secrets = { db: { name: "db" }, mail: { name: "mail", parse: parseOf } } as const;
    const handler = middy()
      .use(secretData({ client: new Service(), secrets }))
      .handler(async (_event, { db, mail }) => [db["of"], mail.of]);

    expect(await handler({}, contextOf())).toEqual(["of db", "of mail"]);
  });

  it("reads several secrets by one call, and names the key of one that fails", async () => {
    const calls: (readonly SecretDataItem[])[] = [];
    const service = new Service();
    const client = {
      getData: async (item: GetSecretDataRequest) => await service.getData(item),
      getMany: async (items: readonly SecretDataItem[]): Promise<readonly SecretDataResult[]> => {
        calls.push(items);
        return await Promise.all(
          items.map(async (item) =>
            item.name === "gone" ? { name: "gone", error: unavailable } : await service.getData(item),
          ),
        );
      },
    };
    const options = { client, maxAgeMs: 0 };
    const both = { db: "a", mail: { name: "mail" } } as const;
    const handlerOf = (secrets: SecretDataOptions<Record<string, SecretSource>>["secrets"]) =>
      middy()
        .use(secretData({ ...options, secrets }))
        .handler(async (_event, context) => ({ ...context }));

    const handler = handlerOf(both);
    await new Promise(setImmediate);
    const ahead = calls.length;
    const context = await handler({}, contextOf());
    const failure = await Promise.resolve(handlerOf({ ...both, old: { name: "gone" } })({}, contextOf())).catch(String);

    expect([ahead, context["db"], context["mail"]]).toEqual([1, { of: "a" }, { of: "of mail" }]);
    expect(calls.slice(0, 2)).toEqual([
      [{ secret_id: "a" }, { name: "mail" }],
      [
        { secret_id: "a", unless_etag: expect.any(String) },
        { name: "mail", unless_etag: expect.any(String) },
      ],
    ]);
    expect(failure).toContain('The secret data "old" cannot be read: The service does not answer.');
  });

  it("shares data with other middlewares", async () => {
    const internals: unknown[] = [];
    const handler = middy()
      .use(secretData({ client: new Service(), secrets: { db: "a" } }))
      .before(({ internal }) => void internals.push({ ...internal }))
      .handler(async () => null);

    await handler({}, contextOf());

    expect(internals).toEqual([{ db: { of: "a" } }]);
  });

  it("prefetches once, and then reads from memory while the data is fresh", async () => {
    const client = new Service();
    const handler = middy()
      .use(secretData({ client, secrets: { db: "a" } }))
      .handler(async () => null);

    await new Promise(setImmediate);
    const ahead = [...client.requests];
    await handler({}, contextOf());
    await handler({}, contextOf());

    expect(ahead).toEqual(["a"]);
    expect(client.requests).toEqual(["a"]);
  });

  it.each([
    ["asks again when the data is old", { maxAgeMs: 0 }, ["a", "a", "a"]],
    ["prefetches nothing if configured so", { disablePrefetch: true }, ["a"]],
  ])("%s", async (_, options, requests) => {
    const client = new Service();
    const handler = middy()
      .use(secretData({ client, secrets: { db: "a" }, ...options }))
      .handler(async () => null);
    // The prefetch has ended.
    await new Promise(setImmediate);

    await handler({}, contextOf());
    await handler({}, contextOf());

    expect(client.requests).toEqual(requests);
  });

  it("fails the invocation, naming the key, and works when the service is back", async () => {
    const client = new Service();
    client.failure = unavailable;
    const handler = middy()
      .use(secretData({ client, secrets: { db: "a" } }))
      .handler(async (_event, { db }) => db);

    const failure = await Promise.resolve(handler({}, contextOf())).catch((error: unknown) => error);
    client.failure = undefined;

    expect(failure).toMatchObject({
      name: "SecretApiError",
      code: "ERROR_UNAVAILABLE",
      message: 'The secret data "db" cannot be read: The service does not answer.',
      requestId: "r-1",
      cause: unavailable,
    });
    expect(await handler({}, contextOf())).toEqual({ of: "a" });
  });

  it("rethrows what the parser throws", async () => {
    const refuse = () => {
      throw new TypeError("no secret of this kind");
    };
    const handler = middy()
      .use(secretData({ client: new Service(), secrets: { db: { secretId: "a", parse: refuse } } }))
      .handler(async () => null);

    await expect(handler({}, contextOf())).rejects.toEqual(new TypeError("no secret of this kind"));
  });

  it("names its hook for middy's own tools", () => {
    const { name, before } = secretData({ client: new Service(), secrets: {} });

    expect([name, before?.name]).toEqual(["secretData", "secretDataMiddlewareBefore"]);
  });
});

/** The handler's type requires the members that the middleware adds later. */
function contextOf<Wanted extends Context>(): Wanted {
  return lambdaContext() as Wanted;
}
