/** From a request that a function makes to the rights that IAM asks of it, in the words of `rights.ts`. */

import type { ProxiedRequest } from "../../store/fault-proxy.ts";
import { at, listAt } from "./template.ts";

/** Role of a table → its name. */
type TableNames = { readonly [role: string]: string };

/** What IAM checks for each write of a transaction. */
const writes = { Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", ConditionCheck: "ConditionCheckItem" };

/** All that a request to DynamoDB needs. */
export function tableRights({ operation, body }: ProxiedRequest, tables: TableNames): readonly string[] {
  const roleOf = (name: unknown) => Object.keys(tables).find((role) => tables[role] === name) ?? String(name);
  if (operation === "TransactWriteItems") {
    return listAt(body, "TransactItems").flatMap((item) =>
      Object.entries(writes).flatMap(([write, action]) => {
        const table = at(item, write, "TableName");
        return table === undefined ? [] : [`dynamodb:${action} ${roleOf(table)}`];
      }),
    );
  }
  if (operation === "BatchGetItem") {
    return Object.keys(Object(body["RequestItems"])).map((table) => `dynamodb:BatchGetItem ${roleOf(table)}`);
  }
  const index = body["IndexName"] === undefined ? "" : "/index/*";
  const table = roleOf(body["TableName"]);
  const alone = operation === "Query" && table === "data" && readsKeysAlone(body) ? ", keys alone" : "";
  return [`dynamodb:${operation} ${table}${index}${alone}`];
}

/** What the condition asks that lets `delete` list versions: a projection, and no other attributes than the keys. */
function readsKeysAlone(body: ProxiedRequest["body"]): boolean {
  const attributes = Object.values(Object(body["ExpressionAttributeNames"])).sort();
  return (
    body["ProjectionExpression"] !== undefined &&
    body["Select"] === "SPECIFIC_ATTRIBUTES" &&
    JSON.stringify(attributes) === '["secret","version"]'
  );
}

const contextKeys = ["domain_id", "secret_id", "trusted_secret_id", "version"];
const requiredKeys = ["domain_id", "secret_id", "version"];

/** What a request to KMS needs. */
export function keyRight({ operation, body }: ProxiedRequest): string {
  const sent = Object.keys(Object(body["EncryptionContext"]));
  const isBound = sent.every((key) => contextKeys.includes(key)) && requiredKeys.every((key) => sent.includes(key));
  return `kms:${operation} key${isBound ? ", bound to a row" : ""}`;
}
