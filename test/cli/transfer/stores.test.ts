/** Reading Vault, Secrets Manager and Parameter Store. Fakes answer as their API documentation says. */

import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Io } from "../../../cli/io.ts";
import { type AwsOptions, parameterStoreSource, secretsManagerSource } from "../../../cli/transfer/aws.ts";
import type { Found } from "../../../cli/transfer/entry.ts";
import { type VaultOptions, vaultSource } from "../../../cli/transfer/vault.ts";
import { type FakeValues, startParameterStore, startSecretsManager } from "../../fakes/aws-stores.ts";
import { type FakeVault, type RunningVault, startVault } from "../../fakes/vault.ts";

const silent = { isTerminal: false, write: () => undefined };

function ioWith(environment: Io["environment"]): Io {
  return { environment, stdin: { isTerminal: false, read: () => Readable.from([]) }, stdout: silent, stderr: silent };
}

async function allOf(source: AsyncIterable<Found>): Promise<readonly Found[]> {
  const all: Found[] = [];
  for await (const found of source) all.push(found);
  return all;
}

describe("Vault", () => {
  const base: FakeVault = {
    mount: "kv",
    token: "t0ken",
    secrets: {
      app: { versions: [{ data: '{"root":true}' }] },
      "app/db": {
        custom_metadata: { owner: "ada" },
        versions: [
          { data: '{"n":1}' },
          { deletion_time: "2026-01-02T00:00:00Z" },
          { destroyed: true },
          { data: '{"n":12345678901234567890}' },
        ],
      },
      "app/api/key ä%": { versions: [{ data: '{"b":1,"a":2}', deletion_time: "2999-01-02T00:00:00.5Z" }] },
      "app/old": { versions: [{ data: '{"n":1}' }, { deletion_time: "2026-01-02T00:00:00Z" }] },
      "app/locked": { versions: [{ data: "{}" }] },
      "other/x": { versions: [{ data: "{}" }] },
    },
    denied: ["app/locked"],
  };
  const open: RunningVault[] = [];

  afterEach(() => {
    for (const { close } of open.splice(0)) close();
  });

  async function read(
    vault: FakeVault,
    options: Partial<VaultOptions>,
    environment: Io["environment"] = {},
  ): Promise<readonly Found[]> {
    const running = await startVault(vault);
    open.push(running);
    const io = ioWith({ VAULT_ADDR: running.address, VAULT_TOKEN: vault.token, ...environment });
    return await allOf(vaultSource(io, { from: "", mount: vault.mount, parallel: 3, ...options }));
  }

  it("reads the newest versions below a path with metadata, and says why the rest is refused", async () => {
    expect(await read(base, { from: "app" })).toEqual([
      { kind: "entry", path: "app", dataText: '{"root":true}' },
      { kind: "entry", path: "app/api/key ä%", dataText: '{"b":1,"a":2}', expires_at: "2999-01-02T00:00:00.500Z" },
      { kind: "entry", path: "app/db", dataText: '{"n":12345678901234567890}', tags: { owner: "ada" } },
      { kind: "refused", path: "app/locked", reason: "the token may not read it (Vault answers 403)" },
      { kind: "refused", path: "app/old", reason: "the newest version is deleted" },
    ]);
  });

  it("reads all versions that are neither deleted nor destroyed, oldest first", async () => {
    const found = await read(base, { from: "app/", allVersions: true });

    expect(found.filter(({ path }) => path === "app/db" || path === "app/old")).toEqual([
      {
        kind: "entry",
        path: "app/db",
        dataText: '{"n":12345678901234567890}',
        earlier: ['{"n":1}'],
        tags: { owner: "ada" },
      },
      { kind: "refused", path: "app/old", reason: "the newest version is deleted" },
    ]);
  });

  it.each([{ isPaging: true }, { isPaging: false }])(
    "lists a folder of more than one page, whether the server pages or not ($isPaging)",
    async ({ isPaging }) => {
      const names = Array.from({ length: 40 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
      const secrets = Object.fromEntries(names.map((name) => [name, { versions: [{ data: "{}" }] }]));

      const found = await read({ ...base, isPaging, secrets }, { from: "many/", pageSize: 20 });

      expect(found.map(({ path }) => path)).toEqual(names);
    },
  );

  it("reports a folder that the token may not list", async () => {
    const found = await read({ ...base, denied: ["app/api/"] }, { from: "app/" });

    expect(found[0]).toEqual({
      kind: "refused",
      path: "app/api/",
      reason: "the token may not list it (Vault answers 403)",
    });
    expect(found).toHaveLength(4);
  });

  it("reads in a namespace, and finds nothing without it", async () => {
    const vault = { ...base, namespace: "team/a" };

    expect(await read(vault, { from: "other/", namespace: "team/a" })).toHaveLength(1);
    expect(await read(vault, { from: "other/" }, { VAULT_NAMESPACE: "team/a" })).toHaveLength(1);
    await expect(read(vault, { from: "other/" })).rejects.toThrow("and --namespace");
  });

  it("retries while Vault is sealed or throttles for a moment", async () => {
    expect(await read({ ...base, failures: 2 }, { from: "other/" })).toHaveLength(1);
  });

  it.each([
    { environment: { VAULT_ADDR: "" }, message: "VAULT_ADDR is not set" },
    { environment: { VAULT_TOKEN: "" }, message: "VAULT_TOKEN is not set" },
    { environment: { VAULT_ADDR: "http://vault.example.com" }, message: "must be an https URL" },
    { environment: { VAULT_TOKEN: "wrong" }, message: "" },
  ])("says what is missing: $message", async ({ environment, message }) => {
    const reading = read(base, { from: "other/" }, environment);

    if (message === "") expect(await reading).toMatchObject([{ kind: "refused", path: "other/" }]);
    else await expect(reading).rejects.toThrow(message);
  });
});

describe("AWS's stores", () => {
  beforeEach(() => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
    vi.stubEnv("AWS_REGION", "eu-west-1");
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const values: FakeValues = {
    "/prod/db": {
      text: '{"user":"ada","n":12345678901234567890}',
      description: "of billing",
      tags: { team: "a", "aws:cloudformation:stack-name": "s" },
    },
    "/prod/key": { text: "s3cr3t", tags: { team: "b", description: "own" }, description: "other" },
    "/prod/twice": { text: '{"a":1,"a":2}' },
    "/prod/list": { text: "[1,2]" },
    "/prod/bytes": { bytes: Uint8Array.of(0, 255) },
    "/prod/locked": { text: "x", error: "AccessDeniedException" },
    "/PROD/other": { text: "x" },
  };

  async function readAll(
    start: typeof startSecretsManager,
    source: typeof secretsManagerSource,
    options: Partial<AwsOptions>,
  ): Promise<readonly Found[]> {
    const { endpoint, close } = await start(values);
    vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
    try {
      return await allOf(source(ioWith({}), { from: "/prod/", parallel: 2, ...options }));
    } finally {
      close();
    }
  }

  const common: readonly Found[] = [
    {
      kind: "entry",
      path: "/prod/db",
      dataText: '{"user":"ada","n":12345678901234567890}',
      tags: { team: "a", description: "of billing" },
    },
    { kind: "entry", path: "/prod/key", dataText: '{"value":"s3cr3t"}', tags: { team: "b", description: "own" } },
    { kind: "refused", path: "/prod/twice", reason: "its value names one member twice" },
    { kind: "entry", path: "/prod/list", dataText: '{"value":"[1,2]"}' },
  ];
  const locked: Found = {
    kind: "refused",
    path: "/prod/locked",
    reason: "AWS refuses to return it (AccessDeniedException)",
  };

  it("are read by prefix: JSON objects, strings, bytes, tags and descriptions", async () => {
    expect(await readAll(startSecretsManager, secretsManagerSource, {})).toEqual([
      ...common,
      { kind: "entry", path: "/prod/bytes", dataText: '{"value_base64":"AP8="}' },
      locked,
    ]);
    expect(await readAll(startParameterStore, parameterStoreSource, {})).toEqual([
      ...common,
      { kind: "refused", path: "/prod/bytes", reason: "was deleted, or AWS refuses to return its value" },
      locked,
    ]);
  });

  it.each([
    { sourceTag: ["team"], paths: ["/prod/db", "/prod/key"] },
    { sourceTag: ["team=b"], paths: ["/prod/key"] },
    { sourceTag: ["team=b", "description=own"], paths: ["/prod/key"] },
    { sourceTag: ["description=b"], paths: [] },
  ])("are read by tag: $sourceTag", async ({ sourceTag, paths }) => {
    const secrets = await readAll(startSecretsManager, secretsManagerSource, { sourceTag });
    const parameters = await readAll(startParameterStore, parameterStoreSource, { sourceTag });

    expect(secrets.map(({ path }) => path)).toEqual(paths);
    expect(parameters.map(({ path }) => path)).toEqual(paths);
  });
});
