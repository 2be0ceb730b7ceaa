/** Prints answers on standard output, remarks and progress on standard error. */

import type { SecretInfo } from "../client/messages.ts";
import type { JsonValue } from "../lib/base/json.ts";
import { splitKey } from "../lib/query/path.ts";
import type { Io, Output } from "./io.ts";
import { type Column, indentJson, toLine, toTable } from "./text.ts";

type Shown = Partial<SecretInfo>;

/** The default columns of a list. */
export const listedFields = ["secret_id", "name", "provider", "project_id", "version", "updated_at", "tags"] as const;

/** The widest cell of a table on a terminal. In a pipe, cells are not cut. */
const maxCellWidth = 48;

const distances = new Intl.RelativeTimeFormat("en");
const smallestUnit = ["second", 1] as const;
const distanceUnits = [["day", 86_400], ["hour", 3600], ["minute", 60], smallestUnit] as const;

/** Outputs that show a line of progress. */
const withProgress = new WeakSet<Output>();

export function printJson(io: Io, value: object): void {
  printJsonText(io, JSON.stringify(value));
}

/** @param text compact JSON */
export function printJsonText({ stdout }: Io, text: string): void {
  stdout.write(`${indentJson(text)}\n`);
}

/** Prints a remark beside the answer. */
export function remark({ stderr }: Io, text: string): void {
  stderr.write(`secret: ${toLine(text)}\n`);
}

/** Shows progress in a line that replaces itself; `""` removes it. Only on a terminal. */
export function showProgress({ stderr }: Io, text: string): void {
  if (!stderr.isTerminal || (text === "" && !withProgress.has(stderr))) return;
  stderr.write(`\r\x1b[K${text}`);
  withProgress.add(stderr);
}

export function cellWidth({ stdout }: Io): number {
  return stdout.isTerminal ? maxCellWidth : Number.POSITIVE_INFINITY;
}

/** Prints one secret: a line for each field. */
export function printSecret(io: Io, secret: Shown, isJson: boolean): void {
  const columns: readonly Column<[name: string, value: JsonValue]>[] = [
    { title: "FIELD", of: ([name]) => name },
    { title: "VALUE", of: ([name, value]) => toShown(name, value) },
  ];
  if (isJson) printJson(io, secret);
  else io.stdout.write(toTable(columns, Object.entries(secret)));
}

/** Prints a column for each path: a field, or a part of `tags`. */
export function printSecrets(io: Io, secrets: readonly Shown[], paths: readonly string[]): void {
  const columns = paths.map((path) => ({
    title: path.toUpperCase(),
    of: (secret: Shown) => toShown(path, valueAt(secret as JsonValue, splitKey(path))),
  }));
  io.stdout.write(toTable(columns, secrets, cellWidth(io)));
}

/** Drops the milliseconds of dates. Adds to the expiry how far off it is. */
function toShown(path: string, value: JsonValue | undefined): JsonValue | undefined {
  const isDate = path.endsWith("_at") && !path.includes(".") && typeof value === "string";
  if (!isDate) return value;
  const date = value.replace(/\.\d{3}Z$/, "Z");
  return path === "expires_at" ? `${date} (${toDistance(new Date(value), new Date())})` : date;
}

/** `in 12 days`, `3 hours ago`: in the largest unit of which there are at least two, to keep rounding small. */
export function toDistance(date: Date, now: Date): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const [unit, length] = distanceUnits.find(([, length]) => Math.abs(seconds) >= 2 * length) ?? smallestUnit;
  return distances.format(Math.round(seconds / length), unit);
}

function valueAt(value: JsonValue | undefined, [first, ...rest]: readonly string[]): JsonValue | undefined {
  if (first === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, first)) return undefined;
  return valueAt((value as { readonly [name: string]: JsonValue })[first], rest);
}
