/** The failure of a query that cannot be run, and how a caller's own words are quoted in it. */

import { SecretError } from "../base/errors.ts";

/** Reasons name keys and operators, quoted, and never hold a value: it may be what the caller searches a secret by. */
export function queryError(reason: string, options?: ErrorOptions): SecretError<"ERROR_DB_QUERY"> {
  return new SecretError("ERROR_DB_QUERY", { reason }, options);
}

const maxQuoted = 80;

/** A caller's key or operator as JSON text, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > maxQuoted ? `${text.slice(0, maxQuoted)}…` : text);
}
