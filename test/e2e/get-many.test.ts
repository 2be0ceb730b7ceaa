/** The client's `getMany` on a whole local stack. */

import { KMSClient } from "@aws-sdk/client-kms";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kmsUnwrap } from "../../client/kms-unwrap.ts";
import type { SecretClient } from "../../client/secret-client.ts";
import { SecretDataCache } from "../../client/secret-data-cache.ts";
import { secretData } from "../../client/secret-data-middleware.ts";
import { credentials } from "../../tools/local/folder.ts";
import { lambdaContext } from "../http/events.ts";
import { httpClient, lambdaClient, newDomain, secret, stack } from "./service.ts";

let kms: KMSClient;

beforeAll(() => {
  kms = new KMSClient({ endpoint: stack.kms, region: stack.region, credentials });
});

afterAll(() => kms.destroy());

async function clientOver(way: "http" | "lambda", domain_id: string): Promise<SecretClient> {
  const options = { domain_id, unwrap: kmsUnwrap(kms, stack.key_id), retry: { attempts: 1 } };
  return way === "http" ? await httpClient({ domain_id }, options) : lambdaClient(options);
}

describe.each(["http", "lambda"] as const)("getMany over %s", (way) => {
  it.each([[false], [true]])("reads by id and by name, and fails only the wrong ones; sealed: %s", async (sealed) => {
    const client = await clientOver(way, newDomain());
    const { secret_id } = await client.create({ ...secret, name: "a" });
    const own = await client.create({ ...secret, name: "b", data: { n: 1.5 }, trusted_secret_id: secret_id });
    await client.updateData({ secret_id, data: { user: "bob" } });
    const { etag } = await client.getData({ secret_id });

    const results = await client.getMany(
      [
        { name: "b" },
        { name: "nobody" },
        { secret_id, version: 1 },
        { secret_id, version: 9 },
        { secret_id, unless_etag: etag },
        { name: "b" },
      ],
      { sealed },
    );

    const laid = { secret_id: own.secret_id, data: { user: "bob", n: 1.5 }, encrypted: false, version: 1 };
    const absent = { code: "ERROR_NOT_FOUND", message: expect.stringMatching(/^Resource cannot be found/) };
    expect(results).toMatchObject([
      laid,
      { name: "nobody", error: absent },
      { secret_id, data: secret.data, version: 1 },
      { secret_id, error: absent },
      { secret_id, data: {}, not_modified: true },
      laid,
    ]);
  });
});

describe("getMany", () => {
  it("keeps every digit over HTTP, and over Lambda fails only for such a secret", async () => {
    const domain = newDomain();
    const http = await clientOver("http", domain);
    await http.create({ name: "exact", secret_type: "CREDENTIALS", dataText: '{"2":1234567890123456789,"1":1.10}' });
    await http.create({ ...secret, name: "a" });
    const items = [{ name: "exact" }, { name: "a" }];

    const overHttp = await http.getMany(items);
    const overLambda = await (await clientOver("lambda", domain)).getMany(items);

    expect(overHttp.map(Object).map(({ dataText }) => dataText)).toEqual([
      '{"2":1234567890123456789,"1":1.10}',
      JSON.stringify(secret.data),
    ]);
    expect(overLambda).toMatchObject([
      { name: "exact", error: { code: "ERROR_INVALID_PARAMETER" } },
      { data: secret.data },
    ]);
  });

  it("reads more secrets than fit into one answer or one call", async () => {
    const client = await clientOver("http", newDomain());
    const { secret_id } = await client.create({ ...secret, name: "large", data: { text: "x".repeat(380_000) } });
    const small = await client.create({ ...secret, name: "small" });
    const ids = [...Array<string>(20).fill(secret_id), ...Array<string>(40).fill(small.secret_id)];

    const results = await client.getMany(ids.map((id) => ({ secret_id: id })));

    expect(results.map((result) => result.error)).toEqual(ids.map(() => undefined));
    expect(results.map((result) => result.secret_id)).toEqual(ids);
  });

  it("fails as a whole for a caller who may not read data", async () => {
    const client = await httpClient({ domain_id: newDomain(), scope: "secret:read" });

    await expect(client.getMany([{ name: "a" }, { name: "b" }])).rejects.toMatchObject({
      code: "ERROR_PERMISSION_DENIED",
    });
  });
});

describe("several secrets requested at the same time", () => {
  it.each(["http", "lambda"] as const)(
    "are read by one call of the cache and of the middleware, over %s",
    async (way) => {
      const client = await clientOver(way, newDomain());
      const { secret_id } = await client.create({ ...secret, name: "a" });
      await client.create({ ...secret, name: "b", data: { n: 2 } });
      const calls: string[] = [];
      const counting: Pick<SecretClient, "getData" | "getMany"> = {
        getData: async (...call) => {
          calls.push("one");
          return await client.getData(...call);
        },
        getMany: async (...call) => {
          calls.push("many");
          return await client.getMany(...call);
        },
      };
      using cache = new SecretDataCache({ client: counting, maxAgeMs: 0 });
      const read = async () => await Promise.all([cache.get(secret_id), cache.get({ name: "b" })]);
      const handler = middy()
        .use(secretData({ client: counting, secrets: { a: secret_id, b: { name: "b" } }, disablePrefetch: true }))
        .handler(async (_event, { a, b }) => [a, b]);

      const first = await read();
      await client.updateData({ secret_id, data: { user: "bob" } });
      const second = await read();
      const handled = await handler({}, lambdaContext() as Context & { readonly a: never; readonly b: never });

      expect(first.map(({ data }) => data)).toEqual([secret.data, { n: 2 }]);
      expect(second[0]?.data).toEqual({ user: "bob" });
      expect(second[1]).toBe(first[1]);
      expect(handled).toEqual([{ user: "bob" }, { n: 2 }]);
      expect(calls).toEqual(["many", "many", "many"]);
    },
  );
});
