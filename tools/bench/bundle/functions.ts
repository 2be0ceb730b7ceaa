/** The functions, and what each needs of the SDK at the least: the commands that its method can send. */

import { type Route, routes } from "../../../lib/http/routes.ts";

/** Commands of the document client, and of KMS. */
export interface Commands {
  readonly dynamodb: readonly string[];
  readonly kms: readonly string[];
}

export const commandsOf: { readonly [Name in Route]: Commands } = {
  create: { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: ["GenerateDataKeyCommand"] },
  update: { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: [] },
  delete: { dynamodb: ["GetCommand", "QueryCommand", "TransactWriteCommand"], kms: [] },
  "update-data": { dynamodb: ["GetCommand", "TransactWriteCommand"], kms: ["GenerateDataKeyCommand"] },
  "get-data": { dynamodb: ["GetCommand", "QueryCommand"], kms: ["DecryptCommand"] },
  get: { dynamodb: ["GetCommand"], kms: [] },
  list: { dynamodb: ["QueryCommand", "BatchGetCommand"], kms: [] },
  stat: { dynamodb: ["QueryCommand", "BatchGetCommand"], kms: [] },
};

export const functionNames: readonly Route[] = Object.keys(routes) as Route[];
