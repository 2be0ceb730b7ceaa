/** Converts a function's request to the rights that it needs, as in `rights.ts`, and to what IAM evaluates. */

import type { ProxiedRequest } from "../../store/fault-proxy.ts";
import { type IamRequest, ownKey, tableArn } from "./iam.ts";
import { at, listAt } from "./template.ts";

/** The name of each table, by role. */
type TablesByRole = { readonly [role: string]: string };

/** What IAM checks for each write of a transaction. */
const writes = { Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", ConditionCheck: "ConditionCheckItem" };

/** The rights that a request to DynamoDB needs. */
export function tableRights({ operation, body }: ProxiedRequest, tables: TablesByRole): readonly string[] {
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

/** Whether it meets the condition for listing versions: a projection to the keys only. */
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

/** The right that a request to KMS needs. */
export function keyRight({ operation, body }: ProxiedRequest): string {
  const sent = Object.keys(Object(body["EncryptionContext"]));
  const isBound = sent.every((key) => contextKeys.includes(key)) && requiredKeys.every((key) => sent.includes(key));
  return `kms:${operation} key${isBound ? ", bound to a row" : ""}`;
}

/**
 * The request as IAM sees it: one for each of `tableRights`, in the same order. `deployed`: the stage's table names.
 */
export function tableRequests(
  { operation, body }: ProxiedRequest,
  tables: TablesByRole,
  deployed: TablesByRole,
): readonly IamRequest[] {
  const arnOf = (name: unknown) => {
    const role = Object.keys(tables).find((one) => tables[one] === name) ?? "";
    return tableArn(deployed[role] ?? "unknown");
  };
  if (operation === "TransactWriteItems") {
    return listAt(body, "TransactItems").flatMap((item) =>
      Object.entries(writes).flatMap(([write, action]) => {
        const part = at(item, write);
        if (part === undefined) return [];
        return [{ action: `dynamodb:${action}`, resource: arnOf(at(part, "TableName")), context: attributesOf(part) }];
      }),
    );
  }
  if (operation === "BatchGetItem") {
    return Object.entries(Object(body["RequestItems"])).map(([table, part]) => ({
      action: "dynamodb:BatchGetItem",
      resource: arnOf(table),
      context: attributesOf(part),
    }));
  }
  const index = body["IndexName"] === undefined ? "" : `/index/${body["IndexName"]}`;
  const select = body["Select"] === undefined ? {} : { "dynamodb:Select": String(body["Select"]) };
  const resource = arnOf(body["TableName"]) + index;
  return [{ action: `dynamodb:${operation}`, resource, context: { ...attributesOf(body), ...select } }];
}

/** The top-level attributes that a request names. */
function attributesOf(part: unknown): IamRequest["context"] {
  const keys = [at(part, "Key"), at(part, "Item"), ...listAt(part, "Keys")].flatMap((item) =>
    Object.keys(Object(item)),
  );
  const named = Object.values(Object(at(part, "ExpressionAttributeNames"))).map(String);
  const attributes = [...new Set([...keys, ...named])].sort();
  return attributes.length === 0 ? {} : { "dynamodb:Attributes": attributes };
}

const encryptionContext = "kms:EncryptionContext:";

/** The request to KMS as IAM sees it. The values of the context do not matter. */
export function keyRequest({ operation, body }: ProxiedRequest): IamRequest {
  return {
    action: `kms:${operation}`,
    resource: ownKey,
    context: contextOf(Object.keys(Object(body["EncryptionContext"]))),
  };
}

function contextOf(keys: readonly string[]): IamRequest["context"] {
  const values = keys.map((key) => [`${encryptionContext}${key}`, "value"] as const);
  return { "kms:EncryptionContextKeys": [...keys].sort(), ...Object.fromEntries(values) };
}

/** Similar requests that no function may make, each with what is wrong about it. */
export function mutantsOf(request: IamRequest): readonly (readonly [what: string, IamRequest])[] {
  return request.action.startsWith("kms:") ? keyMutants(request) : tableMutants(request);
}

function keyMutants(request: IamRequest): readonly (readonly [string, IamRequest])[] {
  const keys = [request.context["kms:EncryptionContextKeys"] ?? []].flat();
  const other = request.action === "kms:Decrypt" ? "GenerateDataKey" : "Decrypt";
  const actions = [other, "GenerateDataKeyWithoutPlaintext", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "CreateGrant"];
  const administration = ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"];
  return [
    ...requiredKeys.map(
      (key) => [`without ${key}`, { ...request, context: contextOf(keys.filter((one) => one !== key)) }] as const,
    ),
    ["without a context", { ...request, context: {} }],
    ["with a key more in the context", { ...request, context: contextOf([...keys, "purpose"]) }],
    ["under another key", { ...request, resource: ownKey.replace(/.$/, "6") }],
    ...actions.map((action) => [action, { ...request, action: `kms:${action}` }] as const),
    ...administration.map((action) => [action, { ...request, action: `kms:${action}`, context: {} }] as const),
  ];
}

const foreignActions = [
  ...["Scan", "BatchWriteItem", "DeleteTable", "UpdateTable", "UpdateTimeToLive", "CreateBackup"],
  ...["ExportTableToPointInTime", "PartiQLSelect", "PartiQLUpdate"],
];

function tableMutants(request: IamRequest): readonly (readonly [string, IamRequest])[] {
  const [table = ""] = request.resource.split("/index/");
  return [
    ["of another table", { ...request, resource: request.resource.replace(table, tableArn("other")) }],
    ["of another account's table", { ...request, resource: request.resource.replace(/:\d{12}:/, ":999999999999:") }],
    ...foreignActions.map(
      (action) => [action, { action: `dynamodb:${action}`, resource: table, context: {} }] as const,
    ),
  ];
}

/** Ways to read more than keys with the right to list versions. */
export function listingMutants(request: IamRequest): readonly (readonly [string, IamRequest])[] {
  const { "dynamodb:Select": select = "", "dynamodb:Attributes": attributes = [], ...context } = request.context;
  const changed = (more: IamRequest["context"]) => ({ ...request, context: { ...context, ...more } });
  return [
    ["all attributes", changed({ "dynamodb:Attributes": attributes, "dynamodb:Select": "ALL_ATTRIBUTES" })],
    ["nothing said of what is selected", changed({ "dynamodb:Attributes": attributes })],
    ["no attributes named", changed({ "dynamodb:Select": select })],
    ["the data too", changed({ "dynamodb:Attributes": [...attributes, "data"], "dynamodb:Select": select })],
  ];
}
