/** The database as the adapters hold it. */

import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** What the tables are called in this deployment. */
export interface TableNames {
  readonly secrets: string;
  readonly names: string;
  readonly data: string;
  readonly tokens: string;
}

/** A client made by `documentClient`, and the tables that its user touches. */
export interface Database<Table extends keyof TableNames> {
  readonly client: DynamoDBDocumentClient;
  readonly tables: Pick<TableNames, Table>;
}
