/** Sources that are one file: its text, and the entries in it. */

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
  /** Each top-level member is a secret, instead of the file as a whole. */
  readonly each?: boolean | undefined;
}

/** What a whole domain's data in one file may come to; a larger one would not fit into memory several times over. */
const maxFileBytes = 268_435_456;

/** What sops adds to a file that it encrypts. */
const sopsMembers = ["sops", "sops_mac"];

export async function readFileText(io: Io, from: string): Promise<string> {
  return decodeDocument(await readBytes(io, from, maxFileBytes), nameSource(from));
}

/** One secret, whose members are the variables. */
export async function* dotenvSource(io: Io, options: FileOptions): AsyncGenerator<Found> {
  const variables = parseDotenv(await readFileText(io, options.from), nameSource(options.from));
  const members = [...variables].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  yield* toEntries(new JsonText(`{${members.join(",")}}`), options);
}

export async function* jsonSource(io: Io, options: FileOptions): AsyncGenerator<Found> {
  yield* toEntries(parseDocument(await readFileText(io, options.from), options.from), options);
}

/** Also what `sops --decrypt` prints. */
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

/** An export's own secrets; else one secret of each member, or of the document. */
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

/** An object is a secret's data; anything else its member `value`. */
function toMemberEntry(path: string, text: string): Entry {
  return { kind: "entry", path, dataText: text.startsWith("{") ? text : `{"value":${text}}` };
}
