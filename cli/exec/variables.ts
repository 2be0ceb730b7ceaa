/** From the members of secrets' data to the variables of an environment. Pure. */

import type { JsonObject, JsonValue } from "../../lib/base/json.ts";
import { CliError } from "../failure.ts";
import { isSteering } from "./steering.ts";

export interface NamedData {
  /** How the user called it. */
  readonly reference: string;
  readonly data: JsonObject;
}

export type Variables = ReadonlyMap<string, string>;

/**
 * Each member as NAME → value. The name is `prefix` and the member's, in upper case, with `_` for every character that is
 * not A–Z, 0–9 or `_`, and before a leading digit. Texts are taken as they are, anything else as JSON.
 * @throws CliError where two members come to one name, or a value or name is not possible, or steers what uses it
 */
export function toVariables(secrets: readonly NamedData[], prefix: string): Variables {
  const found = new Map<string, { readonly value: string; readonly origin: string }>();
  for (const { reference, data } of secrets) {
    for (const [member, content] of Object.entries(data)) {
      const origin = `"${member}" of ${reference}`;
      const name = toName(prefix, member, origin);
      const earlier = found.get(name)?.origin;
      if (earlier !== undefined) throw new CliError(`${name} would be ${earlier} as well as ${origin}.`, "conflict");
      found.set(name, { value: toValue(content, origin), origin });
    }
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

/** @throws CliError where one would replace another value; `remedies` says what helps */
export function assertNew(
  variables: Variables,
  present: { readonly [name: string]: string | undefined },
  remedies: string,
): void {
  const taken = [...variables].find(([name, value]) => Object.hasOwn(present, name) && present[name] !== value)?.[0];
  if (taken !== undefined) throw new CliError(`${taken} is in the environment already: ${remedies}.`, "conflict");
}

/** For `eval` in any POSIX shell. */
export function toAssignments(variables: Variables): string {
  return [...variables].map(([name, value]) => `export ${name}=${toQuoted(value)}\n`).join("");
}

function toName(prefix: string, member: string, origin: string): string {
  const name = `${prefix}${member}`
    .replace(/[^A-Za-z0-9_]/gu, "_")
    .toUpperCase()
    .replace(/^(?=\d)/, "_");
  if (name === "") throw new CliError(`${origin} has no name for a variable; --prefix gives it one.`);
  if (isSteering(prefix, name))
    throw new CliError(`${origin} would be ${name}, which changes what programs run; --prefix.`);
  return name;
}

function toValue(value: JsonValue, origin: string): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.includes("\0")) throw new CliError(`${origin} has a NUL in it, which no environment can hold.`);
  return text;
}

/** Within single quotes a shell takes everything as it is, but a single quote. */
function toQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
