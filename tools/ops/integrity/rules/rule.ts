/** The interface of a rule, and how rules describe a breach. Pure. */

import type { TableNames } from "../../../../lib/store/client.ts";
import type { Item } from "../../../../lib/store/row.ts";
import type { Deleted, Facts, Versions } from "../facts.ts";
import type { NameRow, SecretRow } from "../row-shapes.ts";

/** Rules by their names in reports. */
export interface Rules {
  readonly [name: string]: Rule;
}

export interface Rule {
  /** The table whose rows can break the rule. */
  readonly table: keyof TableNames;
  readonly find: (facts: Facts, settings: Settings) => Iterable<Breach>;
}

export interface Settings {
  /** How many versions of a secret's data the deployment keeps. Older versions may or may not exist. */
  readonly versionsKept: number;
}

/** A row that breaks a rule, and why. */
export interface Breach {
  readonly key: Item;
  readonly detail: string;
  /** The secret whose rows decide it. */
  readonly about: Subject;
}

export interface Subject {
  readonly domainId: string;
  readonly secretId: string;
  /** The name in the row at fault. */
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
