/** `secret import` and `secret export` against the running service. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Run, runInProcess } from "../cli/run.ts";
import { startVault } from "../fakes/vault.ts";
import { httpClient, newDomain, stack } from "./service.ts";

const folder = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { HOME: folder, LOCAL_DIR: stack.dir };

async function secret(args: readonly string[], input = ""): Promise<Run> {
  return await runInProcess(args, { input, environment });
}

/** A file with this content. */
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function dataOf(domain: string, name: string): Promise<string> {
  return (await secret(["get-data", `name:${name}`, "--domain", domain, "--format", "json"])).stdout;
}

/** The environment of a caller with only these scopes. */
function limitedTo(scope: string): { readonly [name: string]: string } {
  const home = mkdtempSync(join(folder, "limited-"));
  mkdirSync(join(home, "cloudforet-secret"));
  const profiles = { limited: { kind: "local", dir: stack.dir, scope } };
  writeFileSync(join(home, "cloudforet-secret/config.json"), JSON.stringify({ defaultProfile: "limited", profiles }));
  return { ...environment, XDG_CONFIG_HOME: home };
}

describe("a dotenv file", () => {
  it("is planned, written, verified, found unchanged, and written again where it changed", async () => {
    const domain = newDomain();
    const path = file("prod.env", "\uFEFF# of the database\nexport DB_USER=ada\nDB_PASSWORD='s3cr3t #1'\n");
    const run = async (...options: readonly string[]) =>
      await secret(["import", "dotenv", path, "--domain", domain, ...options]);

    const planned = await run();
    const nothing = await secret(["list", "--domain", domain, "--count"]);
    const applied = await run("--apply", "--verify", "--tag", "env=prod");
    const again = await run("--apply");
    file("prod.env", "DB_USER=ada\nDB_PASSWORD=n3w\n");
    const differing = await run("--verify");
    const changed = await run("--apply");

    expect(planned).toEqual({
      code: 0,
      signal: null,
      stdout: "ACTION  NAME  WHY\ncreate  prod  -\n",
      stderr: "secret: 1 create.\n",
    });
    expect(nothing.stdout).toBe("0\n");
    expect(applied.stderr).toContain("Verified: every secret is as in the source.");
    expect(applied.code).toBe(0);
    expect(again.stdout).toContain("unchanged  prod");
    expect({ code: differing.code, stderr: differing.stderr }).toEqual({
      code: 7,
      stderr: "secret: 1 new version.\nsecret: prod differs: new version, data.\n",
    });
    expect(changed.stdout).toContain("new version  prod  data  done");
    expect(JSON.parse(await dataOf(domain, "prod"))).toEqual({ DB_USER: "ada", DB_PASSWORD: "n3w" });
    const client = await httpClient({ domain_id: domain });
    expect((await client.list({ name: "prod" })).results).toMatchObject([{ tags: { env: "prod" }, version: 2 }]);
    for (const { stdout, stderr } of [planned, applied, again, differing, changed]) {
      expect(stdout + stderr).not.toMatch(/s3cr3t|n3w/);
    }
  });
});

describe("an export", () => {
  const digits =
    '{"n":12345678901234567890.10,"2":"b","1":"a","pem":"-----BEGIN\\n x\\n","deep":{"__proto__":[null,true]}}';

  /** A domain with everything that an export contains. */
  async function filledDomain(): Promise<string> {
    const domain = newDomain();
    const client = await httpClient({ domain_id: domain });
    const common = { secret_type: "CREDENTIALS" } as const;
    const base = await client.create({ ...common, name: "base", dataText: '{"region":"eu","user":"base"}' });
    await client.create({
      ...common,
      name: "z/inherits",
      dataText: '{"user":"own"}',
      trusted_secret_id: base.secret_id,
    });
    await client.create({
      ...common,
      name: "all \u00e4\n'",
      dataText: digits,
      tags: { env: "prod", nothing: null, list: [1, { a: true }] },
      schema: "aws_access_key",
      project_id: "project-1",
      service_account_id: "sa-1",
      expires_at: "2030-01-02T03:04:05.678Z",
    });
    return domain;
  }

  /** The fields of each secret that an export contains. */
  async function contentOf(domain: string): Promise<unknown> {
    const client = await httpClient({ domain_id: domain });
    const { results } = await client.list({ query: { sort: { key: "name" } } });
    const names = new Map(results.map(({ secret_id, name }) => [secret_id, name]));
    const read = async ({
      secret_id,
      domain_id: _domain,
      created_at: _created,
      updated_at: _updated,
      version: _version,
      trusted_secret_id,
      ...kept
    }: (typeof results)[number]) => ({
      ...kept,
      trusted: trusted_secret_id === null ? null : names.get(trusted_secret_id),
      data: (await client.getData({ secret_id })).dataText,
    });
    return await Promise.all(results.map(read));
  }

  it.each([
    { kind: "sealed", options: [] },
    { kind: "json", options: ["--plaintext", "json"] },
    { kind: "yaml", options: ["--plaintext", "yaml"] },
  ])("is imported again as it was, with its metadata: $kind", async ({ kind, options }) => {
    const [from, to] = [await filledDomain(), newDomain()];
    const path = join(folder, `export.${kind}`);

    const exported = await secret(["export", path, "--domain", from, ...options]);
    const replaced = await secret(["export", path, "--domain", from, ...options]);
    const imported = await secret(["import", kind, path, "--domain", to, "--apply", "--verify"]);
    const again = await secret(["import", kind, path, "--domain", to]);

    expect(exported).toMatchObject({ code: 0, stdout: "", stderr: `secret: Wrote 3 secrets to ${path}.\n` });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(replaced).toMatchObject({
      code: 5,
      stderr: `secret: ERROR_USAGE: ${path} already exists, and an export never replaces a file.\n`,
    });
    expect(imported.stderr).toContain("All 3 written.");
    expect(imported.code).toBe(0);
    expect(again.stderr).toBe("secret: 3 unchanged.\n");
    expect(await contentOf(to)).toEqual(await contentOf(from));
    expect(readFileSync(path, "utf8").includes("-----BEGIN")).toBe(kind !== "sealed");
  });

  it("that is sealed is refused if it was cut, or lines were swapped", async () => {
    const [from, to] = [await filledDomain(), newDomain()];
    const path = join(folder, "whole.sealed");
    await secret(["export", path, "--domain", from]);
    const [header = "", first = "", second = "", ...rest] = readFileSync(path, "utf8").split("\n");
    const swapped = { ...JSON.parse(first), data: JSON.parse(second).data };

    const cut = await secret(["import", "sealed", "-", "--domain", to], [header, first].join("\n"));
    const mixed = await secret(
      ["import", "sealed", "-", "--domain", to, "--apply"],
      [header, JSON.stringify(swapped), second, ...rest].join("\n"),
    );

    expect(cut).toMatchObject({
      code: 2,
      stderr: "secret: ERROR_USAGE: standard input is incomplete: its end is missing.\n",
    });
    expect(mixed.code).toBe(2);
    expect(mixed.stdout).toMatch(/refused +all .*cannot be opened/);
    expect(await contentOf(to)).toEqual([]);
  });

  it("leaves no file if it fails, and names the secret that the format cannot hold", async () => {
    const domain = await filledDomain();
    const path = join(folder, "never.env");
    const run = async (...args: readonly string[]) => await secret(["export", path, "--domain", domain, ...args]);

    const many = await run("--plaintext", "dotenv");
    const numbers = await run("name~all", "--plaintext", "dotenv");
    const none = await run("name=nothing");

    expect([many.code, numbers.code, none.code]).toEqual([2, 2, 3]);
    expect(numbers.stderr).toContain('a dotenv file cannot hold its member "n"');
    expect(existsSync(path)).toBe(false);
  });

  it("to a dotenv file holds one secret of strings, and says what is left out", async () => {
    const domain = newDomain();
    const client = await httpClient({ domain_id: domain });
    const data = { USER: "ada", PASSWORD: "a'b # $HOME\n\"x", EMPTY: "" };
    await client.create({ name: "app", secret_type: "CREDENTIALS", data });
    const path = join(folder, "app.env");

    const exported = await secret(["export", path, "--domain", domain, "--plaintext", "dotenv"]);
    const imported = await secret(["import", "dotenv", path, "--domain", domain]);

    expect(exported.stderr).toContain("A dotenv file holds only the data");
    expect(imported.stdout).toContain("unchanged  app");
  });
});

describe("an import", () => {
  const run = async (domain: string, document: object, ...options: readonly string[]) =>
    await secret(["import", "json", "-", "--each", "--domain", domain, ...options], JSON.stringify(document));

  it("writes nothing if one secret is refused, and the others with --partial and exit code 7", async () => {
    const domain = newDomain();
    const document = { good: { a: 1 }, "": { a: 1 }, big: { a: "x".repeat(400_000) } };

    const refused = await run(domain, document, "--apply");
    const count = await secret(["list", "--count", "--domain", domain]);
    const partial = await run(domain, document, "--apply", "--partial", "--json");

    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain("(key = data, reason = must have at most 393216 bytes as JSON)");
    expect(count.stdout).toBe("0\n");
    expect(partial.code).toBe(7);
    expect(JSON.parse(partial.stdout)).toMatchObject({
      applied: true,
      counts: { create: 1, refused: 2 },
      secrets: [{ action: "create", name: "good", outcome: "done" }, { action: "refused" }, { action: "refused" }],
    });
  });

  it("leaves existing secrets alone with --skip-existing, without reading their data", async () => {
    const domain = newDomain();
    await run(domain, { one: { a: 1 } }, "--apply");
    const limited = async (...options: readonly string[]) =>
      await runInProcess(["import", "json", "-", "--each", "--domain", domain, "--apply", ...options], {
        input: '{"one":{"a":2},"two":{"a":2}}',
        environment: limitedTo("secret:read secret:write"),
      });

    const compared = await limited();
    const skipped = await limited("--skip-existing");

    expect(compared).toMatchObject({ code: 4 });
    expect(skipped).toMatchObject({ code: 0 });
    expect(skipped.stdout).toMatch(/skipped +one +exists/);
    expect([await dataOf(domain, "one"), await dataOf(domain, "two")].map((text) => JSON.parse(text))).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });

  it("stops after many failures in a row, with their exit code if nothing was written", async () => {
    const document = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`secret-${index}`, { a: 1 }]));
    const limited = limitedTo("secret:read");

    const { code, stdout, stderr } = await runInProcess(
      ["import", "json", "-", "--each", "--domain", newDomain(), "--apply", "--parallel", "2", "--json"],
      { input: JSON.stringify(document), environment: limited },
    );

    const { secrets }: { readonly secrets: readonly { readonly outcome: string; readonly error?: object }[] } =
      JSON.parse(stdout);
    const outcomes = secrets.map(({ outcome }) => outcome);
    expect({ code, stderr, first: secrets[0] }).toMatchObject({
      code: 4,
      stderr: "",
      first: { outcome: "failed", error: { code: "ERROR_PERMISSION_DENIED" } },
    });
    expect([outcomes.filter((one) => one === "failed").length, outcomes.at(-1)]).toEqual([
      expect.toSatisfy((count) => count >= 20 && count < 24),
      "not_tried",
    ]);
  });

  it("reads all versions of Vault, oldest first, and continues after an interruption", async () => {
    const domain = newDomain();
    const vault = await startVault({
      mount: "secret",
      token: "t",
      secrets: {
        "app/db": {
          versions: [{ data: '{"v":1}' }, { destroyed: true }, { data: '{"v":3}' }, { data: '{"v":4}' }],
          custom_metadata: { owner: "ada" },
        },
      },
    });
    const client = await httpClient({ domain_id: domain });
    const { secret_id } = await client.create({ name: "vault/db", secret_type: "CREDENTIALS", data: { v: 1 } });
    const variables = { ...environment, VAULT_ADDR: vault.address, VAULT_TOKEN: "t" };
    const args = [
      "import",
      "vault",
      "app/",
      "--strip",
      "app/",
      "--prefix",
      "vault/",
      "--all-versions",
      "--domain",
      domain,
    ];

    const applied = await runInProcess([...args, "--apply", "--verify"], { environment: variables });
    vault.close();

    expect(applied.stdout).toMatch(/new version +vault\/db +data, 2 versions +done/);
    expect(applied.code).toBe(0);
    const versions = [1, 2, 3].map(async (version) => (await client.getData({ secret_id, version })).data);
    expect(await Promise.all(versions)).toEqual([{ v: 1 }, { v: 3 }, { v: 4 }]);
    expect(await client.get({ secret_id })).toMatchObject({ tags: { owner: "ada" }, version: 3 });
  });
});
