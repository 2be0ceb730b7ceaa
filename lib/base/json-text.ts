/**
 * JSON that must come back exactly as it went in is carried as text: parsing would reorder integer-like keys and round
 * long numbers. Nothing here knows what a message means.
 */

import { isObject, type JsonObject } from "./json.ts";

/** Why a text is refused; `path` names the top-level member it happened in, "" for the text as a whole. */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** A JSON object as compact text: no blanks between tokens, strings in their shortest escapes, key order kept. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static of(value: JsonObject): JsonText {
    return new JsonText(JSON.stringify(value));
  }

  /** UTF-8 bytes. */
  get byteLength(): number {
    return Buffer.byteLength(this.text);
  }

  parse(): JsonObject {
    return JSON.parse(this.text) as JsonObject;
  }
}

const token = /[ \t\n\r]+|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/y;

/**
 * Parses a JSON object whose member `verbatim`, where it is an object, is kept as `JsonText`.
 * @throws JsonTextError for what is no JSON object, nests deeper than `maxDepth`, names one member twice (two readers
 *   of such a text may see different values: RFC 8259 section 4), or holds a number that no double can hold.
 */
export function parseObject(text: string, verbatim: string, maxDepth: number): { readonly [key: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message quotes the text, which may hold secret data.
    throw new JsonTextError("", "must be JSON");
  }
  if (!isObject(value)) throw new JsonTextError("", "must be a JSON object");
  let kept = "";
  for (const { member, part } of memberValues(text, maxDepth)) {
    if (member === verbatim) kept += part.includes("\\") ? JSON.stringify(decode(part)) : part;
  }
  return isObject(value[verbatim]) ? { ...value, [verbatim]: new JsonText(kept) } : value;
}

/** The tokens of the top-level members' values, in order; the text is known to be a JSON object. */
function* memberValues(text: string, maxDepth: number): Generator<{ readonly member: string; readonly part: string }> {
  /** The names seen so far in every object that is open; `null` for an array. */
  const open: (Set<string> | null)[] = [];
  let member = "";
  let expectsKey = false;
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const part = match[0];
    const depth = open.length;
    const names = open.at(-1);
    if (/^[ \t\n\r]/.test(part)) continue;
    if (part === "{" || part === "[") {
      if (depth === maxDepth) throw new JsonTextError(member, `nests deeper than ${maxDepth} levels`);
      open.push(part === "{" ? new Set() : null);
      expectsKey = part === "{";
    } else if (part === "}" || part === "]") {
      open.pop();
      expectsKey = false;
    } else if (part === ",") {
      expectsKey = names instanceof Set;
    } else if (expectsKey && names instanceof Set) {
      const key = decode(part);
      if (depth === 1) member = key;
      if (names.has(key)) throw new JsonTextError(member, "names one member twice");
      names.add(key);
      expectsKey = false;
      if (depth === 1) continue;
    } else if (isOutOfRange(part)) {
      throw new JsonTextError(member, "holds a number that no double can hold");
    }
    const isFrame = depth <= 1 && (part === "," || part === ":" || open.length === 0 || depth === 0);
    if (!isFrame) yield { member, part };
  }
}

function decode(quoted: string): string {
  return JSON.parse(quoted) as string;
}

/** `1e400` would become Infinity, and then null. */
function isOutOfRange(literal: string): boolean {
  return /^[-\d]/.test(literal) && !Number.isFinite(Number(literal));
}
