/** The writes of `secret-data` as actions of a transaction. */

import { type DataKey, toDataItem } from "./data-item.ts";
import type { TableNames } from "./database.ts";
import type { DataVersion, Refusal } from "./secret-store.ts";
import type { Action } from "./transaction.ts";

export function addVersion(tables: TableNames, data: DataVersion, refusal: Refusal): Action {
  const item = {
    Put: {
      TableName: tables.data,
      Item: toDataItem(data),
      ConditionExpression: "attribute_not_exists(#version)",
      ExpressionAttributeNames: { "#version": "version" },
    },
  };
  return { item, refusal };
}

/** Removes a version if it is there. */
export function removeVersion(tables: TableNames, key: DataKey): Action {
  const item = { Delete: { TableName: tables.data, Key: key } };
  return { item, refusal: "changed" };
}
