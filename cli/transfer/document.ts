/** Writes and reads the plaintext form of an export: secrets by name, with data and metadata. */

import * as v from "valibot";
import { isObject, type JsonObject } from "../../lib/base/json.ts";
import { JsonText, JsonTextError, membersOf, parseObject, stringifyObject } from "../../lib/base/json-text.ts";
import { CliError } from "../failure.ts";
import type { Entry, Found } from "./entry.ts";

/** Marks the document as an export, and names the version of the form. */
const marker = "cloudforet_secret_export";
const form = "1";

/** Metadata that a secret is created with. The service sets the other fields itself. */
const textFields = ["schema", "project_id", "service_account_id", "trusted", "expires_at"] as const;

const text = v.exactOptional(v.string("must be a string"));
const secretSchema = v.strictObject({
  data: v.instance(JsonText, "must be an object"),
  tags: v.exactOptional(v.custom<JsonObject>(isObject, "must be an object")),
  schema: text,
  project_id: text,
  service_account_id: text,
  trusted: text,
  expires_at: text,
});

export function isExport(members: ReadonlyMap<string, string>): boolean {
  return members.has(marker);
}

/** The secrets of an export. @throws CliError if this version cannot read it */
export function readExport(members: ReadonlyMap<string, string>, source: string): readonly Found[] {
  if (members.get(marker) !== form) throw new CliError(`${source} has a ${marker} that this version cannot read.`);
  const secrets = members.get("secrets") ?? "";
  if (!secrets.startsWith("{")) throw new CliError(`${source} is an export, but lacks the object "secrets".`);
  return [...membersOf({ text: secrets })].map(([path, text]) => readSecret(path, text));
}

/** One member of "secrets". */
function toMember(entry: Entry): string {
  const { path, dataText, tags = {} } = entry;
  const texts = Object.fromEntries(textFields.map((field) => [field, entry[field]]));
  const hasTags = Object.keys(tags).length > 0;
  return `${JSON.stringify(path)}:${stringifyObject({ ...texts, ...(hasTags && { tags }), data: new JsonText(dataText) })}`;
}

/** The whole document as compact JSON. */
export function toDocument(entries: readonly Entry[]): JsonText {
  return new JsonText(`{"${marker}":${form},"secrets":{${entries.map(toMember).join(",")}}}`);
}

function readSecret(path: string, text: string): Found {
  try {
    const { success, output, issues } = v.safeParse(secretSchema, parseObject(text, "data", Number.POSITIVE_INFINITY));
    if (!success) return { kind: "refused", path, reason: issues.map(describeIssue).join(", ") };
    const { data, ...metadata } = output;
    return { kind: "entry", path, dataText: data.text, ...metadata };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return { kind: "refused", path, reason: `${error.path || path} ${error.message}` };
  }
}

function describeIssue({ type, path, message, received }: v.BaseIssue<unknown>): string {
  const name = (path ?? []).map(({ key }) => String(key)).join(".");
  if (type !== "strict_object") return `${name} ${message}`;
  return `${name} ${received === "undefined" ? "is missing" : "is not a known member"}`;
}
