/**
 * Reads the files that operators export from Cloudforet, line by line. Errors name file and line, but never quote a
 * line, which may have secret values.
 */

import { createReadStream } from "node:fs";
import { type JsonText, JsonTextError, membersOf, parseJsonText } from "../../../lib/base/json-text.ts";
import { toPlainJson } from "./extended-json.ts";

/** The value that Cloudforet stored for one id. */
export interface StoredValue {
  /** `secret-…` or `trusted-secret-…`. */
  readonly id: string;
  /** Parses the data. @throws JsonTextError if it is not a JSON object */
  readonly read: () => JsonText;
}

type Members = ReadonlyMap<string, string>;

const lineFeed = 0x0a;

/** Reads a JSON object per line, as `mongoexport` writes documents. @throws Error that names file and line */
export async function* readDocuments(files: readonly string[]): AsyncGenerator<JsonText> {
  for await (const { json } of readLines(files)) yield json;
}

/** Reads a JSON object per line, in any of the forms of `findValue`. @throws Error that names file and line */
export async function* readValues(files: readonly string[]): AsyncGenerator<StoredValue> {
  for await (const { json, place } of readLines(files)) {
    const value = findValue(membersOf(json));
    if (value === undefined) throw new Error(`${place} is not a value in one of the three forms of docs/migrate.md.`);
    yield value;
  }
}

/**
 * Cloudforet has three connectors. MongoDB: `{secret_id, data}`. Secrets Manager: the data as a string, with the id as
 * the secret's name. Vault: the same two members, in a secret of KV v2.
 */
function findValue(line: Members): StoredValue | undefined {
  const { id, data } = { id: line.get("secret_id"), data: line.get("data") };
  if (id !== undefined && data !== undefined) {
    return { id: toText(id), read: () => toPlainJson(parseJsonText(data)) };
  }
  const kept = line.has("SecretString") ? line : innerOf(innerOf(line));
  const { name, text } = { name: kept.get("Name"), text: kept.get("SecretString") };
  if (name === undefined || text === undefined) return undefined;
  return { id: toText(name), read: () => parseJsonText(toText(text)) };
}

function innerOf(members: Members): Members {
  const inner = members.get("data");
  return inner?.startsWith("{") === true ? membersOf({ text: inner }) : new Map();
}

function toText(json: string): string {
  return String(JSON.parse(json));
}

async function* readLines(
  files: readonly string[],
): AsyncGenerator<{ readonly json: JsonText; readonly place: string }> {
  for (const file of files) {
    let number = 0;
    for await (const line of splitLines(createReadStream(file))) {
      number += 1;
      const place = `${file}, line ${number}`;
      const text = decode(line, place);
      if (text.trim() !== "") yield { json: parseLine(text, place), place };
    }
  }
}

/** Splits only at line feeds: `readline` would also split at U+2028, which a JSON string may contain. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
  }
  yield Buffer.concat(parts);
}

function decode(line: Buffer, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    // The engine's message says nothing more.
    throw new Error(`${place} is not UTF-8.`);
  }
}

function parseLine(text: string, place: string): JsonText {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new Error(
      `${place} ${error.message}. Each line must be one whole object: export without --jsonArray and --pretty.`,
    );
  }
}
