/** A domain whose partition throttles parallel reads. The answers are fakes, so it needs no database. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import type { SecretRows } from "../../lib/store/secret-store.ts";
import { type Answer, type FaultProxy, failure, type ProxiedRequest } from "./fault-proxy.ts";
import { type ProxiedClient, startProxiedClient } from "./proxied-database.ts";

const query = { domainId: "domain-1", index: null, condition: null };
const tables = { secrets: "secrets", names: "names" };
/** After this id, four ranges remain. */
const firstPage: Answer = {
  status: 200,
  body: { Count: 7, LastEvaluatedKey: { domain_id: { S: "domain-1" }, secret_id: { S: "secret-400000000000" } } },
};
const otherPage: Answer = { status: 200, body: { Count: 10 } };
const throttlings = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];

let proxied: ProxiedClient;
let proxy: FaultProxy;
let rows: SecretRows;

beforeAll(async () => {
  // The SDK's own retries would only take time.
  proxied = await startProxiedClient(undefined, { maxAttempts: 1 });
  proxy = proxied.proxy;
  rows = dynamodbSecretRows({ client: proxied.client, tables });
});
afterEach(() => proxy.reset());
afterAll(async () => await proxied.close());

const startOf = ({ body }: ProxiedRequest) => JSON.stringify(body["ExclusiveStartKey"]);
const tries = () => [...Map.groupBy(proxy.requests.slice(1), startOf).values()].map((group) => group.length);

describe("throttled ranges", () => {
  it.each(throttlings)("are retried until they are read (%s)", async (name) => {
    proxy.fates = [firstPage];
    proxy.otherwise = (request) => {
      const isThird = proxy.requests.filter((other) => startOf(other) === startOf(request)).length === 3;
      return isThird ? otherPage : failure(name);
    };

    expect(await rows.countRows(query)).toBe(47);
    expect(tries()).toEqual([3, 3, 3, 3]);
  });

  it("make the database unavailable if throttling lasts", async () => {
    proxy.fates = [firstPage];
    proxy.otherwise = failure("ThrottlingException");

    await expect(rows.countRows(query)).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      cause: { name: "ThrottlingException" },
    });
    expect(Math.max(...tries())).toBe(8);
  });

  it("end with the signal's reason while they wait", async () => {
    const abort = new AbortController();
    const reason = new Error("no time left");
    proxy.fates = [firstPage];
    proxy.otherwise = () => {
      if (tries().includes(3)) abort.abort(reason);
      return failure("ThrottlingException");
    };

    await expect(rows.countRows(query, { signal: abort.signal })).rejects.toBe(reason);
  });
});

it("a failed range is not retried after any other failure", async () => {
  proxy.fates = [firstPage];
  proxy.otherwise = failure("AccessDeniedException");

  await expect(rows.countRows(query)).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });
  expect(Math.max(...tries())).toBe(1);
});
