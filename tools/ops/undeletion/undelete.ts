/** Takes a deleted secret back, in one transaction, as it was: same id, version and data. Nothing is decrypted. */

import type { Abortable } from "../../../lib/base/async.ts";
import type { Secret } from "../../../lib/secret/secret.ts";
import type { Database } from "../../../lib/store/client.ts";
import type { DeletedPart } from "../../../lib/store/items.ts";
import type { Item } from "../../../lib/store/row.ts";
import type { Refusal } from "../../../lib/store/secret-store.ts";
import { type Action, transact } from "../../../lib/store/transaction.ts";
import { addSecret, countUp, reserveName } from "../../../lib/store/writes.ts";
import { type DeletedWithData, deletedKey, findDeleted } from "./deleted.ts";

export interface UndeleteRequest {
  readonly domainId: string;
  readonly secretId: string;
  /** Where the old one is not to be, or cannot be, the secret's again. The data is bound to the id, and to no name. */
  readonly name?: string | undefined;
  readonly now: Date;
}

/** `reason`: a sentence for the operator. Nothing is changed then. */
export type Undeletion =
  | { readonly kind: "done"; readonly secret: Secret }
  | { readonly kind: "refused"; readonly reason: string };

/** @throws ERROR_UNAVAILABLE; Error for a malformed row */
export async function undelete(
  database: Database,
  { domainId, secretId, name, now }: UndeleteRequest,
  options: Abortable = {},
): Promise<Undeletion> {
  const deleted = await findDeleted(database, domainId, secretId, options);
  const reason = deleted === undefined ? `Of ${secretId} nothing is kept in this domain.` : whyNot(deleted, now);
  if (deleted === undefined || reason !== null) return { kind: "refused", reason: String(reason) };
  const secret = { ...deleted.secret, name: name ?? deleted.secret.name };
  const result = await transact(database.client, actionsOf(database, deleted, secret), options);
  return result.kind === "done"
    ? { kind: "done", secret }
    : { kind: "refused", reason: sentences[result.refusal]?.(secret) ?? `The rows say: ${result.refusal}.` };
}

const sentences: { readonly [Name in Refusal]?: (secret: Secret) => string } = {
  "id-taken": ({ secret_id }) => `The id ${secret_id} is in use: the secret is there already, or rows of it are.`,
  "trusted-secret": ({ trusted_secret_id }) =>
    `The trusted secret ${trusted_secret_id} is gone, or names one itself: take that one back first.`,
  "name-taken": ({ name }) => `The name ${JSON.stringify(name)} is taken: give it another one with --name.`,
  changed: () => "What is kept of it changed meanwhile: look again with --list.",
};

/** What the rows themselves say against it. What has expired is gone, even where DynamoDB has not removed it yet. */
function whyNot({ secret, data, expiresAt }: DeletedWithData, now: Date): string | null {
  if (now.getTime() >= expiresAt * 1000) {
    return `It is too late: ${secret.secret_id} was kept until ${new Date(expiresAt * 1000).toISOString()}.`;
  }
  if (secret.version !== null && data?.["version"] !== secret.version) {
    return `Version ${secret.version} of the data of ${secret.secret_id} is not kept.`;
  }
  return null;
}

/** In the order in which their conditions are told. */
function actionsOf({ tables }: Database, { data, ...deleted }: DeletedWithData, secret: DeletedWithData["secret"]) {
  // Whoever read the row before it was deleted must not write as if nothing had been.
  const stored = { revision: secret.revision + 1, ...(secret.version !== null && { oldest_version: secret.version }) };
  const forget = (part: DeletedPart, asRead: Item): Action => ({
    item: {
      Delete: {
        TableName: tables.deleted,
        Key: deletedKey(secret, part),
        ConditionExpression: Object.keys(asRead)
          .map((name) => `#${name} = :${name}`)
          .join(" AND "),
        ExpressionAttributeNames: Object.fromEntries(Object.keys(asRead).map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries(asRead).map(([name, value]) => [`:${name}`, value]),
        ),
      },
    },
    refusal: "changed",
  });
  const deletion = { deleted_at: deleted.deletedAt, expires_at: deleted.expiresAt };
  // A rewrap may have come in between.
  const wrappedKey = data?.["encrypted_data_key"];
  const sealed = { ...deletion, ...(wrappedKey !== undefined && { encrypted_data_key: wrappedKey }) };
  const withData: readonly Action[] =
    data === undefined
      ? []
      : [
          {
            item: {
              Put: {
                TableName: tables.data,
                Item: data,
                ConditionExpression: "attribute_not_exists(#version)",
                ExpressionAttributeNames: { "#version": "version" },
              },
            },
            refusal: "id-taken",
          },
          forget("data", sealed),
        ];
  return [
    addSecret(tables, secret, stored),
    ...withData,
    forget("metadata", deletion),
    countUp(tables, { secret, visibleProjects: null }),
    reserveName(tables, secret),
  ];
}
