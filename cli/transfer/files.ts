/** Sources that are one file: dotenv, JSON and YAML. */

import { JsonText, JsonTextError, membersOf, parseJsonText } from "../../lib/base/json-text.ts";
import { CliError } from "../failure.ts";
import { decodeDocument, type Io, nameSource, readBytes } from "../io.ts";
import { isExport, readExport } from "./document.ts";
import { parseDotenv } from "./dotenv.ts";
import { type Entry, type Found, pathOfFile } from "./entry.ts";

export interface FileOptions {
  /** `-` for standard input. */
  readonly from: string;
  readonly name?: string | undefined;
  /** Makes a secret of each top-level member, instead of one of the whole file. */
  readonly each?: boolean | undefined;
}

/** Enough for the data of a whole domain. Copies of a larger file would not fit into memory. */
const maxFileBytes = 268_435_456;

/** Members that sops adds to files that it encrypts. */
const sopsMembers = ["sops", "sops_mac"];

export async function readFileText(io: Io, from: string): Promise<string> {
  return decodeDocument(await readBytes(io, from, maxFileBytes), nameSource(from));
}

/** A dotenv file is one secret; its variables are the members. */
export async function* dotenvSource(io: Io, options: FileOptions): AsyncGenerator<Found> {
  const variables = parseDotenv(await readFileText(io, options.from), nameSource(options.from));
  const members = [...variables].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  yield* toEntries(new JsonText(`{${members.join(",")}}`), options);
}

export async function* jsonSource(io: Io, options: FileOptions): AsyncGenerator<Found> {
  yield* toEntries(parseDocument(await readFileText(io, options.from), options.from), options);
}

/** Also reads the output of `sops --decrypt`. */
export async function* yamlSource(io: Io, options: FileOptions): AsyncGenerator<Found> {
  const { yamlToJson } = await import("./yaml.ts");
  const text = yamlToJson(await readFileText(io, options.from), nameSource(options.from));
  yield* toEntries(parseDocument(text, options.from), options);
}

/** @throws CliError, which never quotes the text */
function parseDocument(text: string, from: string): JsonText {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new CliError(`${nameSource(from)} ${error.message}${error.path === "" ? "" : ` (in "${error.path}")`}.`);
  }
}

/** The secrets of an export; otherwise a secret for each member, or one for the document. */
function toEntries(document: JsonText, { from, name, each = false }: FileOptions): readonly Found[] {
  const members = membersOf(document);
  if (sopsMembers.some((member) => members.has(member))) {
    throw new CliError(
      `${nameSource(from)} is encrypted with sops. Decrypt it first: sops --decrypt FILE | secret import … -`,
    );
  }
  if (isExport(members)) return readExport(members, nameSource(from));
  if (each) return [...members].map(([path, text]) => toMemberEntry(path, text));
  return [{ kind: "entry", path: pathOfFile(from, name), dataText: document.text }];
}

/** An object is the secret's data. Any other value becomes the member `value`. */
function toMemberEntry(path: string, text: string): Entry {
  return { kind: "entry", path, dataText: text.startsWith("{") ? text : `{"value":${text}}` };
}
