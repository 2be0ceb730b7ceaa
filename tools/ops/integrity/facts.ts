/** The facts for the rules: of each row, only the attributes that relate it to others. Pure. */

import * as v from "valibot";
import type { TableNames } from "../../../lib/store/client.ts";
import type { Item } from "../../../lib/store/row.ts";
import {
  type DataRow,
  dataRow,
  deletedRow,
  type NameRow,
  nameRow,
  type SecretRow,
  secretRow,
  splitPartition,
  tokenRow,
} from "./row-shapes.ts";

/** Rows by `place`. `null` is a malformed row, which counts as present in rules about other rows. */
export interface Facts {
  readonly secrets: Map<string, SecretRow | null>;
  readonly names: Map<string, NameRow | null>;
  /** By the place of their secret, which may be missing. */
  readonly versions: Map<string, Versions>;
  /** By the former place of their secret. */
  readonly deleted: Map<string, Deleted>;
  readonly malformed: MalformedRow[];
}

export interface Versions {
  readonly domainId: string;
  readonly secretId: string;
  readonly byNumber: Map<number, DataRow | null>;
}

export interface Deleted {
  readonly domainId: string;
  readonly secretId: string;
  /** Whether it has expired, so that DynamoDB may remove its rows one by one. */
  isOver: boolean;
  readonly parts: Map<string, DataFact | null>;
}

/** What both parts of a deleted secret say about its data. */
export interface DataFact {
  readonly version: number | undefined;
  readonly trusted_secret_id: string | undefined;
}

export interface MalformedRow {
  readonly table: keyof TableNames;
  readonly key: Item;
  /** The path of the attribute at fault, and what is expected; never a value. */
  readonly fault: string;
}

export function noFacts(): Facts {
  return { secrets: new Map(), names: new Map(), versions: new Map(), deleted: new Map(), malformed: [] };
}

/** A unique string for each pair. */
export function place(domainId: string, idOrName: string): string {
  return JSON.stringify([domainId, idOrName]);
}

export function addRow(facts: Facts, table: keyof TableNames, item: Item): void {
  tables[table](facts, item);
}

type AddRow = (facts: Facts, item: Item) => void;

const tables: { readonly [Table in keyof TableNames]: AddRow } = {
  secrets: adder("secrets", ["domain_id", "secret_id"], secretRow, ({ secrets }, domainId, secretId, row) => {
    secrets.set(place(domainId, String(secretId)), row && factOf(row));
  }),
  names: adder("names", ["domain_id", "name"], nameRow, ({ names }, domainId, name, row) => {
    names.set(place(domainId, String(name)), row);
  }),
  data: adder("data", ["secret", "version"], dataRow, ({ versions }, partition, version, row) => {
    const { domainId, secretId } = splitPartition(partition);
    const key = place(domainId, secretId);
    const known = versions.get(key) ?? { domainId, secretId, byNumber: new Map() };
    const fact = row && { version: row.version, trusted_secret_id: row.trusted_secret_id };
    known.byNumber.set(Number(version), fact);
    versions.set(key, known);
  }),
  deleted: adder("deleted", ["secret", "part"], deletedRow, ({ deleted }, partition, part, row) => {
    const { domainId, secretId } = splitPartition(partition);
    const key = place(domainId, secretId);
    const known = deleted.get(key) ?? { domainId, secretId, isOver: false, parts: new Map() };
    const about = row?.part === "metadata" ? row.row : row;
    known.parts.set(String(part), about && { version: about.version, trusted_secret_id: about.trusted_secret_id });
    known.isOver ||= row !== null && row.expires_at < Date.now() / 1000;
    deleted.set(key, known);
  }),
  tokens: adder("tokens", ["domain_id", "token"], tokenRow, () => undefined),
};

function adder<Row>(
  table: keyof TableNames,
  [partition, sort]: readonly [string, string],
  schema: v.GenericSchema<unknown, Row>,
  remember: (facts: Facts, partition: string, sort: unknown, row: Row | null) => void,
): AddRow {
  return (facts, item) => {
    const parsed = v.safeParse(schema, item);
    if (!parsed.success) {
      const key = { [partition]: item[partition], [sort]: item[sort] };
      facts.malformed.push({ table, key, fault: describe(parsed.issues[0]) });
    }
    remember(facts, String(item[partition]), item[sort], parsed.success ? parsed.output : null);
  };
}

/** A schema's own message may quote the value. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? "the row";
  return issue.expected === null || issue.type === "custom"
    ? `${path} ${issue.message}`
    : `${path} must be ${issue.expected}`;
}

function factOf({
  domain_id,
  secret_id,
  name,
  trusted_secret_id,
  version,
  dependents,
  revision,
}: SecretRow): SecretRow {
  return { domain_id, secret_id, name, trusted_secret_id, version, dependents, revision };
}
