/** Rows as a table of text. */

import type { JsonValue } from "../../lib/base/json.ts";
import { toLine, widthOf } from "./text.ts";

export type Cell = JsonValue | undefined;

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => Cell;
}

/** Columns of text, two blanks between them; `maxWidth` cuts long cells, for a terminal. Unset is `-`. */
export function toTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth: number = Number.POSITIVE_INFINITY,
): string {
  const lines = [
    columns.map(({ title }) => toLine(title)),
    ...rows.map((row) => columns.map((column) => toCell(column.of(row), maxWidth))),
  ];
  const widths = columns.map((_, index) => lines.reduce((most, line) => Math.max(most, widthOf(line[index] ?? "")), 0));
  const toText = (line: readonly string[]): string =>
    line
      .map((text, index) => text + " ".repeat((widths[index] ?? 0) - widthOf(text)))
      .join("  ")
      .trimEnd();
  return lines.map((line) => `${toText(line)}\n`).join("");
}

function toCell(value: Cell, maxWidth: number): string {
  const text = toLine(toText(value));
  if (widthOf(text) <= maxWidth) return text;
  const kept = [...text];
  while (widthOf(kept.join("")) >= maxWidth) kept.pop();
  return `${kept.join("")}…`;
}

/** An object as `key=value, …`, which is how tags are given. */
function toText(value: Cell): string {
  if (value === undefined || value === null || value === "") return "-";
  if (typeof value === "string") return value;
  if (typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${key}=${toMember(member)}`);
  return members.length === 0 ? "-" : members.join(", ");
}

function toMember(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
