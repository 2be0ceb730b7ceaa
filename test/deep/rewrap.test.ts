/**
 * Rewraps all data keys under another key. All data that opened before opens afterwards, whatever happens meanwhile.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { type Progress, type RewrapOptions, rewrap } from "../../tools/ops/rewrapping/rewrap.ts";
import { undelete } from "../../tools/ops/undeletion/undelete.ts";
import { type Functions, startFunctions } from "../support/functions.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };

let functions: Functions;
let kms: KMSClient;
/** The functions' key, under which all rows are wrapped when a test begins. */
let from: string;
/** Another key, new for each test. */
let to: string;
let domain_id: string;
let domains = 0;

beforeAll(async () => {
  functions = await startFunctions();
  kms = new KMSClient({ endpoint: functions.kms.url, region: "us-east-1", credentials });
  from = functions.kms.keyId;
});
afterAll(async () => await functions.close());

beforeEach(async () => {
  to = await newKey();
  domains += 1;
  domain_id = `domain-${domains}`;
  await fill();
});
/** Rewraps all rows back. */
afterEach(async () => {
  functions.kms.faults.clear();
  await kms.send(new EnableKeyCommand({ KeyId: from }));
  await run({ to: from });
});

const newKey = async () => String((await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn);
const dataTable = () => ({ client: functions.database.client, name: functions.database.tables.data });

const run = async (options: Partial<RewrapOptions> = {}): Promise<Progress> =>
  await rewrap(functions.database, kms, {
    to,
    perSecond: 10_000,
    isDryRun: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  });

/** Three secrets: one with two versions, one that is trusted by the third. */
async function fill(): Promise<void> {
  const create = async (name: string, fields: object = {}) =>
    (await functions.do("create", { domain_id, name, data: { of: name }, secret_type: "CREDENTIALS", ...fields }))[
      "secret_id"
    ];
  const secret_id = await create("plain");
  await functions.do("update-data", { domain_id, secret_id, data: { of: "plain", n: 2 } });
  await create("dependent", { trusted_secret_id: await create("trusted") });
}

/** All rows with a wrapped key, including those of deleted secrets. */
const scanRows = async () => {
  const { client, tables } = functions.database;
  const scans = [tables.data, tables.deleted].map(
    async (TableName) => (await client.send(new ScanCommand({ TableName }))).Items ?? [],
  );
  return (await Promise.all(scans)).flat().filter(({ part }) => part !== "metadata");
};

/** How many rows each key wraps. */
async function countByKey(): Promise<Record<string, number>> {
  const rows = Map.groupBy(await scanRows(), ({ key_id }) => String(key_id));
  return Object.fromEntries([...rows].map(([key, group]) => [key, group.length]));
}

/** The data of all secrets in the test's domain by name, read by containers without keys in memory. */
async function readAll(): Promise<Record<string, unknown>> {
  const call = await functions.newContainer({ DATA_KEY_CACHE_SECONDS: "0" });
  const { results } = await functions.do("list", { domain_id });
  const entries = (results as { secret_id: string; name: string }[]).map(async ({ secret_id, name }) => {
    const outcome = await call("get-data", { domain_id, secret_id });
    return [name, outcome.kind === "answer" ? (outcome.body["data"] ?? outcome.status) : outcome.kind];
  });
  return Object.fromEntries(await Promise.all(entries));
}

const allData = {
  plain: { of: "plain", n: 2 },
  trusted: { of: "trusted" },
  dependent: { of: "dependent" },
};

describe("rewrap", () => {
  it("leaves no row under the old key, so that the key can be disabled", async () => {
    const rows = (await scanRows()).length;

    const progress = await run();
    await kms.send(new DisableKeyCommand({ KeyId: from }));

    expect(progress).toEqual({ found: { [from]: rows }, moved: rows, gone: 0, failed: [], isComplete: true });
    expect(await countByKey()).toEqual({ [to]: rows });
    expect(await readAll()).toEqual(allData);
  });

  it("moves the data keys of deleted secrets, which open after undelete", async () => {
    const { results } = await functions.do("list", { domain_id, name: "dependent" });
    const [{ secret_id: secretId }] = results as [{ secret_id: string }];
    await functions.do("delete", { domain_id, secret_id: secretId });

    const progress = await run();
    await kms.send(new DisableKeyCommand({ KeyId: from }));
    const { kind } = await undelete(functions.database, { domainId: domain_id, secretId, now: new Date() });

    expect(progress).toMatchObject({ moved: (await scanRows()).length, failed: [], isComplete: true });
    expect(kind).toBe("done");
    expect(await readAll()).toEqual(allData);
  });

  it("makes the old key unnecessary", async () => {
    await kms.send(new DisableKeyCommand({ KeyId: from }));

    expect(await readAll()).toEqual({ plain: 503, trusted: 503, dependent: 503 });
  });

  it("changes only the wrapped data key and the key's name", async () => {
    const withoutKeys = async () =>
      (await scanRows()).map(({ encrypted_data_key: _, key_id: __, ...others }) => others);
    const before = await withoutKeys();

    await run();

    expect(await withoutKeys()).toEqual(before);
  });

  it("asks KMS only for re-encryption", async () => {
    const before = { ...functions.kms.requests };

    const { moved } = await run();

    expect(functions.kms.requests).toEqual({
      ...before,
      DescribeKey: (before.DescribeKey ?? 0) + 1,
      ReEncrypt: (before.ReEncrypt ?? 0) + moved,
    });
  });

  it("has nothing to do the second time", async () => {
    await run();

    expect(await run()).toEqual({ found: {}, moved: 0, gone: 0, failed: [], isComplete: true });
  });

  it("accepts an alias or an id of a key", async () => {
    await run({ to: String(to.split("/").at(-1)) });

    expect(Object.keys(await countByKey())).toEqual([to]);
  });

  it("counts and changes nothing in a dry run", async () => {
    const before = await scanRows();

    const progress = await run({ isDryRun: true });

    expect(progress).toEqual({ found: { [from]: before.length }, moved: 0, gone: 0, failed: [], isComplete: false });
    expect(await scanRows()).toEqual(before);
  });

  it("continues after an interruption with the rows that are left", async () => {
    const rows = (await scanRows()).length;
    const stop = new AbortController();
    const onProgress = ({ moved }: Progress) => {
      if (moved >= 2) stop.abort();
    };

    const first = await run({ signal: stop.signal, onProgress, perSecond: 200 });
    const between = await readAll();
    const second = await run();

    expect(first).toMatchObject({ isComplete: false, failed: [] });
    expect(first.moved).toBeLessThan(rows);
    expect(between).toEqual(allData);
    expect(second).toMatchObject({ moved: rows - first.moved, isComplete: true });
    expect(await readAll()).toEqual(allData);
  });

  it("keeps to its rate", async () => {
    const stop = new AbortController();
    const onProgress = () => void setTimeout(() => stop.abort(), 200);

    const { moved } = await run({ perSecond: 1 / 60, signal: stop.signal, onProgress });

    expect(moved).toBe(1);
  });

  it("waits if KMS throttles", async () => {
    functions.kms.faults.add({ kind: "error", error: "ThrottlingException", operation: "ReEncrypt", times: 2 });

    expect(await run()).toMatchObject({ failed: [], isComplete: true });
  });

  it.each([
    ["a key that does not exist", async () => await run({ to: "alias/none" })],
    [
      "a disabled key",
      async () => {
        await kms.send(new DisableKeyCommand({ KeyId: to }));
        return await run();
      },
    ],
    [
      "a denial",
      async () => {
        functions.kms.faults.add({ kind: "error", error: "AccessDeniedException", operation: "ReEncrypt" });
        return await run();
      },
    ],
  ])("changes nothing for %s", async (_, attempt) => {
    const before = await scanRows();

    await expect(attempt()).rejects.toThrow();

    expect(await scanRows()).toEqual(before);
  });

  it.each([
    ["damaged", (bytes: Uint8Array) => bytes.map((byte, index) => (index === 40 ? byte ^ 1 : byte))],
    ["too long", () => new Uint8Array(7000)],
    ["of another format", () => "text"],
  ])("reports a wrapped key that is %s, and moves the others", async (_, damage) => {
    const rows = await scanRows();
    const [row] = rows as [{ secret: string; version: number; encrypted_data_key: Uint8Array }];
    const key = { secret: row.secret, version: row.version };
    const put = async (value: unknown) =>
      await functions.database.client.send(
        new UpdateCommand({
          TableName: dataTable().name,
          Key: key,
          UpdateExpression: "SET encrypted_data_key = :key",
          ExpressionAttributeValues: { ":key": value },
        }),
      );
    await put(damage(row.encrypted_data_key));

    const progress = await run();
    await put(row.encrypted_data_key);

    expect(progress).toMatchObject({ moved: rows.length - 1, failed: [key], isComplete: true });
  });
});

describe("rewrap while functions run", () => {
  it("does not bring a deleted row back", async () => {
    const { proxies } = functions;
    const proxied = new KMSClient({ endpoint: proxies.kms.url, region: "us-east-1", credentials });
    const { results } = await functions.do("list", { domain_id, name: "plain" });
    const [{ secret_id }] = results as [{ secret_id: string }];
    const deleteFirst = async () => {
      proxies.kms.otherwise = "serve";
      await functions.do("delete", { domain_id, secret_id });
      return "serve" as const;
    };
    proxies.kms.otherwise = async ({ operation, body }) => {
      const context: { secret_id?: unknown } = Object(body["SourceEncryptionContext"]);
      return operation === "ReEncrypt" && context.secret_id === secret_id ? await deleteFirst() : "serve";
    };

    const progress = await rewrap(functions.database, proxied, {
      to,
      perSecond: 1000,
      isDryRun: false,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });

    expect(progress).toMatchObject({ failed: [], isComplete: true });
    expect(progress.gone).toBeGreaterThan(0);
    expect(
      (await scanRows()).filter(({ secret, part }) => part === undefined && String(secret).endsWith(String(secret_id))),
    ).toEqual([]);
  });

  it("moves rows that functions write meanwhile, and loses nothing", async () => {
    const call = await functions.newContainer({ KMS_KEY_ID: to, IDENTITY_URL: "" });
    const expected: Record<string, unknown> = { ...allData };
    let isBusy = true;
    const write = async (writer: number) => {
      for (let n = 1; isBusy; n++) {
        const name = `writer-${writer}-${n}`;
        const created = await call("create", { domain_id, name, data: { n: 0 }, secret_type: "CREDENTIALS" });
        const secret_id = created.kind === "answer" ? created.body["secret_id"] : undefined;
        await call("update-data", { domain_id, secret_id, data: { of: name } });
        if (n % 2 === 0) await call("delete", { domain_id, secret_id });
        else expected[name] = { of: name };
      }
    };
    const writers = Promise.all([1, 2, 3].map(write));

    const progress = await run({ perSecond: 100 });
    isBusy = false;
    await writers;

    expect(progress).toMatchObject({ failed: [], isComplete: true });
    expect(Object.keys(await countByKey())).toEqual([to]);
    expect(await readAll()).toEqual(expected);
    const { violations } = await checkIntegrity(functions.database, { versionsKept: 5, pause: async () => undefined });
    expect(violations).toEqual([]);
  });
});

describe("npm run rewrap", () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "rewrap-"));
    const { database, kms: local } = functions;
    const unused = { api: "", lambda: "", issuer: "", reference: "", key_id: "", functions: {} };
    const stack = { ...unused, region: "us-east-1", dynamodb: database.url, kms: local.url, tables: database.tables };
    writeFileSync(join(dir, "stack.json"), JSON.stringify(stack));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const start = (...options: readonly string[]): ChildProcess =>
    spawn(process.execPath, [join(import.meta.dirname, "../../tools/ops/rewrap.ts"), ...options], {
      env: { PATH: process.env["PATH"], LOCAL_DIR: dir },
      stdio: ["ignore", "pipe", "inherit"],
    });
  const finish = async (tool: ChildProcess) => {
    if (tool.stdout === null) throw new Error("It has no output.");
    const [output, [code]] = await Promise.all([text(tool.stdout), once(tool, "close")]);
    return { output, code };
  };

  it("moves everything, and exits with 0", async () => {
    const rows = (await scanRows()).length;

    const { output, code } = await finish(start("--to", to, "--rate", "1000"));

    expect(output).toBe(
      `${rows} rows found under ${from}\n${rows} moved, 0 deleted or moved by others meanwhile\nNo other row is under another key.\n`,
    );
    expect(code).toBe(0);
  });

  it("exits with 1 after a dry run that found rows", async () => {
    expect(await finish(start("--to", to, "--dry-run"))).toMatchObject({ code: 1 });
  });

  it.each([
    { signal: "SIGTERM", code: 1 },
    { signal: "SIGKILL", code: null },
  ] as const)("stopped by $signal leaves all data readable, and another run finishes", async ({ signal, code }) => {
    const before = functions.kms.requests.ReEncrypt ?? 0;
    const tool = start("--to", to, "--rate", "5");
    await expect.poll(() => functions.kms.requests.ReEncrypt ?? 0, { timeout: 20_000 }).toBeGreaterThan(before + 1);
    tool.kill(signal);
    const ended = await finish(tool);

    const between = await readAll();
    const rest = await run();

    expect(ended.code).toBe(code);
    expect(between).toEqual(allData);
    expect(rest.moved).toBeGreaterThan(0);
    expect(await readAll()).toEqual(allData);
    expect(Object.keys(await countByKey())).toEqual([to]);
  });
});
