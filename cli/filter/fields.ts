/** The fields that a filter, a sort or a column may name, and their short names. */

import { type Field, findField, shownFields } from "../../lib/query/model.ts";
import { CliError } from "../failure.ts";

/** What is compared with a field's value. Of `any` a number may be meant, or the text that looks like one. */
export type Kind = "text" | "number" | "date" | "any";

export interface Key {
  readonly key: string;
  readonly kind: Kind;
}

const aliases: ReadonlyMap<string, string> = new Map([
  ["id", "secret_id"],
  ["type", "secret_type"],
  ["account", "service_account_id"],
  ["service_account", "service_account_id"],
  ["project", "project_id"],
  ["trusted", "trusted_secret_id"],
  ["trusted_secret", "trusted_secret_id"],
  ["domain", "domain_id"],
  ["created", "created_at"],
  ["updated", "updated_at"],
]);

export const fieldNames: readonly string[] = shownFields.map(({ name }) => name);
export const shortNames: readonly string[] = [...aliases.keys()];

/** `origin` is the term or option to name in the error. @throws CliError */
export function toKey(text: string, origin: string): Key {
  const name = aliases.get(text) ?? text;
  const [first = "", ...path] = name.split(".");
  const field = findField(first);
  const isReachable = field !== undefined && (path.length === 0 || first === "tags") && !path.includes("");
  if (isReachable) return { key: name, kind: kindOf(field, path) };
  const names = [...fieldNames, "tags.…", ...shortNames].join(" ");
  throw new CliError(`${origin}: there is no field "${text}"; there are ${names}.`);
}

function kindOf({ name, kind }: Field, path: readonly string[]): Kind {
  if (kind === "date") return "date";
  if (name === "version") return "number";
  return path.length > 0 || kind === "map" ? "any" : "text";
}
