/** The store's answers when DynamoDB or the network fails: on DynamoDB Local, behind a proxy that injects faults. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StoredSecret } from "../../lib/secret/secret.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import type { SecretRows, SecretStore } from "../../lib/store/secret-store.ts";
import { dynamodbClient, loadSecrets } from "../../tools/local/database.ts";
import { addition, aSecret, creation } from "../contract/secret-store.ts";
import { isThorough } from "../support/thorough.ts";
import { type Answer, cancelled, FaultProxy, failure, type ProxiedRequest } from "./fault-proxy.ts";
import { type ProxiedDatabase, startProxiedDatabase } from "./proxied-database.ts";

/** For events that come soon, unless the machine is busy. */
const patience = { timeout: 30_000 };

const done = { kind: "done" };
const domainId = "domain-1";
const conflict = "TransactionConflict";
const failed = "ConditionalCheckFailed";

let database: ProxiedDatabase;
let proxy: FaultProxy;
let store: SecretStore;
let rows: SecretRows;

beforeAll(async () => {
  database = await startProxiedDatabase();
  proxy = database.proxy;
  store = dynamodbSecretStore(database);
  rows = dynamodbSecretRows(database);
});
afterEach(() => database.proxy.reset());
afterAll(async () => await database.close());

const create = async (fields: Parameters<typeof aSecret>[0] = {}): Promise<StoredSecret> => {
  const secret = aSecret(fields);
  await store.createSecret(creation(secret));
  return { ...secret, dependents: 0, revision: 0, oldest_version: 1 };
};
const clientTokens = () => proxy.requests.map(({ body }) => body["ClientRequestToken"]);

describe("a lost answer of DynamoDB", () => {
  const writes: [string, () => Promise<() => Promise<unknown>>][] = [
    [
      "createSecret",
      async () => {
        const secret = aSecret();
        return async () => await store.createSecret(creation(secret));
      },
    ],
    [
      "changeSecret",
      async () => {
        const before = await create();
        const after = { ...before, name: `${before.name}-new`, tags: {} };
        return async () => await store.changeSecret({ before, after });
      },
    ],
    [
      "addData",
      async () => {
        const before = await create();
        return async () => await store.addData(addition(before));
      },
    ],
    [
      "deleteSecret",
      async () => {
        const trusted = await create();
        const secret = await create({ trusted_secret_id: trusted.secret_id });
        return async () => await store.deleteSecret({ secret, kept: { deletedAt: "", expiresAt: 1 } });
      },
    ],
  ];

  it.each(writes)("of %s does not turn a completed write into a refusal", async (_, prepare) => {
    const write = await prepare();
    proxy.reset();
    const isWrite = ({ operation }: ProxiedRequest) => operation === "TransactWriteItems";
    const isFirstWrite = (request: ProxiedRequest) => isWrite(request) && proxy.requests.filter(isWrite).length === 1;
    const loseFirstWrite = (request: ProxiedRequest) => (isFirstWrite(request) ? "lose-answer" : "serve");
    // deleteSecret reads twice first.
    proxy.fates = [loseFirstWrite, loseFirstWrite, loseFirstWrite];

    const result = await write();

    const sent = proxy.requests.filter(isWrite);
    expect(result).toEqual(done);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.body).toEqual(sent[0]?.body);
    expect(sent[0]?.body["ClientRequestToken"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("does not turn a refusal into a success", async () => {
    const { name } = await create();
    proxy.fates = ["lose-answer"];

    const result = await store.createSecret(creation(aSecret({ name })));

    expect(result).toEqual({ kind: "refused", refusal: "name-taken" });
  });

  it("does not confuse two independent writes, because each has its own token", async () => {
    await create();
    await create();

    const [one, other] = clientTokens();
    expect(one).not.toEqual(other);
  });
});

describe("a passing fault", () => {
  it.each<[string, Answer | "lose-request"]>([
    ["a request that gets lost", "lose-request"],
    ["throttling", failure("ThrottlingException")],
    ["throttling of a table", failure("ProvisionedThroughputExceededException")],
    ["a transaction in progress", failure("TransactionInProgressException")],
    ["an internal error", failure("InternalServerError", { status: 500 })],
    ["a conflict", cancelled("None", conflict, "None")],
    ["a conflict beside a condition that failed after it", cancelled(conflict, failed, "None")],
    ["throttling within the transaction", cancelled("None", "None", "ThrottlingError")],
    ["a table's throughput within the transaction", cancelled("ProvisionedThroughputExceeded", "None", "None")],
  ])("%s: the write is repeated under the same token", async (_, fault) => {
    proxy.fates = [fault, fault];

    const result = await store.createSecret(creation(aSecret()));

    expect(result).toEqual(done);
    expect(new Set(clientTokens()).size).toBe(1);
    expect(proxy.requests).toHaveLength(3);
  });

  it.each(["TransactionInProgressException", "IdempotentParameterMismatchException"])(
    "a write still in progress after a lost answer (%s): it succeeds once it is done",
    async (name) => {
      const secret = aSecret();
      // More than the SDK's own attempts.
      proxy.fates = ["lose-answer", ...Array(3).fill(failure(name))];

      expect(await store.createSecret(creation(secret))).toEqual(done);

      expect(proxy.requests).toHaveLength(5);
      expect(new Set(clientTokens()).size).toBe(1);
      expect(await store.findSecret(domainId, secret.secret_id)).toMatchObject({ name: secret.name });
    },
  );

  it("a conflict together with a failed condition: the write is refused", async () => {
    proxy.fates = [cancelled("None", failed, conflict)];

    const result = await store.createSecret(creation(aSecret()));

    // The order of the conditions is name, secret, data.
    expect(result).toEqual({ kind: "refused", refusal: "id-taken" });
    expect(proxy.requests).toHaveLength(1);
  });
});

/** These cases wait for all pauses between the repeats. */
const exhausting: [string, Answer][] = [
  ["a name that others keep taking", cancelled(conflict, "None", "None")],
  ["a transaction in progress", failure("TransactionInProgressException")],
  ["throttling", failure("ThrottlingException")],
];

describe("a lasting fault", () => {
  it("of a row that others keep writing: the row counts as changed", async () => {
    const before = await create();
    proxy.otherwise = cancelled(conflict, "None");

    const result = await store.changeSecret({ before, after: { ...before, tags: {} } });

    expect(result).toEqual({ kind: "refused", refusal: "changed" });
  });

  it("of a secret to delete that others keep writing: the secret counts as changed", async () => {
    const secret = await create();
    const conflicting = cancelled(conflict, "None", "None");
    proxy.fates = ["serve"];
    proxy.otherwise = conflicting;

    expect(await store.deleteSecret({ secret, kept: null })).toEqual({ kind: "refused", refusal: "changed" });
  });

  it("of a row whose partition is throttled: the database is unavailable", async () => {
    const before = await create();
    proxy.otherwise = cancelled("ThrottlingError");

    await expect(store.changeSecret({ before, after: { ...before, tags: {} } })).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      cause: { name: "TransactionCanceledException" },
    });
  });

  it.each<[string, Answer]>([
    ["throttling within the transaction", cancelled("None", "ThrottlingError", "None")],
    ["an internal error", failure("InternalServerError", { status: 500 })],
    ["a role without the right", failure("AccessDeniedException")],
    ["a table that does not exist", failure("ResourceNotFoundException")],
    ["an expired session", failure("ExpiredTokenException")],
    ["an answer that is not DynamoDB's", { status: 200, body: "<html>" }],
    ["a gateway's answer", { status: 502, body: "<html>" }],
    ...(isThorough ? exhausting : []),
  ])("%s: the database is unavailable", async (_, fault) => {
    proxy.otherwise = fault;

    await expect(store.createSecret(creation(aSecret()))).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      cause: expect.any(Error),
    });
  });

  it.each<[string, Answer | "lose-request"]>([
    ["a role without the right", failure("AccessDeniedException")],
    ["connections that break", "lose-request"],
    ["an answer that is not DynamoDB's", { status: 200, body: "<html>" }],
  ])("%s: no read succeeds", async (_, fault) => {
    proxy.otherwise = fault;

    await expect(store.findSecret(domainId, "secret-000000000000")).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
    });
    await expect(store.findData(domainId, "secret-000000000000", null)).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
    });
  });

  it("an address without a service: the database is unavailable", async () => {
    const closed = await new FaultProxy(database.local.url).start();
    await closed.close();
    const client = dynamodbClient(closed.url);
    const unreachable = dynamodbSecretStore({ client: documentClient(client), tables: database.tables });

    await expect(unreachable.findSecret(domainId, "secret-000000000000")).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("no answer within the client's time: the database is unavailable", async () => {
    const client = dynamodbClient(proxy.url, {
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
    });
    const impatient = dynamodbSecretStore({ client: documentClient(client), tables: database.tables });
    proxy.otherwise = "hang";

    await expect(impatient.findSecret(domainId, "secret-000000000000")).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
      cause: { name: "TimeoutError" },
    });
  });

  it("no credentials: the database is unavailable", async () => {
    const credentials = async () => {
      throw Object.assign(new Error("Could not load credentials."), { name: "CredentialsProviderError" });
    };
    const client = dynamodbClient(proxy.url, { credentials });
    const anonymous = dynamodbSecretStore({ client: documentClient(client), tables: database.tables });

    await expect(anonymous.findSecret(domainId, "secret-000000000000")).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
    });
  });

  it("a request that DynamoDB finds invalid: the error is rethrown, because the fault is ours", async () => {
    proxy.otherwise = failure("ValidationException");

    await expect(store.findSecret(domainId, "secret-000000000000")).rejects.toMatchObject({
      name: "ValidationException",
    });
  });

  it("an unknown reason of a cancelled transaction: the error is rethrown", async () => {
    proxy.otherwise = cancelled("None", "ValidationError", "None");

    await expect(store.createSecret(creation(aSecret()))).rejects.toMatchObject({
      name: "TransactionCanceledException",
    });
  });
});

describe("the caller's signal", () => {
  it.each(["hang", cancelled(conflict, "None"), failure("ThrottlingException")] as const)(
    "ends a write that waits (%o) with the signal's reason",
    async (fault) => {
      const reason = new Error("no time left");
      const abort = new AbortController();
      const before = await create();
      proxy.reset();
      proxy.otherwise = fault;

      const result = store.changeSecret({ before, after: { ...before, tags: {} } }, { signal: abort.signal });
      await expect.poll(() => proxy.requests.length, patience).toBeGreaterThan(0);
      abort.abort(reason);

      await expect(result).rejects.toBe(reason);
    },
  );
});

describe("keys that DynamoDB leaves unprocessed", () => {
  const unprocessed = ({ body }: ProxiedRequest): Answer => ({
    status: 200,
    body: { Responses: {}, UnprocessedKeys: body["RequestItems"] },
  });

  it("are asked for again", async () => {
    const secrets = [aSecret(), aSecret()];
    await loadSecrets(database.local, secrets);
    proxy.fates = [unprocessed, unprocessed];

    const found = await rows.findByIds(
      domainId,
      secrets.map(({ secret_id }) => secret_id),
    );

    expect(found).toEqual(secrets);
    expect(proxy.requests.map(({ body }) => body)).toEqual(Array(3).fill(proxy.requests[0]?.body));
  });

  it("make the database unavailable if they stay unprocessed", async () => {
    proxy.fates = Array(100).fill(unprocessed);

    await expect(rows.findByIds(domainId, ["secret-000000000000"])).rejects.toMatchObject({
      code: "ERROR_UNAVAILABLE",
    });
  });
});
