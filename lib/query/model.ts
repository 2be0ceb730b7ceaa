/** The fields of a secret that a query may name. Nothing else of a row exists for a query. */

import type { JsonObject, JsonValue } from "../base/json.ts";
import type { SecretField } from "../secret/secret.ts";

export interface Field {
  readonly name: SecretField | "encrypted" | "encrypt_options";
  /** Dates are texts of the fixed form `YYYY-MM-DDTHH:MM:SS.mmmZ` in rows. Only maps have parts. */
  readonly kind: "scalar" | "date" | "map";
  /** What a row without the attribute has. */
  readonly absent: JsonValue;
  /** The same for every secret, not stored and not shown; here because the original stores them. */
  readonly constant?: JsonValue;
}

/** A row of the secrets table; an unset field is an absent attribute. Attributes that are no field are never read. */
export type Row = { readonly [attribute: string]: unknown };

const empty: JsonObject = {};

const fields: readonly Field[] = [
  { name: "secret_id", kind: "scalar", absent: null },
  { name: "name", kind: "scalar", absent: null },
  { name: "secret_type", kind: "scalar", absent: null },
  { name: "tags", kind: "map", absent: empty },
  { name: "schema", kind: "scalar", absent: null },
  { name: "provider", kind: "scalar", absent: null },
  { name: "service_account_id", kind: "scalar", absent: null },
  { name: "project_id", kind: "scalar", absent: null },
  { name: "trusted_secret_id", kind: "scalar", absent: null },
  { name: "domain_id", kind: "scalar", absent: null },
  { name: "created_at", kind: "date", absent: null },
  { name: "updated_at", kind: "date", absent: null },
  { name: "version", kind: "scalar", absent: null },
  { name: "encrypted", kind: "scalar", absent: null, constant: false },
  { name: "encrypt_options", kind: "map", absent: null, constant: empty },
];

const fieldsByName: ReadonlyMap<string, Field> = new Map(fields.map((field) => [field.name, field]));

/** The fields of `SecretInfo`, in its order. */
export const shownFields: readonly Field[] = fields.filter((field) => field.constant === undefined);

/** What an answer with `minimal` holds. */
export const minimalFields: readonly string[] = ["secret_id", "name", "secret_type"];

/** What `keyword` searches. */
export const keywordFields: readonly string[] = ["secret_id", "name", "schema", "provider"];

export function findField(name: string): Field | undefined {
  return fieldsByName.get(name);
}

/** Reads one field of a row, with what is unset filled in. */
export function fieldReader(field: Field): (row: Row) => unknown {
  const { name, absent, constant } = field;
  if (constant !== undefined) return () => constant;
  return (row) => row[name] ?? absent;
}
