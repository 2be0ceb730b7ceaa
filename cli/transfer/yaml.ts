/** Converts YAML to JSON and back. Numbers stay strings of digits, so that every digit stays. */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type ScalarTag,
  type YAMLMap,
  Document as YamlDocument,
} from "yaml";
import type { JsonText } from "../../lib/base/json-text.ts";
import { CliError } from "../failure.ts";

/** A JSON number as its digits. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Writes numbers with their digits unchanged. */
const digitsTag: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => value instanceof Digits,
  resolve: (text) => text,
  stringify: ({ value }) => (value instanceof Digits ? value.text : ""),
};

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Aliases can make a few lines of YAML expand without limit ("billion laughs"). This limits the characters. */
const maxAliased = 16_000_000;
const maxAliasDepth = 100;

/** Matches numbers in JSON, and strings, so that digits inside them are skipped. */
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * Converts one document to JSON. Scalars are those of YAML 1.2's core schema.
 * @throws CliError for invalid YAML, for several documents, and for values that JSON cannot hold unchanged. It never
 *   quotes the document.
 */
export function yamlToJson(text: string, source: string): string {
  const documents = parseAllDocuments(text, { version: "1.2", schema: "core", uniqueKeys: true, logLevel: "error" });
  const [document, ...more] = "empty" in documents ? [] : documents;
  if (document === undefined || more.length > 0)
    throw new CliError(
      `${source} has ${more.length > 0 ? "several documents" : "no document"}; it must have exactly one.`,
    );
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1;
    throw new CliError(`${source}, line ${line}: this is not valid YAML (${problem.code}).`);
  }
  return new Reader(document, source, text).read(document.contents);
}

/** Writes block style, which people can read. */
export function jsonToYaml({ text }: JsonText): string {
  const document = new YamlDocument(parseDigits(text), { customTags: [digitsTag], compat: "yaml-1.1" });
  return document.toString({ lineWidth: 0 });
}

class Reader {
  readonly #document: Document;
  readonly #source: string;
  readonly #text: string;
  #aliased = 0;
  #aliasDepth = 0;

  constructor(document: Document, source: string, text: string) {
    this.#document = document;
    this.#source = source;
    this.#text = text;
  }

  read(node: unknown): string {
    if (node === null || node === undefined) return "null";
    if (isAlias(node)) return this.#readAlias(node);
    if (isMap(node)) return `{${node.items.map((pair) => this.#readPair(pair as YAMLMap["items"][number])).join(",")}}`;
    if (isSeq(node)) return `[${node.items.map((item) => this.read(item)).join(",")}]`;
    if (isScalar(node)) return this.#readScalar(node);
    throw this.#fault(node, "a value has no equivalent in JSON");
  }

  #readAlias(node: { resolve(document: Document): unknown }): string {
    const target = node.resolve(this.#document);
    if (target === undefined) throw this.#fault(node, "an alias names an anchor that does not exist");
    if (++this.#aliasDepth > maxAliasDepth)
      throw this.#fault(node, "aliases refer to themselves, or are nested too deeply");
    const text = this.read(target);
    this.#aliasDepth--;
    this.#aliased += text.length;
    if (this.#aliased > maxAliased) throw this.#fault(node, "aliases make the document too large");
    return text;
  }

  /** A key is always a string, even if it looks like a number. */
  #readPair({ key, value }: Pair): string {
    if (!isScalar(key)) throw this.#fault(key, "a key is not a string");
    const name = typeof key.value === "string" ? key.value : key.source;
    if (name === undefined) throw this.#fault(key, "a key is not a string");
    if (name === "<<" && key.type === "PLAIN")
      throw this.#fault(key, "maps are merged (<<), which YAML 1.2 does not have");
    return `${JSON.stringify(name)}:${this.read(value)}`;
  }

  #readScalar(scalar: Scalar): string {
    const { value, source = "" } = scalar;
    if (typeof value === "string" || typeof value === "boolean" || value === null) return JSON.stringify(value);
    if (typeof value !== "number" && typeof value !== "bigint")
      throw this.#fault(scalar, "a value has no equivalent in JSON");
    if (jsonNumber.test(source)) return source;
    throw this.#fault(
      scalar,
      "a number is not written as in JSON (a leading zero, 0x1F, .5, .inf). Quote it, if it is a string",
    );
  }

  /** Keys, values and the parser's own messages may be secret, so the error only gives the line. */
  #fault(node: unknown, reason: string): CliError {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return new CliError(`${this.#source}, line ${this.#text.slice(0, offset).split("\n").length}: ${reason}.`);
  }
}

/** Parses JSON with numbers as `Digits`. Members keep their order, even integer-like names and `__proto__`. */
function parseDigits(text: string): unknown {
  // Marks every string, and every name, so that none is mistaken for a number.
  const marked = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') ? `"s${token.slice(1)}` : `"n${token}"`,
  );
  return unmark(JSON.parse(marked) as unknown);
}

function unmark(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("n") ? new Digits(value.slice(1)) : value.slice(1);
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name.slice(1), unmark(member)]));
}
