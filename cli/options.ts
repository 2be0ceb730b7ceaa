/** Parsers of option values that several commands take. */

import { readFileSync } from "node:fs";
import { isObject, type JsonObject, type JsonValue } from "../lib/base/json.ts";
import { CliError } from "./failure.ts";

/** For an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** For a list in one word: `a,b`; repeated, they add up. */
export function collectList(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...value.split(",").filter((item) => item !== "")];
}

/** A whole number from 1. @throws CliError */
export function toCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CliError(`"${text}" is not a whole number from 1.`);
}

/** Of variables' names. What begins as an option does is one that stands where the value was forgotten. @throws CliError */
export function toPrefix(text: string): string {
  if (!text.startsWith("-")) return text;
  throw new CliError(`--prefix takes a text before variables' names, not "${text}".`);
}

/**
 * Tags from `key=value` (a text) and `key:=json`; dots in a key lead into objects, as they do in a query.
 * @throws CliError naming the term at fault
 */
export function toTags(terms: readonly string[]): JsonObject {
  const tags = new Map<string, Node>();
  for (const term of terms) {
    const [, key = "", mark, text = ""] = /^([^=]*?)(:?=)(.*)$/s.exec(term) ?? [];
    if (mark === undefined || key === "") throw new CliError(`--tag takes key=value or key:=json, not "${term}".`);
    put(tags, key.split("."), mark === "=" ? text : parseValue(text, term), term);
  }
  return toObject(tags);
}

/** A query from a file, as docs/query.md writes it; `-` for standard input. @throws CliError */
export function readQuery(path: string): JsonObject {
  const query = parseFile(path);
  if (!isObject(query)) throw new CliError(`${path} holds no JSON object.`);
  return query as JsonObject;
}

type Node = { readonly value: JsonValue } | Map<string, Node>;

function put(tags: Map<string, Node>, [first = "", ...rest]: readonly string[], value: JsonValue, term: string): void {
  const there = tags.get(first);
  if (rest.length === 0 && there === undefined) {
    tags.set(first, { value });
  } else if (rest.length > 0 && (there === undefined || there instanceof Map)) {
    const inner = there ?? new Map<string, Node>();
    tags.set(first, inner);
    put(inner, rest, value, term);
  } else {
    throw new CliError(`"${term}" gives a tag that another --tag gives as well.`);
  }
}

function toObject(tags: ReadonlyMap<string, Node>): JsonObject {
  return Object.fromEntries([...tags].map(([key, node]) => [key, node instanceof Map ? toObject(node) : node.value]));
}

function parseValue(text: string, term: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new CliError(`"${term}" has no JSON behind the := (a text is given by =).`);
  }
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8"));
  } catch (error) {
    const { code = "it is no JSON" } = error as NodeJS.ErrnoException;
    throw new CliError(`${path} cannot be read (${code}).`);
  }
}
