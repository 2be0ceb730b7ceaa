/** Secrets' metadata as a reader or a program wants it. */

import type { SecretInfo } from "../../client/messages.ts";
import type { JsonValue } from "../../lib/base/json.ts";
import { type Column, toTable } from "./table.ts";
import { cellWidth, print, printJson } from "./terminal.ts";

type Shown = Partial<SecretInfo>;

/** What a list shows where it is not told. */
export const listedFields = ["secret_id", "name", "provider", "project_id", "version", "updated_at", "tags"] as const;

/** Of one secret: a line for each field. */
export function printSecret(secret: Shown, isJson: boolean): void {
  const columns: readonly Column<[name: string, value: JsonValue]>[] = [
    { title: "FIELD", of: ([name]) => name },
    { title: "VALUE", of: ([name, value]) => toShown(name, value) },
  ];
  if (isJson) printJson(secret);
  else print(toTable(columns, Object.entries(secret)));
}

/** A column for each path: a field, or a part of `tags`. */
export function toSecretsTable(secrets: readonly Shown[], paths: readonly string[]): string {
  const columns = paths.map((path) => ({
    title: path.toUpperCase(),
    of: (secret: Shown) => toShown(path, valueAt(secret as JsonValue, path.split("."))),
  }));
  return toTable(columns, secrets, cellWidth());
}

/** Dates lose their milliseconds. */
function toShown(path: string, value: JsonValue | undefined): JsonValue | undefined {
  const isDate = path.endsWith("_at") && !path.includes(".") && typeof value === "string";
  return isDate ? value.replace(/\.\d{3}Z$/, "Z") : value;
}

function valueAt(value: JsonValue | undefined, [first, ...rest]: readonly string[]): JsonValue | undefined {
  if (first === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, first)) return undefined;
  return valueAt((value as { readonly [name: string]: JsonValue })[first], rest);
}
