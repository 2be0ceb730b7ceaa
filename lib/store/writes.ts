/** The actions of transactions, table by table: what each writes, and under which condition. */

import { type Secret, type StoredSecret, secretFieldNames, secretFields } from "../secret/secret.ts";
import type { TableNames } from "./client.ts";
import { toDataItem, toSecretItem, toTokenItem, type VersionKey } from "./items.ts";
import { type Item, toAttribute } from "./row.ts";
import type { ClientToken, CreateWrite, DataVersion, Refusal } from "./secret-store.ts";
import type { Action, FoundRow } from "./transaction.ts";

/** The fields that a write may change; the others are set at creation. */
const changingFields = [...secretFieldNames.filter((name) => secretFields[name].isChanging), "oldest_version" as const];

const lockNames = { "#id": "secret_id", "#revision": "revision" } as const;

/** DynamoDB's limit on the operands of `IN`. */
const maxOperands = 100;

/** @param stored attributes that only the store sees, if their values are not those of a new secret */
export function addSecret(tables: TableNames, secret: Secret, stored: Item = {}): Action {
  const item = {
    Put: {
      TableName: tables.secrets,
      Item: { ...toSecretItem(secret), ...stored },
      ConditionExpression: "attribute_not_exists(#id)",
      ExpressionAttributeNames: { "#id": "secret_id" },
    },
  };
  return { item, refusal: "id-taken" };
}

/** Sets only fields that differ, so that concurrent changes of `dependents` and attributes of other tools stay. */
export function changeRow(tables: TableNames, before: StoredSecret, after: StoredSecret): Action {
  const changed = changingFields.filter((field) => after[field] !== before[field]);
  const set = changed.filter((field) => after[field] !== null);
  const unset = changed.filter((field) => after[field] === null);
  const item = {
    Update: {
      TableName: tables.secrets,
      Key: keyOf(before),
      UpdateExpression: [
        `SET ${["#revision = :next", ...set.map((field) => `#${field} = :${field}`)].join(", ")}`,
        ...(unset.length === 0 ? [] : [`REMOVE ${unset.map((field) => `#${field}`).join(", ")}`]),
      ].join(" "),
      ConditionExpression: unchanged(before),
      ExpressionAttributeNames: { ...lockNames, ...Object.fromEntries(changed.map((field) => [`#${field}`, field])) },
      ExpressionAttributeValues: {
        ":revision": before.revision,
        ":next": before.revision + 1,
        ...Object.fromEntries(set.map((field) => [`:${field}`, toAttribute(after[field])])),
      },
    },
  };
  return { item, refusal: "changed" };
}

export function removeSecret(tables: TableNames, secret: StoredSecret): Action {
  const { names, values, ...removable } = ifRemovable(secret);
  const item = {
    Delete: {
      TableName: tables.secrets,
      Key: keyOf(secret),
      ...removable,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  };
  return { item, refusal: whyNotRemovable(secret) };
}

/**
 * Records that versions before `oldest` are gone, under the conditions of `removeSecret`. The revision does not change,
 * because the transactions that follow still check it.
 */
export function forgetVersionsBefore(tables: TableNames, secret: StoredSecret, oldest: number): Action {
  const { names, values, ...removable } = ifRemovable(secret);
  const item = {
    Update: {
      TableName: tables.secrets,
      Key: keyOf(secret),
      UpdateExpression: "SET #oldest_version = :oldest_version",
      ...removable,
      ExpressionAttributeNames: { ...names, "#oldest_version": "oldest_version" },
      ExpressionAttributeValues: { ...values, ":oldest_version": oldest },
    },
  };
  return { item, refusal: whyNotRemovable(secret) };
}

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

/** Stores what is kept of a deleted secret, and replaces what an earlier deletion of the same secret left. */
export function keepDeleted(tables: TableNames, items: readonly Item[]): readonly Action[] {
  return items.map((item) => ({ item: { Put: { TableName: tables.deleted, Item: item } }, refusal: "changed" }));
}

/**
 * Deletes versions; some may not exist. The version that was read in order to keep it must still have the same wrapped
 * key: a rewrap, which does not change the revision, may have come in between.
 */
export function removeVersions(tables: TableNames, keys: readonly VersionKey[], read?: Item): readonly Action[] {
  const wrappedKey = read?.["encrypted_data_key"];
  const asRead = wrappedKey !== undefined && {
    ConditionExpression: "#key = :key",
    ExpressionAttributeNames: { "#key": "encrypted_data_key" },
    ExpressionAttributeValues: { ":key": wrappedKey },
  };
  return keys.map((key) => ({
    item: { Delete: { TableName: tables.data, Key: key, ...(key.version === read?.["version"] && asRead) } },
    refusal: "changed",
  }));
}

/** Counts up the trusted secret of a new secret, if any. It must exist, be visible, and trust no secret itself. */
export function countUp(
  tables: TableNames,
  { secret, visibleProjects }: Pick<CreateWrite, "secret" | "visibleProjects">,
): Action | null {
  if (secret.trusted_secret_id === null) return null;
  const visible = ofProjects(visibleProjects);
  const item = {
    Update: {
      TableName: tables.secrets,
      Key: { domain_id: secret.domain_id, secret_id: secret.trusted_secret_id },
      UpdateExpression: "ADD #dependents :one",
      ConditionExpression: `attribute_exists(#id) AND attribute_not_exists(#trusted)${visible.text}`,
      ExpressionAttributeNames: {
        "#dependents": "dependents",
        "#id": "secret_id",
        "#trusted": "trusted_secret_id",
        ...visible.names,
      },
      ExpressionAttributeValues: { ":one": 1, ...visible.values },
    },
  };
  return { item, refusal: "trusted-secret" };
}

/** Counts down the trusted secret of this secret, if any. Refused if its count is 0. */
export function countDown(tables: TableNames, { domain_id, trusted_secret_id }: Secret): Action | null {
  if (trusted_secret_id === null) return null;
  const item = {
    Update: {
      TableName: tables.secrets,
      Key: { domain_id, secret_id: trusted_secret_id },
      UpdateExpression: "ADD #dependents :less",
      ConditionExpression: "#dependents > :none",
      ExpressionAttributeNames: { "#dependents": "dependents" },
      ExpressionAttributeValues: { ":less": -1, ":none": 0 },
    },
  };
  return { item, refusal: "trusted-secret" };
}

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

/** Frees a secret's name. There may be no reservation, if another tool loaded the row; another secret's is refused. */
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

/** Stores the token, if any, with this answer. An expired token counts as unused even if its row still exists. */
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

function keyOf({ domain_id, secret_id }: Secret) {
  return { domain_id, secret_id };
}

/** The row has not changed since it was read, and no other secret trusts it. */
function ifRemovable(secret: StoredSecret) {
  return {
    ConditionExpression: `${unchanged(secret)} AND (attribute_not_exists(#dependents) OR #dependents = :none)`,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    names: { ...lockNames, "#dependents": "dependents" },
    values: { ":revision": secret.revision, ":none": 0 },
  };
}

function whyNotRemovable({ revision }: StoredSecret): (found: FoundRow) => Refusal {
  return (found) =>
    found !== undefined && Number(found["revision"]?.N ?? 0) === revision ? "has-dependents" : "changed";
}

/** The row exists, and has not changed since it was read. */
function unchanged({ revision }: StoredSecret): string {
  const same = "#revision = :revision";
  return `attribute_exists(#id) AND ${revision === 0 ? `(attribute_not_exists(#revision) OR ${same})` : same}`;
}

/** The row is in one of these projects. No project has the empty id: it makes an empty list match no row. */
function ofProjects(projects: readonly string[] | null) {
  if (projects === null) return { text: "", names: {}, values: {} };
  const values = Object.fromEntries(["", ...projects].map((project, index) => [`:p${index}`, project]));
  const placeholders = Object.keys(values);
  const groups = Array.from({ length: Math.ceil(placeholders.length / maxOperands) }, (_, index) =>
    placeholders.slice(index * maxOperands, (index + 1) * maxOperands),
  );
  const text = groups.map((group) => `#project IN (${group.join(", ")})`).join(" OR ");
  return { text: ` AND (${text})`, names: { "#project": "project_id" }, values };
}
