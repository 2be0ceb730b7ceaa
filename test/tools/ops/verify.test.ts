/** The integrity check finds every kind of inconsistent rows, and nothing in consistent rows. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DeleteCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableNames } from "../../../lib/store/client.ts";
import { toSecretItem } from "../../../lib/store/items.ts";
import type { Item } from "../../../lib/store/row.ts";
import { checkIntegrity, type Report } from "../../../tools/ops/integrity/check.ts";
import { ruleNames } from "../../../tools/ops/integrity/findings.ts";
import { findDeleted } from "../../../tools/ops/undeletion/deleted.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";
import { isThorough } from "../../support/thorough.ts";

type Table = keyof TableNames;

let functions: Functions;

beforeAll(async () => {
  functions = await startFunctions();
});
afterAll(async () => await functions.close());

const put = async (table: Table, Item: Item) => {
  const { client, tables } = functions.database;
  await client.send(new PutCommand({ TableName: tables[table], Item }));
};
const remove = async (table: Table, Key: Item) => {
  const { client, tables } = functions.database;
  await client.send(new DeleteCommand({ TableName: tables[table], Key }));
};
/** Sets an attribute, or removes it for `undefined`. */
const set = async (table: Table, Key: Item, attribute: string, value: unknown) => {
  const { client, tables } = functions.database;
  await client.send(
    new UpdateCommand({
      TableName: tables[table],
      Key,
      UpdateExpression: value === undefined ? "REMOVE #a" : "SET #a = :a",
      ExpressionAttributeNames: { "#a": attribute },
      ...(value !== undefined && { ExpressionAttributeValues: { ":a": value } }),
    }),
  );
};

/** A domain with a secret of three versions and one that another names as trusted. */
interface Domain {
  readonly domain: string;
  readonly plain: string;
  readonly trusted: string;
  readonly dependent: string;
}

async function fill(domain: string): Promise<Domain> {
  const create = async (name: string, fields: object = {}) => {
    const message = { domain_id: domain, name, data: { n: 1 }, secret_type: "CREDENTIALS", ...fields };
    return String((await functions.do("create", message))["secret_id"]);
  };
  const plain = await create("plain", { client_token: "token-1" });
  for (const n of [2, 3]) await functions.do("update-data", { domain_id: domain, secret_id: plain, data: { n } });
  const trusted = await create("trusted");
  const dependent = await create("dependent", { trusted_secret_id: trusted });
  return { domain, plain, trusted, dependent };
}

const nobody = "secret-000000000000";

interface Plant {
  readonly title: string;
  readonly plant: (domain: Domain) => Promise<void>;
  /** `rule table sort-key`, sorted. */
  readonly findings: (domain: Domain) => readonly string[];
}

const secretKey = (domain_id: string, secret_id: string) => ({ domain_id, secret_id });
const dataKey = (domain: string, secret: string, version: number) => ({ secret: `${domain}/${secret}`, version });
const bytes = (length: number) => new Uint8Array(length).fill(7);
const aDataRow = (domain: string, secret: string, version: number) => ({
  ...dataKey(domain, secret, version),
  encrypted_data: bytes(40),
  encrypted_data_key: bytes(184),
  nonce: bytes(12),
  salt: bytes(32),
  commitment: bytes(32),
  encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
  key_id: "arn:aws:kms:us-east-1:000000000000:key/1",
  created_at: "2026-01-01T00:00:00.000Z",
});

const plants: readonly Plant[] = [
  {
    title: "a name of a secret that is not there",
    plant: async ({ domain }) => await put("names", { domain_id: domain, name: "ghost", secret_id: nobody }),
    findings: () => ["name-of-no-secret names ghost"],
  },
  {
    title: "a second name of a secret",
    plant: async ({ domain, plain }) => await put("names", { domain_id: domain, name: "alias", secret_id: plain }),
    findings: () => ["name-of-another-name names alias"],
  },
  {
    title: "a secret whose name is not reserved",
    plant: async ({ domain }) => await remove("names", { domain_id: domain, name: "plain" }),
    findings: ({ plain }) => [`secret-without-name secrets ${plain}`],
  },
  {
    title: "two secrets of one name",
    plant: async ({ domain, trusted }) => {
      await set("secrets", secretKey(domain, trusted), "name", "plain");
      await remove("names", { domain_id: domain, name: "trusted" });
    },
    findings: ({ trusted }) => [`name-reserved-for-another secrets ${trusted}`],
  },
  {
    title: "a secret whose current data is gone",
    plant: async ({ domain, plain }) => await remove("data", dataKey(domain, plain, 3)),
    findings: ({ plain }) => [`secret-without-data secrets ${plain}`],
  },
  {
    title: "a secret without any data",
    plant: async ({ domain, trusted }) => await remove("data", dataKey(domain, trusted, 1)),
    findings: ({ trusted }) => [`secret-without-data secrets ${trusted}`],
  },
  {
    title: "a secret without a version",
    plant: async ({ domain, trusted }) => await set("secrets", secretKey(domain, trusted), "version", undefined),
    findings: ({ trusted }) => ["data-after-current data 1", `secret-without-data secrets ${trusted}`],
  },
  {
    title: "data of a secret that is not there",
    plant: async ({ domain }) => await put("data", aDataRow(domain, nobody, 1)),
    findings: () => ["data-of-no-secret data 1"],
  },
  {
    title: "data that is newer than the secret says",
    plant: async ({ domain, plain }) => await put("data", aDataRow(domain, plain, 4)),
    findings: () => ["data-after-current data 4"],
  },
  {
    title: "a version missing between two others",
    plant: async ({ domain, plain }) => await remove("data", dataKey(domain, plain, 2)),
    findings: () => ["version-gap data 2"],
  },
  {
    title: "data bound to a trusted secret that its secret does not name",
    plant: async ({ domain, plain, trusted }) =>
      await set("data", dataKey(domain, plain, 2), "trusted_secret_id", trusted),
    findings: () => ["data-of-another-trusted-secret data 2"],
  },
  {
    title: "a dependent too many in the count",
    plant: async ({ domain, trusted }) => await set("secrets", secretKey(domain, trusted), "dependents", 2),
    findings: ({ trusted }) => [`dependents-miscounted secrets ${trusted}`],
  },
  {
    title: "a dependent that is not counted",
    plant: async ({ domain, trusted }) => await set("secrets", secretKey(domain, trusted), "dependents", undefined),
    findings: ({ trusted }) => [`dependents-miscounted secrets ${trusted}`],
  },
  {
    title: "a trusted secret that is not there",
    plant: async ({ domain, trusted }) => {
      await remove("secrets", secretKey(domain, trusted));
      await remove("names", { domain_id: domain, name: "trusted" });
      await remove("data", dataKey(domain, trusted, 1));
    },
    findings: ({ dependent }) => [`trusted-secret-missing secrets ${dependent}`],
  },
  {
    title: "a trusted secret that names one itself",
    plant: async ({ domain, trusted, plain }) => {
      await set("secrets", secretKey(domain, trusted), "trusted_secret_id", plain);
      await set("data", dataKey(domain, trusted, 1), "trusted_secret_id", plain);
      await set("secrets", secretKey(domain, plain), "dependents", 1);
    },
    findings: ({ dependent }) => [`trusted-secret-is-dependent secrets ${dependent}`],
  },
  {
    title: "a secret without its time",
    plant: async ({ domain, plain }) => await set("secrets", secretKey(domain, plain), "created_at", undefined),
    findings: ({ plain }) => [`malformed-row secrets ${plain}`],
  },
  {
    title: "a name of what is no secret's id",
    plant: async ({ domain }) => await put("names", { domain_id: domain, name: "odd", secret_id: "secret" }),
    findings: () => ["malformed-row names odd"],
  },
  {
    title: "data with a nonce that is too short",
    plant: async ({ domain, plain }) => await set("data", dataKey(domain, plain, 3), "nonce", bytes(11)),
    findings: () => ["malformed-row data 3"],
  },
  {
    title: "data of what is no secret's id",
    plant: async ({ domain }) => await put("data", { ...aDataRow(domain, nobody, 1), secret: `${domain}/other` }),
    findings: () => ["data-of-no-secret data 1", "malformed-row data 1"],
  },
  {
    title: "a token that never expires",
    plant: async ({ domain }) =>
      await put("tokens", { domain_id: domain, token: "A".repeat(43), secret: {}, expires_at: 9_000_000_000 }),
    findings: () => [`malformed-row tokens ${"A".repeat(43)}`],
  },
  {
    title: "a deleted secret that is there",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await putBack(domain, plain);
    },
    findings: () => ["deleted-and-there deleted metadata"],
  },
  {
    title: "a deleted secret without its data",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await remove("deleted", deletedKey(domain, plain, "data"));
    },
    findings: () => ["deleted-without-data deleted metadata"],
  },
  {
    title: "a deleted secret with another version's data",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await set("deleted", deletedKey(domain, plain, "data"), "version", 2);
    },
    findings: () => ["deleted-without-data deleted metadata"],
  },
  {
    title: "a deleted secret's data without the rest",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await remove("deleted", deletedKey(domain, plain, "metadata"));
    },
    findings: () => ["deleted-without-metadata deleted data"],
  },
  {
    title: "a deleted secret under another's key",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await set("deleted", deletedKey(domain, plain, "metadata"), "row", {
        ...{ domain_id: domain, secret_id: nobody, name: "plain", secret_type: "CREDENTIALS", version: 3 },
        created_at: "2026-01-01T00:00:00.000Z",
      });
    },
    findings: () => ["malformed-row deleted metadata"],
  },
  {
    title: "nothing in a deleted secret of which DynamoDB has removed one row in time",
    plant: async ({ domain, plain }) => {
      await functions.do("delete", { domain_id: domain, secret_id: plain });
      await remove("deleted", deletedKey(domain, plain, "metadata"));
      await set("deleted", deletedKey(domain, plain, "data"), "expires_at", 1_700_000_000);
    },
    findings: () => [],
  },
];

const deletedKey = (domain: string, secret: string, part: string) => ({ secret: `${domain}/${secret}`, part });

/** Restores a deleted secret, and removes its kept rows. */
async function putBack(domain: string, secretId: string): Promise<void> {
  const found = await findDeleted(functions.database, domain, secretId);
  if (found?.data === undefined) throw new Error("It is not kept.");
  await put("secrets", toSecretItem(found.secret));
  await put("names", { domain_id: domain, name: found.secret.name, secret_id: secretId });
  await put("data", found.data);
}

const keyParts = ["name", "secret_id", "version", "token", "part"];

function summarize({ violations }: Report, domain: string): string[] {
  const ofDomain = violations.filter(
    ({ key }) => key["domain_id"] === domain || String(key["secret"]).startsWith(`${domain}/`),
  );
  return ofDomain
    .map(({ rule, table, key }) => `${rule} ${table} ${key[keyParts.find((part) => part in key) ?? ""]}`)
    .toSorted();
}

describe("checkIntegrity", () => {
  let report: Report;
  const domains: Domain[] = [];
  const check = async (pause: () => Promise<void> = async () => undefined) =>
    await checkIntegrity(functions.database, { versionsKept: 5, pause });

  beforeAll(async () => {
    for (const [index, { plant }] of plants.entries()) {
      const domain = await fill(`domain-${index}`);
      domains.push(domain);
      await plant(domain);
    }
    await fill("domain-whole");
    report = await check();
  });

  it.each(plants.map(({ title, findings }, index) => ({ title, findings, index })))(
    "finds $title",
    ({ findings, index }) => {
      const domain = domains[index] as Domain;

      expect(summarize(report, domain.domain)).toEqual(findings(domain));
    },
  );

  it("finds no violation in rows that the functions wrote", () => {
    expect(summarize(report, "domain-whole")).toEqual([]);
    expect(report.undecided).toEqual([]);
  });

  it("has a test for each of its rules", () => {
    const planted = domains.flatMap((domain, index) => plants[index]?.findings(domain) ?? []);

    expect(new Set(planted.map((finding) => finding.split(" ")[0]))).toEqual(new Set(ruleNames));
  });

  it("reports a malformed row by key and fault, without its content", () => {
    const { domain, plain } = domains[plants.findIndex(({ title }) => title.includes("nonce"))] as Domain;

    expect(report.violations).toContainEqual({
      rule: "malformed-row",
      table: "data",
      key: dataKey(domain, plain, 3),
      detail: "nonce must be 12 bytes",
      about: null,
    });
  });

  it("reads suspicious rows again, and does not report rows that were being written", async () => {
    const { domain, plain } = await fill("domain-repaired");
    await remove("names", { domain_id: domain, name: "plain" });

    const repaired = await check(
      async () => await put("names", { domain_id: domain, name: "plain", secret_id: plain }),
    );

    expect(summarize(repaired, domain)).toEqual([]);
  });

  it.runIf(isThorough)("reports nothing about a domain in which others write all the time", async () => {
    const { trusted } = await fill("domain-busy");
    let isBusy = true;
    const write = async (writer: number): Promise<number> => {
      let writes = 0;
      for (; isBusy; writes++) {
        const base = { domain_id: "domain-busy", trusted_secret_id: trusted };
        const message = { ...base, name: `writer-${writer}`, data: {}, secret_type: "CREDENTIALS" };
        const { secret_id } = await functions.do("create", message);
        const own = { domain_id: "domain-busy", secret_id };
        await functions.do("update-data", { ...own, data: { n: 2 } });
        await functions.do("update", { ...own, name: `writer-${writer}-renamed` });
        await functions.do("delete", own);
      }
      return writes;
    };
    const writers = Promise.all([1, 2, 3, 4].map(write));

    const reports: Report[] = [];
    for (let run = 0; run < 5; run++) reports.push(await check());
    isBusy = false;
    const writes = await writers;

    // If writers never pause, a row cannot be read again, and is reported as undecided, which is not an alarm.
    expect(reports.map((one) => summarize(one, "domain-busy"))).toEqual(Array(5).fill([]));
    expect(Math.min(...writes)).toBeGreaterThan(0);
  });
});

describe("npm run verify", () => {
  const run = async (dir: string, ...options: readonly string[]) => {
    const tool = spawn(process.execPath, [join(import.meta.dirname, "../../../tools/ops/verify.ts"), ...options], {
      env: { PATH: process.env["PATH"], LOCAL_DIR: dir },
    });
    const [output, complaint, [code]] = await Promise.all([text(tool.stdout), text(tool.stderr), once(tool, "close")]);
    return { code, output, complaint };
  };
  let dir: string;
  const unused = { api: "", lambda: "", issuer: "", reference: "", key_id: "", functions: {} };
  const describeStack = (tables: TableNames, dynamodb = functions.database.url) =>
    writeFileSync(
      join(dir, "stack.json"),
      JSON.stringify({ ...unused, region: "us-east-1", dynamodb, kms: functions.kms.url, tables }),
    );

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "verify-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("lists each violation, and exits with 1", async () => {
    describeStack(functions.database.tables);

    const { code, output } = await run(dir);

    expect(output).toContain(
      'violation  names  {"domain_id":"domain-0","name":"ghost"}  name-of-no-secret: there is no',
    );
    expect(code).toBe(1);
  });

  it("exits with 0 if all rows are consistent", async () => {
    const whole = await startFunctions();
    await whole.do("create", { domain_id: "domain", name: "name", data: {}, secret_type: "CREDENTIALS" });
    describeStack(whole.database.tables, whole.database.url);

    const { code, output } = await run(dir);
    await whole.close();

    expect(output).toBe(
      "Read 1 secrets, 1 names, 1 versions of data, 0 client tokens, 0 rows of deleted secrets.\n0 violations.\n",
    );
    expect(code).toBe(0);
  });

  it("exits with 2 and the reason if it cannot read a table", async () => {
    describeStack(functions.database.tables);

    const { code, complaint } = await run(dir, "--names-table", "no-such-table");

    expect(complaint).toContain("non-existent table");
    expect(code).toBe(2);
  });

  it("exits with 2 and the reason if no stack is running", async () => {
    const { code, complaint } = await run(join(dir, "elsewhere"));

    expect(complaint).toContain("start one with npm start");
    expect(code).toBe(2);
  });
});
