/** The tables of a deployment: the one list that alarms, dashboard and tools read. Their keys and indexes stand in serverless.yml. */

import type { TableNames } from "../../lib/store/client.ts";

export type TableRole = keyof TableNames;

interface TableRow {
  /** Logical id in serverless.yml. */
  readonly id: string;
  /** Operations that the functions ask of it. A transaction counts at each table that it writes to. */
  readonly operations: readonly ("GetItem" | "Query" | "BatchGetItem" | "TransactWriteItems")[];
}

export const tables: { readonly [Role in TableRole]: TableRow } = {
  secrets: { id: "SecretsTable", operations: ["GetItem", "Query", "BatchGetItem", "TransactWriteItems"] },
  // Every transaction that writes a name also writes to `secrets`, where it is counted.
  names: { id: "SecretNamesTable", operations: ["BatchGetItem"] },
  data: { id: "SecretDataTable", operations: ["GetItem", "Query", "TransactWriteItems"] },
  tokens: { id: "ClientTokensTable", operations: ["GetItem"] },
};

export const tableRoles = Object.keys(tables) as readonly TableRole[];
