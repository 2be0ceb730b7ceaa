/** Moves secrets from Cloudforet: the API returns everything that its operators exported, once, under the same ids. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { open } from "../../../lib/crypto/envelope.ts";
import { KmsKeyService } from "../../../lib/crypto/kms-key-service.ts";
import { dynamodbSecretReads } from "../../../lib/store/dynamodb-secret-reads.ts";
import { dynamodbSecretRows } from "../../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../../lib/store/dynamodb-secret-store.ts";
import { checkIntegrity } from "../../../tools/ops/integrity/check.ts";
import { type MigrationOptions, migrate as migrateFiles } from "../../../tools/ops/migration/migrate.ts";
import { describeReport } from "../../../tools/ops/migration/report.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";
import { isThorough } from "../../support/thorough.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const project = join(import.meta.dirname, "../../..");
const page = readFileSync(join(project, "docs/migrate.md"), "utf8");
const fixtures = join(import.meta.dirname, "cloudforet");
/** The domain of the fixtures. Each test replaces it by its own. */
const fixtureDomain = "domain-1a2b3c4d5e6f";
const trustedId = "secret-7f538fd754ec";

/** The page's commands that the tests run, with their output on the page. */
const steps = [...page.matchAll(/^```sh\n(.*?)^```\n\n```\n(.*?)^```$/gms)].map(([, command = "", output = ""]) => ({
  command,
  output,
}));

let functions: Functions;
let domain_id: string;
let domains = 0;
/** A copy of the export, with the description of a stack in it. */
let dir: string;

beforeAll(async () => {
  functions = await startFunctions();
});
afterAll(async () => await functions.close());

beforeEach(() => {
  domains += 1;
  domain_id = `domain-${domains}`;
  dir = mkdtempSync(join(tmpdir(), "migrate-"));
  for (const file of readdirSync(fixtures)) {
    writeFileSync(join(dir, file), readFileSync(join(fixtures, file), "utf8").replaceAll(fixtureDomain, domain_id));
  }
  describeStack();
});
afterEach(() => rmSync(dir, { recursive: true }));

function describeStack(): void {
  const { database, kms } = functions;
  const unused = { api: "", lambda: "", issuer: "", reference: "", functions: {} };
  const places = { region: "us-east-1", dynamodb: database.url, kms: kms.url, tables: database.tables };
  writeFileSync(join(dir, "stack.json"), JSON.stringify({ ...unused, ...places, key_id: kms.keyId }));
}

/** Runs a command of the page in the folder with the export. */
async function run(command: string) {
  const script = command.replaceAll(/npm run (\w+)(?: --)?/g, (_, tool) => `"$NODE" "$OPS/${tool}.ts"`);
  const shell = spawn("bash", ["-c", script], {
    cwd: dir,
    env: { PATH: process.env["PATH"], LOCAL_DIR: dir, NODE: process.execPath, OPS: join(project, "tools/ops") },
  });
  const [output, complaint, [code]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, "close")]);
  return { output, complaint, code };
}

const key = Buffer.from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "base64");
const exported = { values: ["vault.jsonl", "secrets-manager.jsonl", "secret_data.jsonl"] };

/** Runs the tool in this process, and returns its output. */
async function migrate(options: Partial<MigrationOptions> & { readonly values?: readonly string[] } = {}) {
  const paths = (names: readonly string[]) => names.map((name) => join(dir, name));
  const { database, kms } = functions;
  const client = new KMSClient({ endpoint: kms.url, region: "us-east-1", credentials });
  const ports = {
    secrets: dynamodbSecretStore(database),
    rows: dynamodbSecretRows(database),
    keys: new KmsKeyService(client, kms.keyId),
  };
  const files = {
    documents: paths(["secret.jsonl", "trusted_secret.jsonl"]),
    values: paths(options.values ?? ["values.jsonl"]),
  };
  const whole = { domainId: null, workspaceAsTag: false, key, isApplied: true, width: 4, ...options };
  const signal = new AbortController().signal;
  const report = await migrateFiles(files, ports, { signal, onProgress: () => undefined, ...whole });
  return describeReport(report, whole.isApplied);
}

/** Replaces the export. */
function write(
  documents: readonly object[],
  values: readonly (object | string)[],
  trusted: readonly object[] = [],
): void {
  const lines = (rows: readonly (object | string)[]) =>
    rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join("");
  writeFileSync(join(dir, "secret.jsonl"), lines(documents));
  writeFileSync(join(dir, "trusted_secret.jsonl"), lines(trusted));
  writeFileSync(join(dir, "values.jsonl"), lines(values));
}

const idOf = (n: number) => `secret-${n.toString(16).padStart(12, "0")}`;
const document = (n: number, fields: object = {}) => ({
  _id: { $oid: "5f3a1c2e9b1e8a0000000001" },
  ...{ secret_id: idOf(n), name: `name-${n}`, domain_id, created_at: { $date: "2021-03-01T05:12:45Z" } },
  ...fields,
});
const trusted = (n: number, fields: object = {}) => {
  const { secret_id, ...rest } = document(n, fields);
  return { trusted_secret_id: `trusted-${secret_id}`, ...rest };
};
const value = (n: number, data: unknown = { n }) => ({ secret_id: idOf(n), data });

const getData = async (secret_id: string) => (await functions.do("get-data", { domain_id, secret_id }))["data"];
const list = async () => {
  const { results } = await functions.do("list", { domain_id });
  return results as { readonly [field: string]: unknown }[];
};
const violations = async () =>
  (await checkIntegrity(functions.database, { versionsKept: 5, pause: async () => undefined })).violations;

describe("the page docs/migrate.md", () => {
  let all: Functions;

  /** Its last command counts the rows of all domains. */
  beforeEach(async () => {
    all = functions;
    functions = await startFunctions();
    describeStack();
  });
  afterEach(async () => {
    await functions.close();
    functions = all;
  });

  it.runIf(isThorough)("shows what its commands print, in their order", async () => {
    const printed: string[] = [];
    let exports = "";
    for (const { command } of steps) {
      const { output } = await run(`${exports}\n${command}`);
      exports += command.match(/^export .*$/m)?.[0] ?? "";
      printed.push(output);
    }

    expect(steps.length).toBe(4);
    expect(printed).toEqual(steps.map(({ output }) => output));
  });
});

describe("a moved export", () => {
  beforeEach(async () => {
    await migrate(exported);
  });

  it("has ids, times, tags and the other fields of Cloudforet", async () => {
    const rows = await list();

    const common = { secret_type: "CREDENTIALS", domain_id, version: 1, expires_at: null };
    expect(rows.find(({ name }) => name === "aws-prod")).toEqual({
      ...common,
      ...{ secret_id: "secret-3b194b9310a8", name: "aws-prod", tags: { env: "prod" }, schema: "aws_access_key" },
      ...{ provider: "aws", service_account_id: "sa-5d6e7f8a9b0c", project_id: "project-0a1b2c3d4e5f" },
      ...{ trusted_secret_id: null, created_at: "2021-03-01T05:12:45.123Z", updated_at: "2021-03-01T05:12:45.123Z" },
    });
    expect(rows.map(({ secret_id, created_at }) => [secret_id, created_at]).toSorted()).toEqual([
      ["secret-3b194b9310a8", "2021-03-01T05:12:45.123Z"],
      ["secret-4c205ca421b9", "2021-04-01T00:00:00.000Z"],
      ["secret-5d316db532ca", "2022-11-09T10:00:00.000Z"],
      ["secret-6e427ec643db", "2023-02-14T08:30:00.500Z"],
      [trustedId, "2023-02-14T08:00:00.000Z"],
      ["secret-8064a0e865fd", "2023-05-05T00:00:00.000Z"],
    ]);
    expect(rows.find(({ name }) => name === "gcp")).toMatchObject({ tags: { team: "data" } });
  });

  it("has the data of all stores, including encrypted data", async () => {
    expect(await getData("secret-3b194b9310a8")).toEqual({
      aws_access_key_id: "AKIA1",
      aws_secret_access_key: "wJalrXUtnFEMI",
    });
    expect(await getData("secret-5d316db532ca")).toEqual({
      aws_access_key_id: "AKIA2",
      aws_secret_access_key: "geheim-ü",
    });
    expect(await getData("secret-8064a0e865fd")).toEqual({ user: "root", text: '{"$oid":"no wrapper"}' });
  });

  it("merges a trusted secret's data under that of its dependents", async () => {
    expect(await getData("secret-6e427ec643db")).toEqual({
      aws_access_key_id: "AKIAROOT",
      aws_secret_access_key: "root",
      role_arn: "arn:aws:iam::123456789012:role/collector",
    });
    const refused = await functions.call("delete", { domain_id, secret_id: trustedId });
    expect(refused).toMatchObject({ body: { detail: { code: "ERROR_EXIST_RELATED_SECRET" } } });
  });

  it("can be used like any other secret", async () => {
    const own = { domain_id, secret_id: "secret-3b194b9310a8" };

    await functions.do("update-data", { ...own, expected_version: 1, data: { n: 2 } });
    await functions.do("update", { ...own, name: "renamed" });
    await migrate({ values: ["secrets-manager.jsonl"] });

    expect(await functions.do("get", own)).toMatchObject({ name: "renamed", version: 2 });
    expect(await getData(own.secret_id)).toEqual({ n: 2 });
    await functions.do("delete", own);
    expect(await violations()).toEqual([]);
  });
});

it("a migration keeps all digits, the order of keys, and unusual line separators", async () => {
  await migrate({ values: ["secret_data.jsonl"] });

  const id = "secret-4c205ca421b9";
  const found = await dynamodbSecretReads(functions.database).findData(domain_id, id, null);
  if (found === undefined) throw new Error("It has no data.");
  const kms = new KMSClient({ endpoint: functions.kms.url, region: "us-east-1", credentials });
  const context = { domain_id, secret_id: id, version: "1" };
  const dataKey = await new KmsKeyService(kms, "").unwrapDataKey(found.encryptedDataKey, context);
  expect(open(found, dataKey, context).toString()).toBe(
    `{"type":"service_account","10":"zehn","2":"zwei","expires":"2030-01-01T00:00:00Z","id":123456789012345678,` +
      `"ratio":1.0,"key":"-----BEGIN PRIVATE KEY-----\\nabc\u2028def\\n"}`,
  );
});

describe("a migration refuses, and moves the rest", () => {
  const refusals: readonly [title: string, document: object, data: unknown, reason: string][] = [
    ["a name that is too long", { name: "x".repeat(256) }, {}, "must have at most 255 characters"],
    ["a name of whitespace", { name: " " }, {}, "must not be only whitespace"],
    ["no name", { name: null }, {}, "(key = name)"],
    ["no domain", { domain_id: "" }, {}, "(key = domain_id)"],
    ["no time", { created_at: null }, {}, "has no date in created_at"],
    ["a time that is not a date", { created_at: "yesterday" }, {}, "has no date in created_at"],
    ["an id in another format", { secret_id: "secret-0123" }, {}, "has an id of another form"],
    ["another type", { secret_type: "TOKEN" }, {}, "must be CREDENTIALS"],
    ["a schema that is too long", { schema: "s".repeat(41) }, {}, "(key = schema"],
    ["a provider that is too long", { provider: "p".repeat(41) }, {}, "provider must have at most 40 characters"],
    ["tags that are text", { tags: "x" }, {}, "tags must be an object"],
    ["tags with an empty key", { tags: { "": 1 } }, {}, "must have no empty keys"],
    ["tags that are too large", { tags: { x: "x".repeat(17_000) } }, {}, "must have at most 16384 bytes"],
    [
      "a number in tags that a double would round",
      { tags: { n: { $numberLong: "4829384729384729384" } } },
      {},
      "tags.n is a number that would be rounded",
    ],
    ["a binary in tags", { tags: { b: { $binary: { base64: "", subType: "00" } } } }, {}, "holds a $binary"],
    ["a field that neither version has", { rotated_at: "2021" }, {}, "rotated_at is an unexpected field"],
    ["a workspace", { workspace_id: "workspace-1" }, {}, "belongs to a workspace"],
    [
      "a trusted secret that is not in the export",
      { trusted_secret_id: "trusted-secret-00000000ffff" },
      {},
      "inherits from trusted-secret-00000000ffff, which is not moved",
    ],
    ["data that is a list", {}, [1], "has data that must be a JSON object"],
    ["data that is too large", {}, { x: "x".repeat(400_000) }, "must have at most 393216 bytes"],
    [
      "data that nests too deep",
      {},
      JSON.parse(`${'{"a":'.repeat(102)}1${"}".repeat(102)}`),
      "nests deeper than 100 levels",
    ],
    ["data with an invalid number", {}, { n: { $numberDouble: "NaN" } }, "holds a $numberDouble"],
    [
      "another algorithm",
      { encrypted: true, encrypt_options: { encrypt_algorithm: "SPACEONE_DEFAULT" } },
      {},
      "is encrypted with SPACEONE_DEFAULT",
    ],
    [
      "encrypted data of another form",
      { encrypted: true, encrypt_options: { encrypt_algorithm: "AES", nonce: "" } },
      {},
      "is not in the format of encrypted data",
    ],
    [
      "data encrypted under another key",
      { encrypted: true, encrypt_options: { encrypt_algorithm: "AES", nonce: "AQEBAQEBAQEBAQEB" } },
      { encrypted_data: "A".repeat(64) },
      "cannot be decrypted with this key",
    ],
  ];

  it("documents with a fault, each with its reason", async () => {
    const documents = refusals.map(([, fields], n) => document(n, fields));
    write([...documents, document(1000)], [...refusals.map(([, , data], n) => value(n, data)), value(1000)]);

    const output = await migrate();

    for (const [index, [title, fields, , reason]] of refusals.entries()) {
      const id = (fields as { secret_id?: string }).secret_id ?? idOf(index);
      expect(
        output.split("\n").find((line) => line.startsWith(`refused  ${id}  `)),
        title,
      ).toContain(reason);
    }
    expect(output).toContain(`1 moved, 0 moved before, ${refusals.length} refused.`);
    expect((await list()).map(({ secret_id }) => secret_id)).toEqual([idOf(1000)]);
  });

  it("a document without a value, its dependents, and a second document with one id", async () => {
    const dependent = document(1, { trusted_secret_id: `trusted-${idOf(2)}` });
    write([dependent, document(3), document(3)], [value(1), value(3), value(9)], [trusted(2), trusted(3)]);

    const output = await migrate();

    expect(output.split("\n").toSorted()).toEqual([
      "",
      "1 moved, 0 moved before, 4 refused.",
      "1 values belong to no document in these files.",
      `refused  ${idOf(1)}  inherits from trusted-${idOf(2)}, which is not moved`,
      `refused  ${idOf(3)}  is in the export twice`,
      `refused  trusted-${idOf(2)}  has no value in the files`,
      `refused  trusted-${idOf(3)}  would have the id of ${idOf(3)}`,
    ]);
  });

  it("an id that another secret has here", async () => {
    write([document(1)], [value(1)]);
    await migrate();
    write([document(1, { created_at: { $date: "2022-01-01T00:00:00Z" } })], [value(1, { other: true })]);

    const output = await migrate();

    expect(output).toContain(`refused  ${idOf(1)}  has the id of another secret here, which was created at 2021-03-01`);
    expect(await getData(idOf(1))).toEqual({ n: 1 });
  });
});

describe("an export of v2", () => {
  it("has schema_id, the star and the trusted account mapped, and workspaces on request", async () => {
    const common = { schema_id: "aws-secret-access-key", resource_group: "WORKSPACE" };
    write(
      [document(1, { ...common, project_id: "*", workspace_id: "workspace-1", tags: { a: "b" } })],
      [value(1), { ...value(2), secret_id: `trusted-${idOf(2)}` }],
      [trusted(2, { ...common, workspace_id: "*", trusted_account_id: "ta-1" })],
    );

    await migrate({ workspaceAsTag: true });

    const schema = "aws-secret-access-key";
    expect(await list()).toEqual([
      expect.objectContaining({ schema, project_id: null, tags: { a: "b", workspace_id: "workspace-1" } }),
      expect.objectContaining({ schema, secret_id: idOf(2), tags: { trusted_account_id: "ta-1" } }),
    ]);
  });

  it("a migration leaves a shared name to the oldest secret, and adds ids to the others", async () => {
    const at = (year: number) => ({ name: "same", created_at: { $date: `${year}-01-01T00:00:00Z` } });
    write(
      [document(1, at(2023)), document(2, at(2022)), document(3, at(2024))],
      [1, 2, 3].map((n) => value(n)),
    );
    await functions.do("create", { domain_id, name: `same (${idOf(3)})`, data: {}, secret_type: "CREDENTIALS" });
    await functions.do("create", { domain_id, name: "same", data: {}, secret_type: "CREDENTIALS" });

    const output = await migrate();

    expect(output.split("\n").toSorted()).toEqual([
      "",
      "2 moved, 0 moved before, 1 refused.",
      `refused  ${idOf(3)}  has a name that is taken here, and is too long for a suffix`,
      `renamed  ${idOf(1)}  "same (${idOf(1)})"`,
      `renamed  ${idOf(2)}  "same (${idOf(2)})"`,
    ]);
    expect(await violations()).toEqual([]);
  });

  it("a migration can select one domain", async () => {
    write([document(1), document(2, { domain_id: "domain-other" })], [value(1), value(2)]);

    const output = await migrate({ domainId: domain_id });

    expect(output).toContain("1 moved, 0 moved before, 0 refused.");
    expect(await functions.do("list", { domain_id: "domain-other" })).toMatchObject({ total_count: 0 });
  });
});

describe("a migration writes nothing", () => {
  it("in a dry run", async () => {
    const output = await migrate({ ...exported, isApplied: false });

    expect(output).toContain("6 to move, 0 moved before, 0 refused.");
    expect(await list()).toEqual([]);
    expect(functions.kms.requests["GenerateDataKey"]).toBe(generated);
  });

  let generated: number | undefined;
  beforeEach(() => {
    generated = functions.kms.requests["GenerateDataKey"];
  });

  it.each([
    [
      "a line that is no JSON",
      () => appendFileSync(join(dir, "values.jsonl"), '{"secret_id": "s3cr3t\n'),
      "line 2 must be JSON",
    ],
    ["a list", () => writeFileSync(join(dir, "secret.jsonl"), "[{}]"), "line 1 must be a JSON object"],
    [
      "a line in an unknown format",
      () => writeFileSync(join(dir, "values.jsonl"), '{"s3cr3t":1}'),
      "line 1 is not a value",
    ],
    ["invalid UTF-8", () => writeFileSync(join(dir, "values.jsonl"), Buffer.from([0x7b, 0xff])), "line 1 is not UTF-8"],
    [
      "a value twice",
      () => appendFileSync(join(dir, "values.jsonl"), JSON.stringify(value(1, { s3cr3t: 1 }))),
      "has two values",
    ],
    ["a missing file", () => rmSync(join(dir, "values.jsonl")), "ENOENT"],
  ])("of a file with %s, says where, and quotes nothing", async (_, damage, reason) => {
    write([document(1)], [value(1)]);
    damage();

    const complaint = await migrate().catch((error: unknown) => String(error));

    expect(complaint).toContain(reason);
    expect(complaint).not.toContain("s3cr3t");
    expect(await list()).toEqual([]);
  });
});

describe("npm run migrate", () => {
  const files = "--secrets secret.jsonl --trusted-secrets trusted_secret.jsonl --values secrets-manager.jsonl";

  it("exits with 1 if some secrets are refused, and with 2 and a reason if it fails", async () => {
    const outcomes = await Promise.all([
      run(`npm run migrate -- ${files}`),
      run(`ENCRYPT_KEY=abc npm run migrate -- ${files} --key-env ENCRYPT_KEY`),
      run("npm run migrate -- --secrets secret.jsonl"),
    ]);

    expect(outcomes.map(({ code }) => code)).toEqual([1, 2, 2]);
    expect(outcomes[1].complaint).toContain("Cloudforet's encrypt_key must be 16, 24 or 32 bytes in base64.");
    expect(outcomes[2].complaint).toContain("--values file");
  });
});
