/** The tables of the local stack, made from the resources that serverless.yml deploys. */

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { type Deployment, readDeployment, type TableNames } from "./deployment.ts";

export interface TableDefinition {
  readonly create: CreateTableCommandInput & { readonly TableName: string };
  /** Attribute by whose time rows expire. */
  readonly expiresBy: string | undefined;
}

export interface TableDefinitions {
  readonly names: TableNames;
  readonly tables: readonly TableDefinition[];
}

const keySchema = v.array(v.object({ AttributeName: v.string(), KeyType: v.picklist(["HASH", "RANGE"]) }));

/** What a table's resource has in common with `CreateTable`; the rest (backups, encryption…) is for AWS to do. */
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

/** The definitions that a stage deploys. */
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

/** Makes those of the tables that are missing. */
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
