/**
 * The ports to the rows, in the words of the domain. Every write is a transaction: all of it or nothing. Only a delete
 * of many versions takes several. The rows that list and stat read never hold secret data.
 */

import type { Abortable } from "../base/async.ts";
import type { SealedData } from "../crypto/envelope.ts";
import type { RowRange } from "../query/plan.ts";
import type { AttributePath } from "../query/push-down.ts";
import type { Secret, SecretField, StoredSecret } from "../secret/secret.ts";

/** One version of a secret's data. */
export interface DataVersion extends SealedData {
  readonly domainId: string;
  readonly secretId: string;
  /** Starts at 1. */
  readonly version: number;
  /** ISO 8601 in UTC with milliseconds. */
  readonly createdAt: string;
  readonly trustedSecretId: string | null;
}

/** A caller's idempotency token for one operation, stored for a while with the first call's answer. */
export interface ClientToken {
  /** Digest of the method, the secret and the caller's token; never the token itself. */
  readonly digest: string;
  /** Digest of the request, with the caller's token as key. */
  readonly contentDigest: string;
  /** Unix time in seconds after which the token is forgotten. */
  readonly expiresAt: number;
  /** Unix time in seconds. Tokens that expired before it are ignored. */
  readonly now: number;
}

/** What the first call under a token did. */
export interface TokenRecord {
  /** What the call answered. */
  readonly secret: Secret;
  /** Digest of its request; `null` in rows of releases that did not compare requests. */
  readonly contentDigest: string | null;
}

export interface CreateWrite {
  readonly secret: Secret;
  readonly data: DataVersion;
  readonly token: ClientToken | null;
  /** The trusted secret must be in one of these projects; `null`: in any project or none. */
  readonly visibleProjects: readonly string[] | null;
}

export interface ChangeWrite {
  /** As it was read. The write is refused if the row has another `revision` by then. */
  readonly before: StoredSecret;
  readonly after: StoredSecret;
}

export interface DataWrite extends ChangeWrite {
  readonly data: DataVersion;
  /** Versions to delete, all before `after.oldest_version`. Some may not exist. At most `maxDroppedVersions`. */
  readonly dropVersions: readonly number[];
  readonly token: ClientToken | null;
}

/** Until when a deleted secret can be restored. */
export interface KeptUntil {
  /** ISO 8601 in UTC with milliseconds. */
  readonly deletedAt: string;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

export interface DeleteWrite {
  /** As it was read. The write is refused if the row has another `revision` by then. */
  readonly secret: StoredSecret;
  /** Until when row and current version are kept as deleted; `null`: nothing is kept. */
  readonly kept: KeptUntil | null;
}

/**
 * The most versions that one `DataWrite` drops. With the new version, they stay below a transaction's 4 MB even if each
 * has the largest size.
 */
export const maxDroppedVersions = 8;

/** Why a transaction was refused. Nothing of it is stored. */
export type Refusal =
  /** The name is taken in the domain. */
  | "name-taken"
  /** The row was deleted or changed since it was read. */
  | "changed"
  /** The trusted secret does not exist, trusts another secret itself, or is in no project that the caller sees. */
  | "trusted-secret"
  /** Other secrets name this one as trusted. */
  | "has-dependents"
  /** The token was used before; `findToken` returns the first call. */
  | "token-used"
  /** The new secret's id exists already. */
  | "id-taken";

export type WriteResult = { readonly kind: "done" } | { readonly kind: "refused"; readonly refusal: Refusal };

/** What decides whether a caller may see a secret's data, and which data that is. */
export type SecretBrief = Pick<StoredSecret, "secret_id" | "name" | "project_id" | "version" | "trusted_secret_id">;

/**
 * Strongly consistent reads of one secret's data. All methods throw ERROR_UNAVAILABLE if DynamoDB does not answer, or
 * throttles longer than the retries last.
 */
export interface DataReads {
  findSecret(domainId: string, secretId: string, options?: Abortable): Promise<SecretBrief | undefined>;
  /** The id of the secret with this name. */
  findIdByName(domainId: string, name: string, options?: Abortable): Promise<string | undefined>;
  /** A version of the data (`null`: the current one), in one request. */
  findData(
    domainId: string,
    secretId: string,
    version: number | null,
    options?: Abortable,
  ): Promise<DataVersion | undefined>;
}

/** Also reads the whole row. A port of its own, so that a method that only reads cannot write. */
export interface SecretReads extends DataReads {
  findSecret(domainId: string, secretId: string, options?: Abortable): Promise<StoredSecret | undefined>;
}

/** A secret, by exactly one of id and name, and the version of its data (`null`: the current one). */
export interface WantedData {
  readonly secret_id: string | null;
  readonly name: string | null;
  readonly version: number | null;
}

/** Reads of several secrets at once. */
export interface BatchReads {
  /**
   * Reads names, rows and data of several secrets in few requests. The returned port answers from what was read. A
   * damaged row fails only when it is asked for, so it does not affect other secrets. A secret's current version is the
   * one in its row. Anything else is read on demand: keys that DynamoDB left unprocessed, and a name's second lookup.
   */
  readAhead(domainId: string, wanted: readonly WantedData[], options?: Abortable): Promise<DataReads>;
}

/** Reads and writes. Writes throw the same errors as reads. */
export interface SecretStore extends SecretReads {
  /** Stores row, name, data and token, and counts up the trusted secret's `dependents`. `secret.version` must be 1. */
  createSecret(write: CreateWrite, options?: Abortable): Promise<WriteResult>;
  /** Changes the row. If the name changes, reserves the new one and frees the old one. */
  changeSecret(write: ChangeWrite, options?: Abortable): Promise<WriteResult>;
  /** Adds the version, makes it current in the row, and deletes versions that are no longer kept. */
  addData(write: DataWrite, options?: Abortable): Promise<WriteResult>;
  /**
   * Deletes row, name and all versions, counts down the trusted secret's `dependents`, and stores what is kept where no
   * port reads it. If one transaction cannot hold all versions, the oldest go first, in their own transactions. A
   * delete that fails in between can be repeated.
   */
  deleteSecret(write: DeleteWrite, options?: Abortable): Promise<WriteResult>;
  /** What the first call under the token did; `undefined` if there was none, or if the token has expired. */
  findToken(domainId: string, token: ClientToken, options?: Abortable): Promise<TokenRecord | undefined>;
}

/** A range of rows in a domain. */
export interface RowQuery extends RowRange {
  readonly domainId: string;
}

export interface RowsQuery extends RowQuery {
  /** The attributes that rows have besides `secret_id`; `null`: all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of the first page have all attributes nevertheless. */
  readonly firstPageWhole: boolean;
}

/**
 * The fields of a row that the query names, `null` if unset. `tags` may hold only the members that the query names, or
 * more.
 */
export type SecretRow = Pick<Secret, "secret_id"> & { readonly [Field in SecretField]?: Secret[Field] };

/** All methods throw ERROR_UNAVAILABLE if DynamoDB does not answer, or throttles longer than the retries last. */
export interface SecretRows {
  /**
   * Pages of rows. The rows of a domain are strongly consistent and in the order of `secret_id`; a large domain is read
   * by several requests at a time. The rows of an index are eventually consistent and in the order of `name`.
   */
  readRows(query: RowsQuery, options?: Abortable): AsyncIterable<readonly SecretRow[]>;
  /** The number of rows that `readRows` would return. */
  countRows(query: RowQuery, options?: Abortable): Promise<number>;
  /** The existing secrets with these ids, in the order of the ids, each once. Strongly consistent. */
  findByIds(domainId: string, secretIds: readonly string[], options?: Abortable): Promise<readonly Secret[]>;
  /** The ids of the secrets with these names, in the order of the names, each once. Strongly consistent. */
  findIdsByNames(domainId: string, names: readonly string[], options?: Abortable): Promise<readonly string[]>;
}
