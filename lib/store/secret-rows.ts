/** The port to many rows at once, for lists and statistics. Reads only; never secret data. */

import type { CallOptions } from "../base/call.ts";
import type { AttributePath, PushedCondition } from "../query/push-down.ts";
import type { Secret, SecretField } from "../secret/secret.ts";

/** The fields by which rows are found without reading a whole domain. */
export type IndexedField = "service_account_id" | "project_id" | "trusted_secret_id";

/** Which rows: those of a domain, or of them those with one value of an indexed field. */
export interface RowQuery {
  readonly domainId: string;
  readonly index: { readonly field: IndexedField; readonly value: string } | null;
  /** Rows for which it does not hold are left out. It must be pushable. */
  readonly condition: PushedCondition | null;
}

export interface RowsQuery extends RowQuery {
  /** The attributes that rows carry beside `secret_id`; `null` for all. */
  readonly attributes: readonly AttributePath[] | null;
  /** Whether the rows of the first page carry all nevertheless. */
  readonly firstPageWhole: boolean;
}

/**
 * What was read of a row: the fields that the query names, `null` where unset; of `tags` perhaps just the paths named,
 * perhaps more.
 */
export type Row = Pick<Secret, "secret_id"> & { readonly [Field in SecretField]?: Secret[Field] };

/** All methods throw ERROR_UNAVAILABLE when the database does not answer or throttles past the retries. */
export interface SecretRows {
  /**
   * Rows in pages. Of a domain: strongly consistent, in the order of `secret_id`, large ones by several requests at a
   * time. Of an index: eventually consistent (a write shows up within a second or so), in the order of `name`.
   */
  readRows(query: RowsQuery, options?: CallOptions): AsyncIterable<readonly Row[]>;
  /** How many rows `readRows` gives. */
  countRows(query: RowQuery, options?: CallOptions): Promise<number>;
  /** The secrets with these ids, in that order, each once; what is not there is left out. Strongly consistent. */
  findByIds(domainId: string, secretIds: readonly string[], options?: CallOptions): Promise<readonly Secret[]>;
  /** The ids of the secrets with these names, in that order, each once. Strongly consistent. */
  findIdsByNames(domainId: string, names: readonly string[], options?: CallOptions): Promise<readonly string[]>;
}
