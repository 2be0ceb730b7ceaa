/** One term of a filter: `key`, operator, values. Syntax only; what the values mean is told in condition.ts. */

import { CliError } from "../failure.ts";

export type Sign = "=" | "!=" | "~" | "!~" | "=~" | "<" | "<=" | ">" | ">=";

/** A value as it stands there. Quotes make it a text, whatever it looks like. */
export interface Written {
  readonly text: string;
  readonly isQuoted: boolean;
}

export interface Term {
  readonly term: string;
  readonly key: string;
  readonly sign: Sign;
  /** One or more; separated by commas. */
  readonly values: readonly Written[];
}

interface Groups {
  readonly quoted?: string;
  readonly bare?: string;
}

/** The key ends at the first character of an operator. */
const form = /^([^=!~<>]*)(!=|!~|=~|<=|>=|[=~<>])(.*)$/s;
/** In quotes or without, up to a comma with more behind it, or the end. */
const item = /(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<bare>[^",][^,]*))(?:,(?=.)|$)/gsy;

/** @throws CliError naming the term */
export function parseTerm(term: string): Term {
  const [, before = "", sign, text = ""] = form.exec(term) ?? [];
  const key = before.trim();
  if (sign === undefined || key === "") {
    const advice = "A filter is like provider=aws, name~prod or 'created<now-90d'; quote < > and ! from the shell.";
    throw new CliError(`"${term}" is no filter. ${advice}`);
  }
  // A pattern may have commas and quotes of its own.
  const values = sign === "=~" ? [{ text, isQuoted: false }] : splitValues(text, term);
  return { term, key, sign: sign as Sign, values };
}

function splitValues(text: string, term: string): readonly Written[] {
  const found = [...text.matchAll(item)];
  const rest = text.slice(found.reduce((length, [matched]) => length + matched.length, 0));
  if (rest.startsWith('"')) throw new CliError(`"${term}": a quote is not closed, or more than a comma follows it.`);
  if (rest !== "" || found.length === 0) {
    throw new CliError(`"${term}": a value is missing; an empty text is written "".`);
  }
  return found.map(({ groups = {} }) => {
    const { quoted, bare = "" }: Groups = groups;
    return quoted === undefined ? { text: bare, isQuoted: false } : { text: unquote(quoted, term), isQuoted: true };
  });
}

/** With JSON's escapes. */
function unquote(text: string, term: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw new CliError(`"${term}": what is in quotes is no JSON string.`);
  }
}
