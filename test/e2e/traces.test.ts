/** The traces that a secret leaves in the tables and in the log. */

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type AttributeValue, DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { afterAll, describe, expect, it } from "vitest";
import type { TableNames } from "../../lib/store/client.ts";
import { credentials } from "../../tools/local/folder.ts";
import {
  allScopes,
  httpClient,
  invoke,
  lambdaClient,
  newDomain,
  outcomeOf,
  post,
  secret,
  stack,
  tokenFor,
} from "./service.ts";

const client = new DynamoDBClient({ endpoint: stack.dynamodb, region: stack.region, credentials });

afterAll(() => client.destroy());

type Item = Record<string, AttributeValue>;

async function scan(table: keyof TableNames): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: stack.tables[table] })) items.push(...Items);
  return items;
}

/** Rows of a domain in a table. */
async function rowsOf(table: keyof TableNames, domain: string): Promise<readonly Item[]> {
  const key = (item: Item) => item["domain_id"]?.S ?? item["secret"]?.S ?? "";
  return (await scan(table)).filter((item) => key(item).startsWith(domain));
}

/** All strings and bytes of a row, bytes decoded to strings. */
function readable(item: Item): string {
  return JSON.stringify(item, (_, value) => {
    if (!(value instanceof Uint8Array)) return value;
    const bytes = Buffer.from(value);
    return [bytes.toString("latin1"), bytes.toString("utf8"), bytes.toString("utf16le")];
  });
}

const tables = ["secrets", "names", "data", "tokens"] as const;

/** Two secrets with four versions. Every part of their data contains `marker`. */
async function leaveTraces(domain_id: string, marker: string): Promise<void> {
  const data = { [marker]: { [marker]: [marker] } };
  const service = await httpClient({ domain_id });
  const trusted = await service.create({ ...secret, name: "trusted", data, client_token: "token-1" });
  const own = await lambdaClient().create({ ...secret, data, trusted_secret_id: trusted.secret_id, domain_id });
  for (const { secret_id } of [trusted, own]) {
    await service.updateData({ secret_id, data, client_token: "token-1" });
    await service.getData({ secret_id });
    await service.getData({ secret_id, sealed: true });
  }
  const items = [{ secret_id: trusted.secret_id }, { name: secret.name }, { secret_id: "secret-000000000000" }];
  await service.getMany(items);
  await lambdaClient().getMany(items, { domain_id, sealed: true });
  // Refused and invalid calls, whose errors could quote data.
  const token = await tokenFor({ domain_id });
  await post(token, "create", { ...secret, data });
  await post(token, "create", { ...secret, name: marker.repeat(50), data });
  await post(token, "create", `{"name":"x","data":{"a":"${marker}"`);
  await post(token, "update-data", { secret_id: own.secret_id, data: marker });
  await invoke("create", { ...secret, data, extra: { data }, domain_id });
}

describe("secret data", () => {
  it("is nowhere in the tables in plain text", async () => {
    const domain_id = newDomain();
    const marker = `marker-${randomUUID()}`;

    await leaveTraces(domain_id, marker);

    const forms = [marker, Buffer.from(marker).toString("base64").slice(0, 48), Buffer.from(marker).toString("hex")];
    const rows = (await Promise.all(tables.map(scan))).flat().map(readable);
    expect(rows.length).toBeGreaterThanOrEqual(10);
    expect(rows.filter((row) => forms.some((form) => row.includes(form)))).toEqual([]);
  });

  it("is only in the table secret-data, and only sealed", async () => {
    const domain_id = newDomain();

    await leaveTraces(domain_id, "marker");

    const attributes = async (table: keyof TableNames) => {
      const rows = await rowsOf(table, domain_id);
      return rows.map((row) =>
        Object.entries(row)
          .map(([name, value]) => `${name} ${Object.keys(value)}`)
          .sort(),
      );
    };
    const key = [
      "created_at S",
      "domain_id S",
      "name S",
      "secret_id S",
      "secret_type S",
      "tags M",
      "updated_at S",
      "version N",
    ];
    expect(await attributes("secrets")).toEqual(
      expect.arrayContaining([
        expect.arrayContaining([...key, "dependents N"]),
        expect.arrayContaining([...key, "trusted_secret_id S"]),
      ]),
    );
    const others = (await attributes("secrets")).flat().filter((name) => !key.includes(name));
    expect([...new Set(others)].sort()).toEqual(["dependents N", "revision N", "trusted_secret_id S"]);
    const sealed = [
      "commitment B",
      "created_at S",
      "encrypt_algorithm S",
      "encrypted_data B",
      "encrypted_data_key B",
      "key_id S",
      "nonce B",
      "salt B",
      "secret S",
      "version N",
    ];
    const dependent = [...sealed, "trusted_secret_id S"].sort();
    expect((await attributes("data")).map(String).sort()).toEqual(
      [sealed, sealed, dependent, dependent].map(String).sort(),
    );
  });

  it("is never in a log line", async () => {
    const domain_id = newDomain();
    const marker = `marker-${randomUUID()}`;

    await leaveTraces(domain_id, marker);

    const lines = await auditLines(domain_id, 10);
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(await readFile(stack.log, "utf8")).not.toContain(marker);
  });

  it("leaves no row in secrets, names and data after its secret is deleted", async () => {
    const domain_id = newDomain();
    const service = await httpClient({ domain_id });
    const { secret_id } = await service.create(secret);
    for (let version = 2; version <= 6; version++) await service.updateData({ secret_id, data: {} });
    const before = await rowsOf("data", domain_id);

    await service.delete({ secret_id });

    expect(before.length).toBe(5);
    expect(await rowsOf("data", domain_id)).toEqual([]);
    expect(await rowsOf("secrets", domain_id)).toEqual([]);
    expect(await rowsOf("names", domain_id)).toEqual([]);
  });
});

/** The log lines about a domain. Waits until there are this many. */
async function auditLines(domain: string, count: number): Promise<readonly Record<string, unknown>[]> {
  for (let tries = 0; ; tries++) {
    const log = await readFile(stack.log, "utf8");
    const lines = log.split("\n").filter((line) => line.includes('"message":"audit"') && line.includes(domain));
    if (lines.length >= count || tries === 50) return lines.map((line) => JSON.parse(line));
    await setTimeout(100);
  }
}

describe("the audit log", () => {
  it("has one line for every call, over HTTP or direct, whatever its outcome", async () => {
    const domain_id = newDomain();
    const service = await httpClient({ domain_id, scope: allScopes, client_id: "ada" });
    const { secret_id } = await service.create(secret);
    await service.getData({ secret_id });
    await outcomeOf(service.create(secret));
    await outcomeOf(service.get({ secret_id: "secret-000000000000" }));
    await outcomeOf(service.get({ secret_id, domain_id: `${domain_id}-other` }));
    await service.list({});
    await lambdaClient().delete({ secret_id, domain_id });
    await invoke("get", { secret_id, domain_id });

    const lines = await auditLines(domain_id, 8);

    const entry = (caller: string, method: string, secretId: string | null, outcome: string, domain = domain_id) => ({
      level: "INFO",
      message: "audit",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      caller,
      via: caller === "iam" ? "direct" : "http",
      grant: null,
      domain_id: domain,
      method,
      secret_id: secretId,
      outcome,
      ms: expect.any(Number),
    });
    const expected = [
      entry("ada", "create", secret_id, "OK"),
      entry("ada", "get-data", secret_id, "OK"),
      entry("ada", "create", null, "ERROR_SAVE_UNIQUE_VALUES"),
      entry("ada", "get", "secret-000000000000", "ERROR_NOT_FOUND"),
      entry("ada", "get", secret_id, "ERROR_PERMISSION_DENIED", `${domain_id}-other`),
      entry("ada", "list", null, "OK"),
      entry("iam", "delete", secret_id, "OK"),
      entry("iam", "get", secret_id, "ERROR_NOT_FOUND"),
    ];
    expect(lines.length).toBe(expected.length);
    // Functions write separately: only the lines of one function are in order.
    expect(lines).toEqual(expect.arrayContaining(expected));
    expect(new Set(lines.map((line) => line["request_id"])).size).toBe(expected.length);
  });

  it("has one line for each of several secrets, and one for the call", async () => {
    const domain_id = newDomain();
    const service = await httpClient({ domain_id });
    const { secret_id } = await service.create(secret);
    await service.getMany([{ name: secret.name }, { secret_id: "secret-000000000000" }]);

    const lines = (await auditLines(domain_id, 4)).filter(({ method }) => method === "get-data");

    expect(lines).toEqual([
      expect.objectContaining({ secret_id, outcome: "OK", item: 0 }),
      expect.objectContaining({ secret_id: "secret-000000000000", outcome: "ERROR_NOT_FOUND", item: 1 }),
      expect.objectContaining({ secret_id: null, outcome: "OK" }),
    ]);
    expect(new Set(lines.map(({ request_id }) => request_id)).size).toBe(1);
  });

  it("has the request id that the caller was given", async () => {
    const domain_id = newDomain();
    const { headers } = await post(await tokenFor({ domain_id }), "list", {});

    const [line] = await auditLines(domain_id, 1);

    expect(line).toMatchObject({ request_id: headers.get("x-request-id"), method: "list" });
  });
});
