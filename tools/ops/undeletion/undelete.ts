/** Restores a deleted secret in one transaction, with its id, version and data. Nothing is decrypted. */

import { type Abortable, backOff } from "../../../lib/base/async.ts";
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
  /** A new name, if the old one is taken or not wanted. The data is bound to the id, not to the name. */
  readonly name?: string | undefined;
  readonly now: Date;
}

/** Why a secret is not restored: the write was refused, or what is kept does not suffice. */
export type UndeleteRefusal = Refusal | "not-kept" | "too-late" | "data-gone";

/** If it is refused, nothing has changed, and `reason` is a sentence for the operator. */
export type Undeletion =
  | { readonly kind: "done"; readonly secret: Secret }
  | { readonly kind: "refused"; readonly refusal: UndeleteRefusal; readonly reason: string };

const sentences: { readonly [Name in Refusal]?: (secret: Secret) => string } = {
  "id-taken": ({ secret_id }) => `The id ${secret_id} is in use: the secret exists, or some of its rows do.`,
  "trusted-secret": ({ trusted_secret_id }) =>
    `The trusted secret ${trusted_secret_id} is deleted, or inherits itself from another one. Restore that one first.`,
  "name-taken": ({ name }) => `The name ${JSON.stringify(name)} is taken. Choose another one with --name.`,
  changed: ({ secret_id }) => `The rows kept of ${secret_id} keep changing, perhaps by a rewrap: try again later.`,
};

/** Refusals that another writer, between the reads and the write, may have caused. They are tried again. */
const passing: ReadonlySet<UndeleteRefusal> = new Set(["changed", "data-gone"]);

const maxAttempts = 5;

/** @throws ERROR_UNAVAILABLE; Error for a malformed row */
export async function undelete(
  database: Database,
  request: UndeleteRequest,
  options: Abortable = {},
): Promise<Undeletion> {
  for (let attempt = 1; ; attempt++) {
    const result = await attemptUndelete(database, request, options);
    if (result.kind === "done" || !passing.has(result.refusal) || attempt === maxAttempts) return result;
    await backOff(attempt, options);
  }
}

async function attemptUndelete(
  database: Database,
  { domainId, secretId, name, now }: UndeleteRequest,
  options: Abortable,
): Promise<Undeletion> {
  const deleted = await findDeleted(database, domainId, secretId, options);
  if (deleted === undefined)
    return refuse(
      "not-kept",
      `${secretId} is not the id of a deleted secret of this domain: --list shows them. Perhaps it is back already.`,
    );
  const until = new Date(deleted.expiresAt * 1000);
  // Expired secrets count as gone, even if DynamoDB has not removed them yet.
  if (now >= until)
    return refuse("too-late", `It is too late: ${secretId} was kept only until ${until.toISOString()}.`);
  const secret = { ...deleted.secret, name: name ?? deleted.secret.name };
  if (secret.version !== null && deleted.data?.["version"] !== secret.version) {
    return refuse("data-gone", `Version ${secret.version} of the data of ${secretId} was not kept.`);
  }
  const result = await transact(database.client, actionsOf(database, deleted, secret), options);
  if (result.kind === "done") return { kind: "done", secret };
  return refuse(result.refusal, sentences[result.refusal]?.(secret) ?? `The write was refused: ${result.refusal}.`);
}

function refuse(refusal: UndeleteRefusal, reason: string): Undeletion {
  return { kind: "refused", refusal, reason };
}

/** The order decides which refusal is reported if several conditions fail. */
function actionsOf({ tables }: Database, { data, ...deleted }: DeletedWithData, secret: DeletedWithData["secret"]) {
  // A new revision: a writer that read the row before the deletion must not succeed.
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
  // Refuses if a rewrap came in between.
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
