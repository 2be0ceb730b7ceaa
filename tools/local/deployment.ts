/** Reads serverless.yml for the local stack and the tools: names of functions, and tables from the same resources. */

import { createRequire } from "node:module";
import { join } from "node:path";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { TableNames } from "../../lib/store/client.ts";
import { tableNamesSchema } from "../deploy/tables.ts";

export interface Deployment {
  readonly service: string;
  /** The stage's parameters, unresolved: those of `default`, overridden by its own. */
  readonly parameters: { readonly [name: string]: unknown };
  readonly tables: TableNames;
  /** The name of each route's function. */
  readonly functions: { readonly [route: string]: string };
  /** The CloudFormation resources by logical id, unresolved. */
  readonly resources: { readonly [id: string]: { readonly Type: string; readonly Properties: unknown } };
}

export interface TableDefinition {
  readonly create: CreateTableCommandInput & { readonly TableName: string };
  /** The attribute with the time at which rows expire. */
  readonly expiresBy: string | undefined;
}

export interface TableDefinitions {
  readonly names: TableNames;
  readonly tables: readonly TableDefinition[];
}

const configurationSchema = v.object({
  service: v.string(),
  params: v.record(v.string(), v.record(v.string(), v.unknown())),
  custom: v.object({ tables: tableNamesSchema }),
  functions: v.record(v.string(), v.unknown()),
  resources: v.object({ Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.unknown() })) }),
});

const keySchema = v.array(v.object({ AttributeName: v.string(), KeyType: v.picklist(["HASH", "RANGE"]) }));

/** The properties of a table that `CreateTable` has as well. The others (backups, encryption…) exist only on AWS. */
const tableSchema = v.object({
  TableName: v.string(),
  AttributeDefinitions: v.array(v.object({ AttributeName: v.string(), AttributeType: v.picklist(["S", "N", "B"]) })),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: v.optional(
    v.array(
      v.object({
        IndexName: v.string(),
        KeySchema: keySchema,
        Projection: v.object({ ProjectionType: v.picklist(["ALL", "KEYS_ONLY"]) }),
      }),
    ),
  ),
  BillingMode: v.literal("PAY_PER_REQUEST"),
  TimeToLiveSpecification: v.optional(v.object({ AttributeName: v.string() })),
});

/** The framework's own reader for YAML with CloudFormation's tags. It leaves variables unresolved. */
const readConfiguration = createRequire(import.meta.url)("serverless/lib/configuration/read") as (
  path: string,
) => Promise<unknown>;

/** Reads serverless.yml for a stage. Resolves only the variables in names. */
export async function readDeployment(stage: string): Promise<Deployment> {
  const raw = await readConfiguration(join(import.meta.dirname, "../../serverless.yml"));
  const { service, custom } = v.parse(configurationSchema, raw);
  const resolved = JSON.stringify(raw)
    .replace(/\$\{self:custom\.tables\.(\w+)\}/g, (_, role: keyof TableNames) => custom.tables[role])
    .replace(/\$\{self:service\}/g, service)
    .replace(/\$\{sls:stage\}/g, stage);
  const { custom: named, functions, params, resources } = v.parse(configurationSchema, JSON.parse(resolved));
  return {
    service,
    parameters: { ...params["default"], ...params[stage] },
    tables: named.tables,
    functions: Object.fromEntries(Object.keys(functions).map((route) => [route, `${service}-${stage}-${route}`])),
    resources: resources.Resources,
  };
}

/** The table definitions that a stage deploys. */
export async function readTableDefinitions(stage = "local"): Promise<TableDefinitions> {
  return toTableDefinitions(await readDeployment(stage));
}

export function toTableDefinitions({ tables: names, resources }: Deployment): TableDefinitions {
  const tables = Object.values(resources)
    .filter(({ Type }) => Type === "AWS::DynamoDB::Table")
    .map(({ Properties }) => {
      const { TimeToLiveSpecification, ...create } = v.parse(tableSchema, Properties);
      return { create, expiresBy: TimeToLiveSpecification?.AttributeName };
    });
  return { names, tables };
}

/** Creates the tables that do not exist. */
export async function createTables(client: DynamoDBClient, tables: readonly TableDefinition[]): Promise<void> {
  await Promise.all(tables.map(async (table) => await createTable(client, table)));
}

async function createTable(client: DynamoDBClient, { create, expiresBy }: TableDefinition): Promise<void> {
  try {
    await client.send(new CreateTableCommand(create));
  } catch (error) {
    if (error instanceof ResourceInUseException) return;
    throw error;
  }
  if (expiresBy !== undefined) {
    const TimeToLiveSpecification = { AttributeName: expiresBy, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: create.TableName, TimeToLiveSpecification }));
  }
}
