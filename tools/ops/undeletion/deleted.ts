/** Reads deleted secrets, for the tools. No function of the API reads them. */

import * as v from "valibot";
import type { Abortable } from "../../../lib/base/async.ts";
import { isObject } from "../../../lib/base/json.ts";
import type { StoredSecret } from "../../../lib/secret/secret.ts";
import type { Database } from "../../../lib/store/client.ts";
import { getItem } from "../../../lib/store/dynamodb-secret-reads.ts";
import { type DeletedPart, findPartition, parseStoredSecret } from "../../../lib/store/items.ts";
import type { Item } from "../../../lib/store/row.ts";
import type { KeptUntil } from "../../../lib/store/secret-store.ts";
import { scan } from "../scan.ts";

export interface Deleted extends KeptUntil {
  /** As it was. `dependents` is 0, because a secret that others trust cannot be deleted. */
  readonly secret: StoredSecret;
}

export interface DeletedWithData extends Deleted {
  /** The former row of the current version in `secret-data`, still sealed; `undefined` if there was none. */
  readonly data: Item | undefined;
}

type DeletedTable = Database<"deleted">;

const metadataSchema = v.object({ row: v.unknown(), deleted_at: v.string(), expires_at: v.number() });

/** The key of a deleted secret's row. */
export function deletedKey({ domain_id, secret_id }: StoredSecret, part: DeletedPart): Item {
  return { secret: findPartition(domain_id, secret_id), part };
}

/** @throws ERROR_UNAVAILABLE; Error for a malformed row */
export async function findDeleted(
  { client, tables }: DeletedTable,
  domainId: string,
  secretId: string,
  options: Abortable = {},
): Promise<DeletedWithData | undefined> {
  const secret = findPartition(domainId, secretId);
  if (secret === undefined) return undefined;
  const read = async (part: DeletedPart) => await getItem({ client, name: tables.deleted }, { secret, part }, options);
  const [metadata, data] = await Promise.all([read("metadata"), read("data")]);
  if (metadata === undefined) return undefined;
  const deleted = parseMetadata(metadata);
  const { domain_id, secret_id } = deleted.secret;
  // The secret's row is nested, so only this check ties it to its key.
  if (domain_id !== domainId || secret_id !== secretId)
    throw new Error(`The rows kept under ${secretId} belong to another secret.`);
  return { ...deleted, data: toDataRow(data) };
}

/** The deleted secrets of a domain, the last deleted first. Scans the table, which is small because rows expire. */
export async function listDeleted(
  { client, tables }: DeletedTable,
  domainId: string,
  options: Abortable,
): Promise<readonly Deleted[]> {
  const filter = {
    FilterExpression: "#part = :part AND begins_with(#secret, :domain)",
    ExpressionAttributeNames: { "#part": "part", "#secret": "secret" },
    ExpressionAttributeValues: { ":part": "metadata" satisfies DeletedPart, ":domain": `${domainId}/` },
  };
  const found: Deleted[] = [];
  for await (const items of scan({ client, name: tables.deleted }, filter, options)) {
    found.push(...items.map(parseMetadata));
  }
  // The id of another domain may begin with this one and a slash.
  const own = found.filter(({ secret }) => secret.domain_id === domainId);
  return own.toSorted((one, other) => (one.deletedAt < other.deletedAt ? 1 : -1));
}

function parseMetadata(item: unknown): Deleted {
  const { row, deleted_at: deletedAt, expires_at: expiresAt } = v.parse(metadataSchema, item);
  return { secret: parseStoredSecret(row), deletedAt, expiresAt };
}

function toDataRow(item: unknown): Item | undefined {
  if (!isObject(item)) return undefined;
  const { part, deleted_at, expires_at, ...data } = item;
  return data;
}
