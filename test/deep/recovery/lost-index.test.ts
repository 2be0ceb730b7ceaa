/** If an index of `secrets` is gone or being rebuilt, queries that need it are unavailable. All else works. */

import { randomUUID } from "node:crypto";
import { CreateTableCommand, DescribeTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTableDefinitions } from "../../../tools/local/deployment.ts";
import { failure } from "../../store/fault-proxy.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";

const domain_id = "domain-1";
const indexName = "by_project";

let functions: Functions;
/** Containers whose table never had the index, because DynamoDB Local cannot delete one. */
let call: Functions["call"];

beforeAll(async () => {
  functions = await startFunctions();
  await createTableWithoutIndex();
  call = await functions.newContainer({ SECRETS_TABLE: tableName, IDENTITY_URL: "" });
  for (const project_id of ["project-1", "project-2"]) {
    await call("create", { domain_id, name: project_id, project_id, data: {}, secret_type: "CREDENTIALS" });
  }
});
afterAll(async () => await functions.close());

const tableName = `without-index-${randomUUID()}`;

async function readDefinition() {
  const { tables } = await readTableDefinitions();
  const definition = tables.find(({ create }) => create.GlobalSecondaryIndexes !== undefined);
  const index = definition?.create.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === indexName);
  if (definition === undefined || index === undefined) throw new Error(`There is no ${indexName}.`);
  return { create: definition.create, index };
}

async function createTableWithoutIndex(): Promise<void> {
  const { create, index } = await readDefinition();
  await functions.database.client.send(
    new CreateTableCommand({
      ...create,
      TableName: tableName,
      AttributeDefinitions: create.AttributeDefinitions?.filter(({ AttributeName }) => AttributeName !== "project_id"),
      GlobalSecondaryIndexes: create.GlobalSecondaryIndexes?.filter((other) => other !== index),
    }),
  );
}

async function createIndex(): Promise<void> {
  const { client } = functions.database;
  const { create, index } = await readDefinition();
  await client.send(
    new UpdateTableCommand({
      TableName: tableName,
      AttributeDefinitions: create.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    }),
  );
  const readStates = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.GlobalSecondaryIndexes?.map(({ IndexStatus }) => IndexStatus);
  };
  await expect.poll(readStates, { timeout: 20_000 }).toEqual(["ACTIVE", "ACTIVE", "ACTIVE"]);
}

const byProject = { domain_id, project_id: "project-1" };
const countOfProject = {
  domain_id,
  query: { filter: [{ k: "project_id", v: "project-1", o: "eq" }], aggregate: [{ count: { name: "n" } }] },
};
const unavailable = { kind: "answer", status: 503, body: { detail: { code: "ERROR_UNAVAILABLE" } } };

describe("a lost index", () => {
  it("makes only the methods that need it unavailable, until it is back", async () => {
    expect(await call("list", byProject)).toMatchObject(unavailable);
    expect(await call("stat", countOfProject)).toMatchObject(unavailable);
    expect(await call("list", { domain_id }, { claims: { projects: "[project-1]" } })).toMatchObject(unavailable);
    expect(await call("list", { domain_id })).toMatchObject({ status: 200, body: { total_count: 2 } });

    await createIndex();

    expect(await call("list", byProject)).toMatchObject({ status: 200, body: { total_count: 1 } });
    expect(await call("stat", countOfProject)).toMatchObject({ status: 200, body: { results: [{ n: 1 }] } });
  });

  it.each([
    ["is gone", "The table does not have the specified index: by_project"],
    ["is being filled", "Cannot read from backfilling global secondary index: by_project"],
  ])("that %s makes the service unavailable, with AWS's own error", async (_, message) => {
    functions.proxies.dynamodb.otherwise = {
      status: 400,
      body: { __type: "com.amazon.coral.validate#ValidationException", message },
    };

    const outcome = await call("list", byProject);
    functions.proxies.dynamodb.reset();

    expect(outcome).toMatchObject(unavailable);
  });

  it("is not confused with an invalid request of ours", async () => {
    functions.proxies.dynamodb.otherwise = failure("ValidationException");

    const outcome = await call("list", byProject);
    functions.proxies.dynamodb.reset();

    expect(outcome).toMatchObject({ status: 500 });
  });
});
