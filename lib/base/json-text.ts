/**
 * JSON that must come back exactly as it went in stays a string: parsing would reorder integer-like keys and round long
 * numbers.
 */

import { isObject, type JsonObject } from "./json.ts";

/**
 * Why a JSON string is refused. `path` is the top-level member at fault, the whole dotted path for a number that would
 * be rounded, or "" for the string as a whole.
 */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** A JSON object as a compact string: no whitespace between tokens, shortest escapes, original key order. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static of(value: JsonObject): JsonText {
    return new JsonText(JSON.stringify(value));
  }

  /** Length in UTF-8. */
  get byteLength(): number {
    return Buffer.byteLength(this.text);
  }

  parse(): JsonObject {
    return JSON.parse(this.text) as JsonObject;
  }
}

/** Deeper than anything that the service accepts; keeps the recursive parser from exhausting the stack. */
const anyDepth = 1000;

/** Matches strings too, so that digits inside them are skipped. */
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** A token, and the whitespace before it. */
const token = /[ \t\n\r]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^ \t\n\r"{}[\],:]+)/y;

/**
 * Parses a JSON object, but keeps the member `verbatim` as `JsonText` if it is an object.
 * @throws JsonTextError for a string that is not a JSON object, nests deeper than `maxDepth`, names a member twice (two
 *   parsers may then see different values: RFC 8259 section 4), or holds a number that no double can hold; outside of
 *   `verbatim` also for a number that a double would round
 */
export function parseObject(text: string, verbatim: string, maxDepth: number): { readonly [key: string]: unknown } {
  const value = parseJson(text);
  if (!isObject(value)) throw new JsonTextError("", "must be a JSON object");
  const kept = new Compactor(text, maxDepth, verbatim).compact().get(verbatim);
  return isObject(value[verbatim]) && kept !== undefined ? { ...value, [verbatim]: new JsonText(kept) } : value;
}

/** Keeps a whole JSON object as it is, with every digit. @throws JsonTextError, unless it is one */
export function parseJsonText(text: string): JsonText {
  if (!isObject(parseJson(text))) throw new JsonTextError("", "must be a JSON object");
  return new JsonText(toObject(membersOf({ text })));
}

/** Like `JSON.stringify` for an object, but inserts members of type `JsonText` unchanged. */
export function stringifyObject(object: object): string {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  const texts = members.map(([name, value]): [string, string] => [
    name,
    value instanceof JsonText ? value.text : JSON.stringify(value),
  ]);
  return toObject(texts);
}

/** Merges two objects without changing their values. If both have a member, the upper's wins. */
export function layOver(upper: JsonText, lower: JsonText): JsonText {
  return new JsonText(toObject(new Map([...membersOf(lower), ...membersOf(upper)])));
}

/** The members of an object, in order, with their values as compact JSON. */
export function membersOf({ text }: Pick<JsonText, "text">): ReadonlyMap<string, string> {
  return new Compactor(text, anyDepth).compact();
}

/** The items of an array as compact JSON. */
export function itemsOf(text: string): readonly string[] {
  return new Compactor(text, anyDepth).compactItems();
}

/** Whether some JSON has a number that a double would round. */
export function holdsInexactNumber(text: string): boolean {
  for (const [token] of text.matchAll(stringOrNumber)) {
    if (!(token.startsWith('"') || isExact(token))) return true;
  }
  return false;
}

/** Whether a number, read as a double and written again, keeps its value. `1.10` does; thirty digits do not. */
export function isExact(number: string): boolean {
  return toDecimal(number) === toDecimal(String(Number(number)));
}

/** The same string for equal values: the sign, the digits without zeros at either end, and the exponent. */
function toDecimal(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "0" : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the text, which may hold secret data.
    throw new JsonTextError("", "must be JSON");
  }
}

/** Reads valid JSON again, for what `JSON.parse` loses: digits, key order, and members that come twice. */
class Compactor {
  readonly #text: string;
  readonly #maxDepth: number;
  #position = 0;
  readonly #inexactMember: string | null;
  /** The current top-level member. */
  #member = "";
  /** The names and indexes that lead to the current value. */
  readonly #path: (string | number)[] = [];

  /** @param inexactMember the only top-level member whose numbers a double may round; `null`: all may be rounded */
  constructor(text: string, maxDepth: number, inexactMember: string | null = null) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#inexactMember = inexactMember;
  }

  /** The values of the members as compact JSON, in order. */
  compact(): ReadonlyMap<string, string> {
    this.#next();
    return this.#members(1);
  }

  /** The items of an array as compact JSON. */
  compactItems(): readonly string[] {
    this.#next();
    return this.#items(1);
  }

  #next(): string {
    token.lastIndex = this.#position;
    const part = token.exec(this.#text)?.[1];
    if (part === undefined) throw new TypeError("the text is no JSON");
    this.#position = token.lastIndex;
    return part;
  }

  #members(depth: number): ReadonlyMap<string, string> {
    this.#assertDepth(depth);
    const members = new Map<string, string>();
    for (let part = this.#next(); part !== "}"; part = this.#next()) {
      if (part === ",") continue;
      const name = decode(part);
      if (depth === 1) this.#member = name;
      if (members.has(name)) throw new JsonTextError(this.#member, "names one member twice");
      this.#next();
      this.#path[depth - 1] = name;
      members.set(name, this.#value(this.#next(), depth));
    }
    return members;
  }

  #items(depth: number): readonly string[] {
    this.#assertDepth(depth);
    const items: string[] = [];
    for (let part = this.#next(); part !== "]"; part = this.#next()) {
      this.#path[depth - 1] = items.length;
      if (part !== ",") items.push(this.#value(part, depth));
    }
    return items;
  }

  #value(first: string, depth: number): string {
    if (first === "[") return `[${this.#items(depth + 1).join(",")}]`;
    if (first === "{") return toObject(this.#members(depth + 1));
    if (first.startsWith('"')) return first.includes("\\") ? JSON.stringify(decode(first)) : first;
    if (!/^[tfn]/.test(first)) this.#assertNumber(first, depth);
    return first;
  }

  #assertNumber(number: string, depth: number): void {
    // `1e400` would become Infinity, and then null.
    if (!Number.isFinite(Number(number))) {
      throw new JsonTextError(this.#member, "holds a number that no double can hold");
    }
    if (this.#inexactMember === null || this.#inexactMember === this.#member || isExact(number)) return;
    const path = this.#path.slice(0, depth).map((part) => String(part).replaceAll(/[.\\]/g, "\\$&"));
    throw new JsonTextError(path.join("."), "is a number that would be rounded: write it as a string");
  }

  #assertDepth(depth: number): void {
    // Depth is reported relative to the member, so the enclosing object is not counted.
    if (depth > this.#maxDepth) throw new JsonTextError(this.#member, `nests deeper than ${this.#maxDepth - 1} levels`);
  }
}

function toObject(members: Iterable<readonly [string, string]>): string {
  return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

function decode(quoted: string): string {
  return quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}
