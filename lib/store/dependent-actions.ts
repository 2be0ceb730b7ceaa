/** How many secrets name one as trusted: its count up and down as actions of a transaction. */

import type { Secret } from "../secret/secret.ts";
import type { TableNames } from "./database.ts";
import type { CreateWrite } from "./secret-store.ts";
import type { Action } from "./transaction.ts";

/** DynamoDB's limit of an `IN`. */
const maxOperands = 100;

/** One more for the secret that a new one names as trusted, if any: it must be there, be visible, and name none itself. */
export function countUp(tables: TableNames, { secret, visibleProjects }: CreateWrite): Action | null {
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

/** One less for the secret that this one names as trusted, if any; refused where none is counted. */
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

/** The condition that a row is of one of these projects. A project's id is never empty, which stands for none. */
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
