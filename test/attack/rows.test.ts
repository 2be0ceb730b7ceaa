/**
 * An attacker who can write to the tables cannot make data appear in the wrong place: whatever is changed in stored
 * data, get_data answers with the same error. For every single bit: test/crypto/envelope.test.ts.
 */

import { createSecretKey } from "node:crypto";
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Unwrap, unseal } from "../../client/unseal.ts";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { type DataKey, findData, putRow, type Row, removeRow, scanRows } from "./rows.ts";
import { type Reply, type Service, startService } from "./service.ts";

let service: Service;

/** All data begins with this. */
const marker = "marker-5f1e";
const domain_id = "domain-1";
const system = { scope: "secret:system" };

interface World {
  /** Has two versions. */
  readonly own: string;
  readonly other: string;
  readonly trusted: string;
  readonly otherTrusted: string;
  readonly dependent: string;
  /** Is in another domain. */
  readonly foreign: string;
}

/** A caller who reads sealed data needs its own permission for the key. */
let kms: KMSClient;

const unwrap: Unwrap = async (wrappedKey, context) => {
  const command = new DecryptCommand({ CiphertextBlob: wrappedKey, EncryptionContext: { ...context } });
  return createSecretKey((await kms.send(command)).Plaintext ?? new Uint8Array());
};

let made = 0;
let world: World;

async function create(more: object = {}): Promise<string> {
  made += 1;
  const name = `secret-${made}`;
  const message = { name, data: { value: `${marker}-${name}-1` }, secret_type: "CREDENTIALS", domain_id, ...more };
  const { body } = await service.post("create", message, { claims: system });
  return String(Reflect.get(Object(body), "secret_id"));
}

async function fill(): Promise<World> {
  const trusted = await create();
  const filled = {
    own: await create({ project_id: "project-1" }),
    other: await create(),
    trusted,
    otherTrusted: await create(),
    dependent: await create({ trusted_secret_id: trusted }),
    foreign: await create({ domain_id: "domain-2" }),
  };
  for (const secret_id of [filled.own, filled.other]) {
    await service.post("update-data", { secret_id, data: { value: `${marker}-${secret_id}-2` } });
  }
  return filled;
}

/** The original of each row that a test has replaced. */
const replaced: { readonly key: DataKey; readonly row: Row | undefined }[] = [];

async function restore(): Promise<void> {
  for (const { key, row } of replaced.splice(0).reverse()) {
    await (row === undefined ? removeRow(service.database, "data", { ...key }) : putRow(service.database, "data", row));
  }
}

function keyOf(secret_id: string, version: number, domain = domain_id): DataKey {
  return { secret: `${domain}/${secret_id}`, version };
}

async function dataOf(secret_id: string, version: number, domain?: string): Promise<Row> {
  const row = await findData(service.database, keyOf(secret_id, version, domain));
  if (row === undefined) throw new Error(`${secret_id} has no version ${version}`);
  return row;
}

async function put(row: Row): Promise<void> {
  const key = { secret: String(row["secret"]), version: Number(row["version"]) };
  replaced.push({ key, row: await findData(service.database, key) });
  await putRow(service.database, "data", row);
}

async function getData(secret_id: string, more: object = {}): Promise<Reply> {
  return await service.post("get-data", { secret_id, ...more });
}

/** The error has only its code and the request's id: neither the cause nor any data. */
function expectNoData(reply: Reply): void {
  expect({ status: reply.status, body: reply.body }).toEqual({
    status: 500,
    body: { detail: { code: "ERROR_UNKNOWN", message: "Unknown error. (request_id = lambda-request)" } },
  });
  expect(reply.text + reply.logged).not.toContain(marker);
}

/** Changes a row of the secret that is read afterwards. May use the rows of other secrets. */
interface Tampering {
  readonly what: string;
  /** By default reads version 2 of `own`. */
  readonly read?: { readonly of: keyof World; readonly version: number };
  readonly change: (row: Row) => Promise<Row> | Row;
}

const bytes = ["encrypted_data", "encrypted_data_key", "nonce", "salt", "commitment"] as const;

function flip(value: unknown, at: (length: number) => number): Uint8Array {
  const copy = Uint8Array.from(value as Uint8Array);
  const index = at(copy.length);
  copy[index] = (copy[index] ?? 0) ^ 0x80;
  return copy;
}

const places = { first: () => 0, middle: (length: number) => length >> 1, last: (length: number) => length - 1 };

const tamperings: readonly Tampering[] = [
  ...bytes.flatMap((name): readonly Tampering[] => [
    ...Object.entries(places).map(([place, at]) => ({
      what: `a bit of the ${place} byte of ${name} is flipped`,
      change: (row: Row) => ({ ...row, [name]: flip(row[name], at) }),
    })),
    { what: `${name} is empty`, change: (row) => ({ ...row, [name]: new Uint8Array() }) },
    {
      what: `${name} is cut`,
      change: (row) => ({
        ...row,
        [name]: (row[name] as Uint8Array).subarray(0, (row[name] as Uint8Array).length / 2),
      }),
    },
    {
      what: `${name} is longer`,
      change: (row) => ({ ...row, [name]: Buffer.concat([row[name] as Buffer, Buffer.of(0)]) }),
    },
    { what: `${name} is text`, change: (row) => ({ ...row, [name]: marker }) },
    { what: `${name} is gone`, change: ({ [name]: _, ...row }) => row },
    {
      what: `${name} is another secret's`,
      change: async (row) => ({ ...row, [name]: (await dataOf(world.other, 2))[name] }),
    },
    {
      what: `${name} is an older version's`,
      change: async (row) => ({ ...row, [name]: (await dataOf(world.own, 1))[name] }),
    },
  ]),
  { what: "the algorithm is another", change: (row) => ({ ...row, encrypt_algorithm: "AES_256_GCM" }) },
  { what: "the algorithm is missing", change: (row) => ({ ...row, encrypt_algorithm: "" }) },
  {
    what: "the row is another secret's",
    change: async (row) => ({ ...(await dataOf(world.other, 2)), secret: row["secret"] }),
  },
  {
    what: "the row is another domain's",
    read: { of: "own", version: 1 },
    change: async (row) => ({ ...(await dataOf(world.foreign, 1, "domain-2")), secret: row["secret"] }),
  },
  { what: "the row is an older version", change: async () => ({ ...(await dataOf(world.own, 1)), version: 2 }) },
  { what: "an older version is put above it", change: async () => ({ ...(await dataOf(world.own, 1)), version: 3 }) },
  { what: "it is put above itself", change: (row) => ({ ...row, version: 3 }) },
  {
    what: "the older version is a newer one",
    read: { of: "own", version: 1 },
    change: async () => ({ ...(await dataOf(world.own, 2)), version: 1 }),
  },
  { what: "a trusted secret is laid under it", change: (row) => ({ ...row, trusted_secret_id: world.trusted }) },
  { what: "it is laid over itself", change: (row) => ({ ...row, trusted_secret_id: world.own }) },
  {
    what: "its trusted secret is another",
    read: { of: "dependent", version: 1 },
    change: (row) => ({ ...row, trusted_secret_id: world.otherTrusted }),
  },
  {
    what: "its trusted secret is gone",
    read: { of: "dependent", version: 1 },
    change: ({ trusted_secret_id: _, ...row }) => row,
  },
];

describe.each([
  { cache: "no cache of data keys", seconds: "0", calls: 2 },
  { cache: "a cache that knows the data keys", seconds: "300", calls: 0 },
])("with $cache", ({ seconds, calls }) => {
  beforeAll(async () => {
    vi.resetModules();
    service = await startService({ DATA_KEY_CACHE_SECONDS: seconds });
    kms = new KMSClient({ endpoint: service.kms.url });
    world = await fill();
    for (const id of Object.values(world)) await getData(id);
  });
  afterEach(restore);
  afterAll(async () => {
    kms.destroy();
    await service.close();
  });

  it("returns the data of untouched rows", async () => {
    const before = service.kms.requests.Decrypt ?? 0;

    const { status, body } = await getData(world.dependent);

    expect({ status, body }).toMatchObject({ status: 200, body: { data: { value: expect.stringContaining(marker) } } });
    expect((service.kms.requests.Decrypt ?? 0) - before).toBe(calls);
  });

  it.each(tamperings)("returns no data where $what", async ({ read = { of: "own", version: 2 }, change }) => {
    const secret_id = world[read.of];
    const changed = await change(await dataOf(secret_id, read.version));
    await put(changed);

    const reply = await getData(secret_id, { version: changed["version"] });
    const sealed = await getData(secret_id, { version: changed["version"], sealed: true });
    const opened = unseal(sealed.body, unwrap, { domain_id, secret_id });

    expectNoData(reply);
    // A caller who opens the data detects the change itself.
    await expect(opened).rejects.toThrow();
    expect(sealed.text).not.toContain(marker);
  });

  it("returns no trusted secret's data where the row is another secret's", async () => {
    await put({ ...(await dataOf(world.otherTrusted, 1)), secret: `${domain_id}/${world.trusted}` });

    expectNoData(await getData(world.dependent));
  });

  // The local KMS names the key in the blob's first bytes, as AWS does. On AWS, IAM refuses keys of others.
  it("opens nothing with a data key that a foreign KMS key wrapped", async () => {
    const row = await dataOf(world.own, 2);
    await put({ ...row, encrypted_data_key: flip(row["encrypted_data_key"], () => 1) });

    expectNoData(await getData(world.own));
  });

  it("lets the client open sealed data of untouched rows", async () => {
    const { body } = await getData(world.own, { sealed: true });

    const { data } = await unseal(body, unwrap, { domain_id, secret_id: world.own });

    expect(data).toEqual({ value: `${marker}-${world.own}-2` });
  });
});

/** Changes that reading one secret cannot detect, as docs/security.md says. */
describe("an attack that leaves every row whole", () => {
  let own: string;

  beforeAll(async () => {
    vi.resetModules();
    service = await startService();
  });
  beforeEach(async () => {
    own = await create({ project_id: "project-1" });
    await service.post("update-data", { secret_id: own, data: {} });
  });
  afterAll(async () => await service.close());

  /** The rules that `npm run verify` reports as broken. */
  async function rulesBroken(): Promise<readonly string[]> {
    const { violations } = await checkIntegrity(service.database, { versionsKept: 5, pause: async () => undefined });
    return violations.filter(({ key }) => Object.values(key).join().includes(own)).map(({ rule }) => rule);
  }

  it("removing the newest version is found by verify", async () => {
    const before = await rulesBroken();

    await removeRow(service.database, "data", { ...keyOf(own, 2) });

    expect(await getData(own)).toMatchObject({ status: 200, body: { version: 1 } });
    expect([before, await rulesBroken()]).toEqual([[], ["secret-without-data"]]);
  });

  it("putting back a deleted secret's data is found by verify", async () => {
    const row = await dataOf(own, 2);
    await service.post("delete", { secret_id: own });
    const before = await getData(own);

    await put(row);

    expect([before.status, (await getData(own)).status]).toEqual([404, 200]);
    expect(await rulesBroken()).toEqual(["data-of-no-secret"]);
  });

  it("moving a secret to another project is found by nothing", async () => {
    const inProject = { claims: { projects: "[project-2]" } };
    const before = await service.post("get-data", { secret_id: own }, inProject);
    const row = (await scanRows(service.database, "secrets")).find(({ secret_id }) => secret_id === own);

    await putRow(service.database, "secrets", { ...row, project_id: "project-2" });

    const after = await service.post("get-data", { secret_id: own }, inProject);
    expect([before.status, after.status]).toEqual([404, 200]);
    expect(await rulesBroken()).toEqual([]);
  });
});
