/** What a name or an idempotency token is taken by: the writes of `secret-names` and `client-tokens` as actions. */

import type { Secret } from "../secret/secret.ts";
import type { TableNames } from "./database.ts";
import type { ClientToken } from "./secret-store.ts";
import { toTokenItem } from "./token-item.ts";
import type { Action } from "./transaction.ts";

export function reserveName(tables: TableNames, { domain_id, name, secret_id }: Secret): Action {
  const item = {
    Put: {
      TableName: tables.names,
      Item: { domain_id, name, secret_id },
      ConditionExpression: "attribute_not_exists(#name)",
      ExpressionAttributeNames: { "#name": "name" },
    },
  };
  return { item, refusal: "name-taken" };
}

/** Frees a secret's name, if it is the secret's: rows that were loaded from elsewhere may have none reserved. */
export function freeName(tables: TableNames, { domain_id, name, secret_id }: Secret): Action {
  const item = {
    Delete: {
      TableName: tables.names,
      Key: { domain_id, name },
      ConditionExpression: "attribute_not_exists(#id) OR #id = :id",
      ExpressionAttributeNames: { "#id": "secret_id" },
      ExpressionAttributeValues: { ":id": secret_id },
    },
  };
  return { item, refusal: "changed" };
}

/** Takes the token, if there is one, for what is answered now. One whose row has expired and is still there is free. */
export function useToken(tables: TableNames, token: ClientToken | null, answered: Secret): Action | null {
  if (token === null) return null;
  const item = {
    Put: {
      TableName: tables.tokens,
      Item: toTokenItem(token, answered),
      ConditionExpression: "attribute_not_exists(#token) OR #expires_at < :now",
      ExpressionAttributeNames: { "#token": "token", "#expires_at": "expires_at" },
      ExpressionAttributeValues: { ":now": token.now },
    },
  };
  return { item, refusal: "token-used" };
}
