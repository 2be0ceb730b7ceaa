/** A row of `secret-names`: which secret a name is reserved for. */

import type { Secret } from "../secret/secret.ts";
import { text } from "./attributes.ts";
import { type RowKind, readRow } from "./row.ts";

export type NameRow = Pick<Secret, "name" | "secret_id">;

const kind: RowKind<NameRow> = {
  name: "secret-names",
  key: ["domain_id", "name"],
  readers: { name: text, secret_id: text },
};

/** @throws MalformedRowError */
export function parseNameRow(item: unknown): NameRow {
  return readRow(kind, item, ["name", "secret_id"]);
}
