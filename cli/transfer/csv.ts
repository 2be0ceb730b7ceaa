/**
 * Reads CSV with a line of column names: one secret per line. Knows the columns of 1Password, KeePass and KeePassXC.
 */

import { CliError } from "../failure.ts";
import { type Io, nameSource } from "../io.ts";
import type { Found } from "./entry.ts";
import { type FileOptions, readFileText } from "./files.ts";

export interface CsvOptions extends FileOptions {
  /** The columns that make up a secret's name, joined by `/`. */
  readonly nameFrom?: readonly string[] | undefined;
}

/** Columns that make up the name by default. KeePass calls the title `account`. */
const groupColumns = ["group", "folder"];
const titleColumns = ["title", "name", "account"];

/** Names of members for known columns, so that the exports of all programs get the same names. */
const commonNames: { readonly [column: string]: string } = {
  "login name": "username",
  "user name": "username",
  login_username: "username",
  login_password: "password",
  website: "url",
  "web site": "url",
  login_uri: "url",
  comments: "notes",
  otpauth: "totp",
  login_totp: "totp",
};

/** Columns about the entry in the password manager; not data. */
const dropped: ReadonlySet<string> = new Set(["icon", "favorite", "archived", "last modified", "created", "reprompt"]);

/** Yields a secret for each line. An empty cell is left out. */
export async function* csvSource(io: Io, { from, nameFrom }: CsvOptions): AsyncGenerator<Found> {
  const source = nameSource(from);
  const [header = [], ...lines] = await parseLines(await readFileText(io, from), source);
  const columns = header.map((column) => column.trim().toLowerCase());
  const twice = columns.find((column, index) => columns.indexOf(column) !== index || column === "");
  if (twice !== undefined)
    throw new CliError(`${source} has ${twice === "" ? "a column without a name" : `two columns "${twice}"`}.`);
  const named = (nameFrom?.map((column) => column.toLowerCase()) ?? findNameColumns(columns)).map((column) =>
    columns.indexOf(column),
  );
  if (named.length === 0 || named.includes(-1)) {
    throw new CliError(`${source} has no column for names. Use --name-from with one or more of ${columns.join(", ")}.`);
  }
  for (const [index, cells] of lines.entries()) yield toFound(cells, { columns, named, line: index + 2 });
}

interface Layout {
  readonly columns: readonly string[];
  /** Indexes of the columns that make up the name. */
  readonly named: readonly number[];
  readonly line: number;
}

function toFound(cells: readonly string[], { columns, named, line }: Layout): Found {
  const path = named
    .map((index) => cells[index] ?? "")
    .filter((part) => part !== "")
    .join("/");
  if (path === "") return { kind: "refused", path: `record ${line}`, reason: "has no name" };
  const filled = columns
    .map((column, index) => ({ column, cell: cells[index] ?? "", isName: named.includes(index) }))
    .filter(({ column, cell, isName }) => cell !== "" && !isName && !dropped.has(column));
  const data = filled.filter(({ column }) => column !== "tags");
  if (data.length === 0) return { kind: "refused", path, reason: "has no data" };
  const labels = filled.filter(({ column }) => column === "tags").flatMap(({ cell }) => cell.split(/\s*[;,]\s*/));
  const members = data.map(
    ({ column, cell }) => `${JSON.stringify(toMember(column, columns))}:${JSON.stringify(cell)}`,
  );
  return { kind: "entry", path, dataText: `{${members.join(",")}}`, ...(labels.length > 0 && { tags: { labels } }) };
}

/** The column's common name, unless another column has the same. */
function toMember(column: string, columns: readonly string[]): string {
  const common = toCommonName(column);
  const isFree = columns.every((other) => other === column || toCommonName(other) !== common);
  return isFree ? common : column;
}

function toCommonName(column: string): string {
  return Object.hasOwn(commonNames, column) ? String(commonNames[column]) : column.replaceAll(" ", "_");
}

function findNameColumns(columns: readonly string[]): readonly string[] {
  const title = titleColumns.find((column) => columns.includes(column));
  if (title === undefined) return [];
  return [...groupColumns.filter((column) => columns.includes(column)), title];
}

/** @throws CliError without the parser's own message, which would quote the file */
async function parseLines(text: string, source: string): Promise<readonly (readonly string[])[]> {
  const { parse, CsvError } = await import("csv-parse/sync");
  try {
    return parse(text, { skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CliError(
      `${source}, line ${String(Reflect.get(error, "lines"))}: this is not valid CSV (${error.code}).`,
    );
  }
}
