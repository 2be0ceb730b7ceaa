/** The writes of `secrets` as actions of a transaction. */

import type { Secret, StoredSecret } from "../secret/secret.ts";
import { toAttribute } from "./attributes.ts";
import type { TableNames } from "./database.ts";
import { toSecretItem } from "./secret-item.ts";
import type { Action, FoundRow } from "./transaction.ts";

/** What a write may change of a row; the rest is set at creation. */
const changingFields = ["name", "tags", "schema", "provider", "project_id", "updated_at", "version"] as const;

const lockNames = { "#id": "secret_id", "#revision": "revision" } as const;

export function addSecret(tables: TableNames, secret: Secret): Action {
  const item = {
    Put: {
      TableName: tables.secrets,
      Item: toSecretItem(secret),
      ConditionExpression: "attribute_not_exists(#id)",
      ExpressionAttributeNames: { "#id": "secret_id" },
    },
  };
  return { item, refusal: "id-taken" };
}

/** Sets what differs, so that what others write in the meantime (`dependents`) and what is not ours stays. */
export function changeRow(tables: TableNames, before: StoredSecret, after: Secret): Action {
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
  const item = {
    Delete: {
      TableName: tables.secrets,
      Key: keyOf(secret),
      ConditionExpression: `${unchanged(secret)} AND (attribute_not_exists(#dependents) OR #dependents = :none)`,
      ExpressionAttributeNames: { ...lockNames, "#dependents": "dependents" },
      ExpressionAttributeValues: { ":revision": secret.revision, ":none": 0 },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    },
  };
  const refusal = (found: FoundRow) =>
    found !== undefined && Number(found["revision"]?.N ?? 0) === secret.revision ? "has-dependents" : "changed";
  return { item, refusal };
}

function keyOf({ domain_id, secret_id }: Secret) {
  return { domain_id, secret_id };
}

/** The condition that a row is there, and as it was read. */
function unchanged({ revision }: StoredSecret): string {
  const same = "#revision = :revision";
  return `attribute_exists(#id) AND ${revision === 0 ? `(attribute_not_exists(#revision) OR ${same})` : same}`;
}
