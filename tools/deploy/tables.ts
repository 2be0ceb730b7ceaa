/** The list of tables, for alarms, dashboard and tools. Their keys and indexes are in serverless.yml. */

import * as v from "valibot";
import type { TableNames } from "../../lib/store/client.ts";

export type TableRole = keyof TableNames;

interface TableRow {
  /** Logical id in serverless.yml. */
  readonly id: string;
  /** The environment variable with its name. */
  readonly variable: string;
  /** Operations that the functions use on it. */
  readonly operations: readonly ("GetItem" | "Query" | "BatchGetItem" | "TransactWriteItems")[];
}

export const tables: { readonly [Role in TableRole]: TableRow } = {
  secrets: {
    id: "SecretsTable",
    variable: "SECRETS_TABLE",
    operations: ["GetItem", "Query", "BatchGetItem", "TransactWriteItems"],
  },
  // Transactions that write names or data also write to `secrets`, and are counted there: an alarm can have ten
  // metrics.
  names: { id: "SecretNamesTable", variable: "SECRET_NAMES_TABLE", operations: ["GetItem", "BatchGetItem"] },
  data: {
    id: "SecretDataTable",
    variable: "SECRET_DATA_TABLE",
    operations: ["GetItem", "Query", "BatchGetItem"],
  },
  tokens: { id: "ClientTokensTable", variable: "CLIENT_TOKENS_TABLE", operations: ["GetItem"] },
  // Written by the transactions of delete, and read by no function.
  deleted: { id: "DeletedSecretsTable", variable: "DELETED_SECRETS_TABLE", operations: [] },
};

export const tableRoles = Object.keys(tables) as readonly TableRole[];

export const tableNamesSchema: v.GenericSchema<unknown, TableNames> = v.object({
  ...{ secrets: v.string(), names: v.string(), data: v.string(), tokens: v.string(), deleted: v.string() },
});

/** The environment variables with all tables. */
export function tableVariables(names: TableNames): { readonly [variable: string]: string } {
  return Object.fromEntries(tableRoles.map((role) => [tables[role].variable, names[role]]));
}
