/** A deleted secret is restored completely or not at all, and the operator gets the reason. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../lib/store/client.ts";
import { dynamodbSecretReads } from "../../../lib/store/dynamodb-secret-reads.ts";
import { dynamodbSecretStore } from "../../../lib/store/dynamodb-secret-store.ts";
import { checkIntegrity } from "../../../tools/ops/integrity/check.ts";
import { findDeleted, listDeleted } from "../../../tools/ops/undeletion/deleted.ts";
import { type UndeleteRequest, type Undeletion, undelete } from "../../../tools/ops/undeletion/undelete.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";
import { someOf } from "../../support/thorough.ts";

const keptMs = 7 * 24 * 60 * 60 * 1000;
const password = "correct horse battery staple";

let functions: Functions;
let domains = 0;
/** Each test has its own. */
let domain_id: string;

beforeAll(async () => {
  functions = await startFunctions();
});
afterAll(async () => await functions.close());

function newDomain(): void {
  domains += 1;
  domain_id = `domain/${domains}`;
}

async function create(name: string, more: object = {}): Promise<string> {
  const message = { domain_id, name, data: { password }, secret_type: "CREDENTIALS", tags: { env: "prod" }, ...more };
  return String((await functions.do("create", message))["secret_id"]);
}

const call = async (route: "get" | "get-data" | "update-data" | "delete" | "update", message: object) =>
  await functions.do(route, { domain_id, ...message });

async function createDeleted(name: string, more: object = {}): Promise<string> {
  const secret_id = await create(name, more);
  await call("delete", { secret_id });
  return secret_id;
}

const takeBack = async (secretId: string, more: Partial<UndeleteRequest> = {}): Promise<Undeletion> =>
  await undelete(functions.database, { domainId: domain_id, secretId, now: new Date(), ...more });

const refused = (reason: string) => ({
  ...{ kind: "refused", refusal: expect.any(String) },
  reason: expect.stringContaining(reason),
});

/** The violations of rules in the test's domain. */
async function findViolations(): Promise<readonly unknown[]> {
  const { violations } = await checkIntegrity(functions.database, { versionsKept: 5, pause: async () => undefined });
  return violations.filter(({ key }) => key["domain_id"] === domain_id || String(key["secret"]).startsWith(domain_id));
}

describe("undelete", () => {
  it("restores a secret with its data, id and version, and removes the kept rows", async () => {
    newDomain();
    const secret_id = await create("name", { expires_at: "2030-01-01" });
    await call("update-data", { secret_id, data: { password, of: 2 } });
    const before = await call("get", { secret_id });
    await call("delete", { secret_id });

    const result = await takeBack(secret_id);

    expect(result).toMatchObject({ kind: "done", secret: before });
    expect(await call("get", { secret_id })).toEqual(before);
    expect(await call("get-data", { secret_id })).toMatchObject({ data: { password, of: 2 }, version: 2 });
    expect(await findDeleted(functions.database, domain_id, secret_id)).toBeUndefined();
    expect(await findViolations()).toEqual([]);
  });

  it("restores a secret that can be used like any other", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    await takeBack(secret_id);

    await call("update-data", { secret_id, data: { of: 2 }, expected_version: 1 });
    await call("update", { secret_id, name: "other" });
    await call("delete", { secret_id });
    expect(await takeBack(secret_id)).toMatchObject({ kind: "done", secret: { name: "other", version: 2 } });

    expect(await call("get-data", { secret_id })).toMatchObject({ data: { of: 2 } });
    expect(await findViolations()).toEqual([]);
  });

  it("can restore a secret under another name", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    await create("name");

    expect(await takeBack(secret_id)).toEqual(refused('The name "name" is taken. Choose another one with --name.'));
    expect(await takeBack(secret_id, { name: "back" })).toMatchObject({ kind: "done" });

    expect(await call("get", { secret_id })).toMatchObject({ name: "back" });
    expect(await call("get-data", { secret_id })).toMatchObject({ data: { password } });
    expect(await findViolations()).toEqual([]);
  });

  it("counts it again as a dependent of its trusted secret, which must exist", async () => {
    newDomain();
    const trusted = await create("trusted", { data: { host: "db" } });
    const secret_id = await createDeleted("dependent", { trusted_secret_id: trusted });
    await call("delete", { secret_id: trusted });

    expect(await takeBack(secret_id)).toEqual(refused(`The trusted secret ${trusted} is deleted`));
    expect(await takeBack(trusted)).toMatchObject({ kind: "done" });
    expect(await takeBack(secret_id)).toMatchObject({ kind: "done" });

    expect(await call("get-data", { secret_id })).toMatchObject({ data: { host: "db", password } });
    await expect(call("delete", { secret_id: trusted })).rejects.toThrow("ERROR_EXIST_RELATED_SECRET");
    expect(await findViolations()).toEqual([]);
  });

  it("is refused if the id is in use", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    const kept = await findDeleted(functions.database, domain_id, secret_id);
    await takeBack(secret_id);
    const { client, tables } = functions.database;
    const partition = `${domain_id}/${secret_id}`;
    const about = { secret: partition, deleted_at: kept?.deletedAt, expires_at: kept?.expiresAt };
    const row = { ...kept?.secret, name: "other" };
    for (const item of [
      { ...about, part: "metadata", row },
      { ...kept?.data, ...about, part: "data" },
    ]) {
      await client.send(new PutCommand({ TableName: tables.deleted, Item: item }));
    }

    expect(await takeBack(secret_id)).toEqual(refused(`The id ${secret_id} is in use`));
  });

  it("is refused after the period, even if DynamoDB has not removed the rows yet", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    const later = (ms: number) => ({ now: new Date(Date.now() + ms) });

    expect(await takeBack(secret_id, later(keptMs + 1000))).toEqual(refused("It is too late"));
    expect(await takeBack(secret_id, later(keptMs - 60_000))).toMatchObject({ kind: "done" });
  });

  it("finds nothing of other domains, permanent deletes and unknown ids", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    const permanent = await create("permanent");
    await call("delete", { secret_id: permanent, permanently: true });

    const nothing = refused("is not the id of a deleted secret of this domain");
    expect(await takeBack(secret_id, { domainId: "domain" })).toEqual(nothing);
    expect(await takeBack(permanent)).toEqual(nothing);
    expect(await takeBack("secret-000000000000")).toEqual(nothing);
    expect(await takeBack(`1/${secret_id}`, { domainId: "domain" })).toEqual(nothing);
  });

  it("is refused if the kept data has another version than the secret", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    const { client, tables } = functions.database;
    const Key = { secret: `${domain_id}/${secret_id}`, part: "data" };
    await client.send(new DeleteCommand({ TableName: tables.deleted, Key }));

    expect(await takeBack(secret_id)).toEqual(refused("Version 1 of the data"));
  });

  it("refuses rows that belong to another secret than their key says", async () => {
    newDomain();
    const [secret_id, other] = [await createDeleted("name"), await createDeleted("other")];
    const { client, tables } = functions.database;
    await client.send(
      new UpdateCommand({
        TableName: tables.deleted,
        Key: { secret: `${domain_id}/${secret_id}`, part: "metadata" },
        UpdateExpression: "SET #row.#id = :id",
        ExpressionAttributeNames: { "#row": "row", "#id": "secret_id" },
        ExpressionAttributeValues: { ":id": other },
      }),
    );

    await expect(takeBack(secret_id)).rejects.toThrow("belong to another secret");
  });

  it("succeeds once, however many run concurrently", async () => {
    newDomain();
    const secret_id = await createDeleted("name");

    const results = await Promise.all(Array.from({ length: 10 }, async () => await takeBack(secret_id)));

    expect(results.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect(await findViolations()).toEqual([]);
  });

  it("stops a writer who read the secret before it was deleted", async () => {
    newDomain();
    const secret_id = await create("name");
    const { findSecret } = dynamodbSecretReads(functions.database);
    const before = await findSecret(domain_id, secret_id);
    await call("delete", { secret_id });
    await takeBack(secret_id);

    if (before === undefined) throw new Error("It was not there.");
    const after = { ...before, tags: {} };
    const store = dynamodbSecretStore(functions.database);
    expect(await store.changeSecret({ before, after })).toEqual({ kind: "refused", refusal: "changed" });
  });
});

describe("undelete while others write", () => {
  /** Runs `meanwhile` before each request of the tool's client. */
  const watched = (meanwhile: (command: unknown) => Promise<unknown>): Database => {
    const { client, tables } = functions.database;
    const send = async (command: never, options: object) => {
      await meanwhile(command);
      return await client.send(command, options);
    };
    return { client: { send } as DynamoDBDocumentClient, tables };
  };

  /** Like a rewrap: the same data key, wrapped again. */
  const rewrap = async (secret_id: string, bytes: Uint8Array) => {
    const { client, tables } = functions.database;
    await client.send(
      new UpdateCommand({
        TableName: tables.deleted,
        Key: { secret: `${domain_id}/${secret_id}`, part: "data" },
        UpdateExpression: "SET encrypted_data_key = :bytes",
        ExpressionAttributeValues: { ":bytes": bytes },
      }),
    );
  };

  it("retries if the data key is re-wrapped meanwhile", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    let writes = 0;
    const database = watched(async (command) => {
      if (command instanceof TransactWriteCommand && ++writes === 1) await rewrap(secret_id, new Uint8Array([1, 2]));
    });

    const result = await undelete(database, { domainId: domain_id, secretId: secret_id, now: new Date() });

    expect(result).toMatchObject({ kind: "done" });
    const { findData } = dynamodbSecretReads(functions.database);
    expect(await findData(domain_id, secret_id, null)).toMatchObject({ encryptedDataKey: new Uint8Array([1, 2]) });
  });

  it("gives up with a reason if the rows keep changing", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    let writes = 0;
    const database = watched(async (command) => {
      if (command instanceof TransactWriteCommand) await rewrap(secret_id, new Uint8Array([++writes]));
    });

    const result = await undelete(database, { domainId: domain_id, secretId: secret_id, now: new Date() });

    expect(result).toMatchObject({ refusal: "changed", reason: expect.stringContaining("try again later") });
    expect(writes).toBe(5);
  });

  it("does not report missing data if another undelete runs between its two reads", async () => {
    newDomain();
    const secret_id = await createDeleted("name");
    const { client, tables } = functions.database;
    let isFirst = true;
    const send = async (command: GetCommand, options: object) => {
      const isData = command instanceof GetCommand && command.input.Key?.["part"] === "data";
      if (isData && isFirst) {
        isFirst = false;
        await metadataRead;
        await takeBack(secret_id);
      }
      const answer = await client.send(command, options);
      if (!isData) tellRead();
      return answer;
    };
    const { promise: metadataRead, resolve: tellRead } = Promise.withResolvers<void>();
    const database = { client: { send } as unknown as DynamoDBDocumentClient, tables };

    const result = await undelete(database, { domainId: domain_id, secretId: secret_id, now: new Date() });

    expect(result).toMatchObject({ kind: "refused", refusal: "not-kept" });
  });
});

describe("listDeleted", () => {
  it("returns the domain's deleted secrets, the last deleted first, without data", async () => {
    newDomain();
    const first = await createDeleted("first");
    const second = await createDeleted("second");
    const own = domain_id;
    domain_id = `${own}/inner`;
    await createDeleted("of another domain");

    const found = await listDeleted(functions.database, own, {});

    expect(found.map(({ secret }) => secret.secret_id)).toEqual([second, first]);
    expect(found.every((one) => !("data" in one))).toBe(true);
  });
});

describe("npm run undelete", () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "undelete-"));
    const { url: dynamodb, tables } = functions.database;
    const unused = { api: "", lambda: "", issuer: "", reference: "", key_id: "", functions: {}, kms: "" };
    writeFileSync(join(dir, "stack.json"), JSON.stringify({ ...unused, region: "us-east-1", dynamodb, tables }));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const run = async (...options: readonly string[]) => {
    const tool = spawn(process.execPath, [join(import.meta.dirname, "../../../tools/ops/undelete.ts"), ...options], {
      env: { PATH: process.env["PATH"], LOCAL_DIR: dir },
    });
    const [output, complaint, [code]] = await Promise.all([text(tool.stdout), text(tool.stderr), once(tool, "close")]);
    return { code, output, complaint };
  };

  it("lists, refuses with 1 and restores with 0, without printing data", async () => {
    newDomain();
    const secret_id = await createDeleted("a\u001b[31mname");
    const domain = ["--domain", domain_id];

    const listed = await run(...domain, "--list");
    const unknown = await run(...domain, "secret-000000000000");
    const done = await run(...domain, secret_id, "--name", "back");

    expect(listed).toMatchObject({ code: 0, complaint: "" });
    expect(listed.output).toMatch(new RegExp(`^${secret_id}  "a\\\\u001b\\[31mname"  deleted \\S+Z  until \\S+Z\\n$`));
    expect(unknown).toMatchObject({ code: 1, complaint: "" });
    expect(done).toEqual({ code: 0, output: `${secret_id} is back as "back", version 1.\n`, complaint: "" });
    expect([listed, unknown, done].filter(({ output }) => output.includes(password))).toEqual([]);
  });

  const mistakes = [
    { options: ["--list"], says: "--domain id" },
    { options: ["--domain", "d"], says: "--domain id" },
    { options: ["--domain", "d", "--list", "secret-000000000000"], says: "--domain id" },
    { options: ["--domain", "d", "secret-000000000000", "--name", " "], says: "--name must have 1 to 255 characters" },
    { options: ["--domain", "d", "secret-000000000000", "--deleted-table", "none"], says: "non-existent table" },
  ];

  it.each(someOf(mistakes, 1))("exits with 2 and says why, with $options", async ({ options, says }) => {
    const { code, complaint } = await run(...options);

    expect(complaint).toContain(says);
    expect(code).toBe(2);
  });
});
