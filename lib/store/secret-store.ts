/**
 * The ports to the rows, in the words of the domain. Every write is one transaction: all of it or nothing. What lists and
 * statistics read never holds secret data.
 */

import type { Abortable } from "../base/async.ts";
import type { SealedData } from "../crypto/envelope.ts";
import type { AttributePath, PushedCondition } from "../query/push-down.ts";
import type { Secret, SecretField, StoredSecret } from "../secret/secret.ts";

/** One version of a secret's data. */
export interface DataVersion extends SealedData {
  readonly domainId: string;
  readonly secretId: string;
  /** From 1. */
  readonly version: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
  readonly trustedSecretId: string | null;
}

/** A caller's idempotency token for one operation, stored for a while with what the first call did. */
export interface ClientToken {
  /** Digest of method, secret and the caller's token; never the token itself. */
  readonly digest: string;
  /** Digest of the request, keyed by the caller's token. */
  readonly contentDigest: string;
  /** Unix time in seconds after which the token is forgotten. */
  readonly expiresAt: number;
  /** Unix time in seconds; token rows that expired before it are ignored. */
  readonly now: number;
}

/** What the first call under a token did. */
export interface TokenRecord {
  /** What the call answered. */
  readonly secret: Secret;
  /** Digest of its request; `null` in rows from before contents were compared. */
  readonly contentDigest: string | null;
}

export interface CreateWrite {
  readonly secret: Secret;
  readonly data: DataVersion;
  readonly token: ClientToken | null;
  /** The trusted secret must be in one of these projects; `null`: in any or none. */
  readonly visibleProjects: readonly string[] | null;
}

export interface ChangeWrite {
  /** As it was read; the write holds only while its `revision` stands. */
  readonly before: StoredSecret;
  readonly after: StoredSecret;
}

export interface DataWrite extends ChangeWrite {
  readonly data: DataVersion;
  /** Versions to remove, those before `after.oldest_version`; some may not be there. At most `maxDroppedVersions`. */
  readonly dropVersions: readonly number[];
  readonly token: ClientToken | null;
}

/** Until when a deleted secret can be taken back. */
export interface KeptUntil {
  /** ISO 8601, UTC, milliseconds. */
  readonly deletedAt: string;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

export interface DeleteWrite {
  /** As it was read; the write holds only while its `revision` stands. */
  readonly secret: StoredSecret;
  /** Row and current version are kept among the deleted ones; `null`: nothing is. */
  readonly kept: KeptUntil | null;
}

/**
 * How many versions one `DataWrite` drops at most: with the new one they stay below the 4 MB of a transaction, however
 * large each is.
 */
export const maxDroppedVersions = 8;

/** Why a write failed. None of it is stored. */
export type Refusal =
  /** The name is taken in the domain. */
  | "name-taken"
  /** The row was deleted or changed since it was read. */
  | "changed"
  /** The trusted secret is gone, is a dependent itself, or is in no project that the caller sees. */
  | "trusted-secret"
  /** Other secrets name this one as trusted. */
  | "has-dependents"
  /** The token was used before; `findToken` says for what. */
  | "token-used"
  /** A new secret's id exists already. */
  | "id-taken";

export type WriteResult = { readonly kind: "done" } | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * What is read of one secret, strongly consistent. A port of its own, so that a method that only reads holds nothing that
 * writes. All methods throw ERROR_UNAVAILABLE when the database does not answer or throttles past the retries.
 */
export interface SecretReads {
  findSecret(domainId: string, secretId: string, options?: Abortable): Promise<StoredSecret | undefined>;
  /** The id of the secret with this name. */
  findIdByName(domainId: string, name: string, options?: Abortable): Promise<string | undefined>;
  /** A version of the data, the current one for `null`. One request. */
  findData(
    domainId: string,
    secretId: string,
    version: number | null,
    options?: Abortable,
  ): Promise<DataVersion | undefined>;
}

/** A secret by id or by name, one of the two, and which version of its data: the current one for `null`. */
export interface WantedData {
  readonly secret_id: string | null;
  readonly name: string | null;
  readonly version: number | null;
}

/** The reads of several secrets at once. */
export interface BatchReads {
  /**
   * Reads names, rows and data of several secrets in few requests. The reads that it gives are answered from these, for
   * each secret by itself: a damaged row, or one that DynamoDB did not get to, fails where it is read. Of a secret the
   * version in its row is the current one. A name that is looked up again, and what was not read ahead, is read then.
   */
  readAhead(domainId: string, wanted: readonly WantedData[], options?: Abortable): Promise<SecretReads>;
}

/** Reads and writes; they fail as the reads do. */
export interface SecretStore extends SecretReads {
  /** Row, name, data and token at once; counts the trusted secret's dependents up. `after.version` of `secret` is 1. */
  createSecret(write: CreateWrite, options?: Abortable): Promise<WriteResult>;
  /** Changes the row. If the name changes, reserves the new one and frees the old one. */
  changeSecret(write: ChangeWrite, options?: Abortable): Promise<WriteResult>;
  /** Adds the version, makes it current in the row, and deletes versions that are no longer kept. */
  addData(write: DataWrite, options?: Abortable): Promise<WriteResult>;
  /**
   * Removes row, name and all versions; counts the trusted secret's dependents down; keeps what is to be kept where no
   * port reads it. Where one transaction does not take all versions, the oldest go first, in transactions of their own:
   * what fails in between can be done again.
   */
  deleteSecret(write: DeleteWrite, options?: Abortable): Promise<WriteResult>;
  /** What the first call under a token did; `undefined` if there was none, or if the token has expired. */
  findToken(domainId: string, token: ClientToken, options?: Abortable): Promise<TokenRecord | undefined>;
}

/** The fields by which rows are found without reading a whole domain. */
export type IndexedField = "service_account_id" | "project_id" | "trusted_secret_id";

/** The rows of a domain, or those of them with one value of an indexed field. */
export interface RowQuery {
  readonly domainId: string;
  readonly index: { readonly field: IndexedField; readonly value: string } | null;
  /** Leaves out rows that do not meet it. It must be pushable. */
  readonly condition: PushedCondition | null;
}

export interface RowsQuery extends RowQuery {
  /** The attributes that rows have besides `secret_id`; `null` for all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of the first page have all attributes anyway. */
  readonly firstPageWhole: boolean;
}

/**
 * What was read of a row: the fields that the query names, `null` where unset; of `tags` perhaps just the paths named,
 * perhaps more.
 */
export type SecretRow = Pick<Secret, "secret_id"> & { readonly [Field in SecretField]?: Secret[Field] };

/** All methods throw ERROR_UNAVAILABLE when the database does not answer or throttles past the retries. */
export interface SecretRows {
  /**
   * Rows in pages. Of a domain: strongly consistent, in the order of `secret_id`, large ones by several requests at a
   * time. Of an index: eventually consistent (a write shows up within a second or so), in the order of `name`.
   */
  readRows(query: RowsQuery, options?: Abortable): AsyncIterable<readonly SecretRow[]>;
  /** How many rows `readRows` gives. */
  countRows(query: RowQuery, options?: Abortable): Promise<number>;
  /** The existing secrets with these ids, in that order, each once. Strongly consistent. */
  findByIds(domainId: string, secretIds: readonly string[], options?: Abortable): Promise<readonly Secret[]>;
  /** The ids of the secrets with these names, in that order, each once. Strongly consistent. */
  findIdsByNames(domainId: string, names: readonly string[], options?: Abortable): Promise<readonly string[]>;
}
