/** What a rule is, and how rules tell where they are broken. Pure. */

import type { TableNames } from "../../../../lib/store/client.ts";
import type { Item } from "../../../../lib/store/row.ts";
import type { Deleted, Facts, Versions } from "../facts.ts";
import type { NameRow, SecretRow } from "../row-shapes.ts";

/** Rules by the name that reports give them. */
export interface Rules {
  readonly [name: string]: Rule;
}

export interface Rule {
  /** The table whose rows can break it. */
  readonly table: keyof TableNames;
  readonly find: (facts: Facts, settings: Settings) => Iterable<Breach>;
}

export interface Settings {
  /** How many versions of a secret's data the deployment keeps; older ones may be there or not. */
  readonly versionsKept: number;
}

/** A row that breaks a rule, and why. */
export interface Breach {
  readonly key: Item;
  readonly detail: string;
  /** Whose rows decide it. */
  readonly about: Subject;
}

export interface Subject {
  readonly domainId: string;
  readonly secretId: string;
  /** The name that the row at fault holds or wants. */
  readonly name?: string;
}

export function breachOfSecret({ domain_id, secret_id, name }: SecretRow, detail: string): Breach {
  return { key: { domain_id, secret_id }, detail, about: { domainId: domain_id, secretId: secret_id, name } };
}

export function breachOfName({ domain_id, name, secret_id }: NameRow, detail: string): Breach {
  return { key: { domain_id, name }, detail, about: { domainId: domain_id, secretId: secret_id, name } };
}

export function breachOfVersion({ domainId, secretId }: Versions, version: number, detail: string): Breach {
  return { key: { secret: `${domainId}/${secretId}`, version }, detail, about: { domainId, secretId } };
}

export function breachOfDeleted({ domainId, secretId, parts }: Deleted, detail: string): Breach {
  const part = parts.has("metadata") ? "metadata" : "data";
  return { key: { secret: `${domainId}/${secretId}`, part }, detail, about: { domainId, secretId } };
}

export function* wellFormed<Row>(rows: ReadonlyMap<unknown, Row | null>): Generator<Row> {
  for (const row of rows.values()) if (row !== null) yield row;
}
