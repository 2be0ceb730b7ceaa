/** Makes text and tables safe for a terminal: a name must never act as an escape sequence. */

import type { JsonValue } from "../lib/base/json.ts";

export type Cell = JsonValue | undefined;

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => Cell;
}

/**
 * Control characters (C0, DEL, C1), characters that reverse or hide text, line separators, and lone surrogates. An
 * escape sequence in a name could otherwise clear the screen, or change earlier output.
 */
const unsafe =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** Characters that are two columns wide: East Asian and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** A token of compact JSON; `{}` and `[]` are one token. */
const jsonToken = /"[^"\\]*(?:\\.[^"\\]*)*"|\{\}|\[\]|[{}[\],:]|[^"{}[\],:]+/g;
const widthless = /[\p{Mn}\p{Me}]/u;

const named: { readonly [character: string]: string } = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Escapes every unsafe character, as `\n`, `\x1b` or `\u202e`. */
export function toLine(text: string): string {
  return text.replace(unsafe, escapeOne);
}

/** Like `toLine`, but keeps line ends and tabs. */
export function toLines(text: string): string {
  return text.replace(unsafe, (character) =>
    character === "\n" || character === "\t" ? character : escapeOne(character),
  );
}

/** Indents compact JSON as `JSON.stringify` does, but token by token, so that every digit stays. */
export function indentJson(text: string): string {
  const line = (depth: number): string => `\n${"  ".repeat(depth)}`;
  let indented = "";
  let depth = 0;
  for (const [token] of text.matchAll(jsonToken)) {
    if ("}]".includes(token)) indented += line(--depth);
    indented += token;
    if ("{[".includes(token)) indented += line(++depth);
    if (token === ",") indented += line(depth);
    if (token === ":") indented += " ";
  }
  return escapeJson(indented);
}

/** JSON in one line, with unsafe characters escaped. */
export function toJsonLine(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** `1 secret`, `2 secrets`. */
export function toCounted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The width in columns of a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthless.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** Line ends are the only unsafe characters that JSON can have between tokens. */
function escapeJson(text: string): string {
  return text.replace(unsafe, (character) => (character === "\n" ? character : toUnits(character)));
}

function escapeOne(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return named[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : toUnits(character));
}

function toUnits(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}

/** Columns of text, two spaces apart. Cells longer than `maxWidth` are cut. An unset value is `-`. */
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

/** Shows an object as `key=value, …`, which is how tags are entered. */
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
