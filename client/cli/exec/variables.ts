/** From the members of secrets' data to the variables of an environment. Pure. */

import type { JsonObject, JsonValue } from "../../../lib/base/json.ts";
import { CliError } from "../failure.ts";

export interface NamedData {
  /** How the user called it. */
  readonly reference: string;
  readonly data: JsonObject;
}

export type Variables = ReadonlyMap<string, string>;

/**
 * What tells a program to run other code: whoever may write a secret would else run theirs wherever it is used. PATH is
 * among them.
 */
const steering =
  /^(?:PATH|IFS|SHELLOPTS|BASHOPTS|BASH_ENV|PROMPT_COMMAND|PS4|(?:LD|DYLD|GLIBC|GCONV|MALLOC)_.*|NODE_OPTIONS|NODE_PATH|PYTHONPATH|PYTHONHOME|PYTHONSTARTUP|PERL5?LIB|PERL5OPT|RUBYLIB|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF)$/;

/**
 * Each member as NAME → value. The name is `prefix` and the member's, in upper case, with `_` for every character that is
 * not A–Z, 0–9 or `_`, and before a leading digit. Texts are taken as they are, anything else as JSON.
 * @throws CliError where two members come to one name, or a value or name is not possible
 */
export function toVariables(secrets: readonly NamedData[], prefix: string): Variables {
  const found = new Map<string, { readonly value: string; readonly origin: string }>();
  for (const { reference, data } of secrets) {
    for (const [member, content] of Object.entries(data)) {
      const origin = `"${member}" of ${reference}`;
      const name = toName(prefix + member, origin);
      const earlier = found.get(name)?.origin;
      if (earlier !== undefined) throw new CliError(`${name} would be ${earlier} as well as ${origin}.`, "conflict");
      found.set(name, { value: toValue(content, origin), origin });
    }
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

/** For `eval` in any POSIX shell. */
export function toAssignments(variables: Variables): string {
  return [...variables].map(([name, value]) => `export ${name}=${toQuoted(value)}\n`).join("");
}

function toName(text: string, origin: string): string {
  const name = text
    .replace(/[^A-Za-z0-9_]/gu, "_")
    .toUpperCase()
    .replace(/^(?=\d)/, "_");
  if (name === "") throw new CliError(`${origin} has no name for a variable; --prefix gives it one.`);
  if (steering.test(name)) throw new CliError(`${origin} would be ${name}, which changes what programs run; --prefix.`);
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
