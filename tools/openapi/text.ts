/** The document as the committed file, formatted like all files of the project. */

import type { JsonValue } from "../../lib/base/json.ts";
import { openApiDocument } from "./document.ts";

export const documentPath: URL = new URL("../../docs/openapi.json", import.meta.url);

const maxColumns = 120;

export function documentText(): string {
  return `${format(openApiDocument(), "", 0)}\n`;
}

/** Lists of scalars are on one line if they fit. `before`: the used width of that line, including a comma. */
function format(value: JsonValue, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (before + line.length <= maxColumns) return line;
  }
  const names = Array.isArray(value)
    ? value.map(() => "")
    : Object.keys(value).map((name) => `${JSON.stringify(name)}: `);
  const items: readonly JsonValue[] = Object.values(value);
  const lines = items.map((item, index) => {
    const start = `${inner}${names[index]}`;
    const comma = index < items.length - 1 ? "," : "";
    return `${start}${format(item, inner, start.length + comma.length)}${comma}`;
  });
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join("\n")}\n${indent}${close}`;
}
