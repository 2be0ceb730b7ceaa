/** Reads secret data from a file, standard input or a hidden prompt; never from an argument, which `ps` would show. */

import { type Command, Option } from "commander";
import { JsonTextError, membersOf, parseJsonText } from "../lib/base/json-text.ts";
import { limits } from "../lib/secret/secret.ts";
import { CliError } from "./failure.ts";
import { askHidden } from "./hidden-prompt.ts";
import { decodeDocument, decodeText, type Io, nameSource, readBytes } from "./io.ts";
import { collect } from "./session.ts";

export interface DataOptions {
  readonly dataFile?: string;
  readonly dataStdin?: boolean;
  readonly ask?: readonly string[];
  readonly file?: readonly string[];
}

/** A member's name, and its value as JSON. */
type Member = readonly [name: string, text: string];

const noArgument =
  "Secret data is never read from arguments: other users can see them with ps, and the shell keeps them in its history. " +
  "Use --data-file FILE or --data-stdin; without either, you are asked for the data.";

/** Escapes make JSON longer than the data. Anything beyond this, the service would refuse. */
const maxBytes = 8 * limits.dataBytes;

export function addDataOptions(command: Command): Command {
  return command
    .option("--data-file <file>", "read the data, a JSON object, from this file (- for standard input)")
    .option("--data-stdin", "read the data, a JSON object, from standard input")
    .option(
      "--file <member=path>",
      "set a member to the unchanged text of a file (- for standard input; repeatable)",
      collect,
    )
    .option("--ask <member>", "ask for a member's value without showing it (repeatable)", collect)
    .allowExcessArguments()
    .addOption(new Option("--data <json>").argParser(refuse).hideHelp())
    .addHelpText(
      "after",
      `\nThe data is a JSON object. Without any of these options, you are asked for it; what you type is not shown.`,
    );
}

/** Refuses operands beyond the command's own: they are probably data. @throws CliError */
export function refuseDataArguments(command: Command, operands: number): void {
  if (command.args.length > operands) refuse();
}

/** @returns a JSON object with all digits as given. @throws CliError, which never quotes the data */
export async function readData(io: Io, { dataFile, dataStdin, ask = [], file = [] }: DataOptions): Promise<string> {
  const given = [dataFile !== undefined, dataStdin, ask.length > 0].filter(Boolean).length;
  if (given > 1) throw new CliError("Use only one of --data-file, --data-stdin and --ask.");
  const path = dataStdin ? "-" : dataFile;
  const files = file.map(splitFile);
  if ([path, ...files.map((one) => one.path)].filter((one) => one === "-").length > 1) {
    throw new CliError("Standard input can be read only once: use - for one file, or --data-stdin.");
  }
  const needsTerminal = path === undefined && (ask.length > 0 || file.length === 0);
  if (needsTerminal && !io.stdin.isTerminal) throw noTerminal(ask);
  const members: Member[] = [];
  if (path !== undefined) members.push(...parseMembers(await readBytes(io, path, maxBytes), nameSource(path)));
  for (const one of files) members.push([one.member, JSON.stringify(await readText(io, one.path))]);
  if (needsTerminal) members.push(...(await askMembers(ask)));
  return toObjectText(members);
}

function noTerminal(asked: readonly string[]): CliError {
  const reason =
    asked.length > 0 ? "--ask needs a terminal" : "No data was given, and there is no terminal to ask for it";
  return new CliError(`${reason}. Use --data-file FILE, --data-stdin or --file MEMBER=FILE.`);
}

function refuse(): never {
  throw new CliError(noArgument);
}

/** @throws CliError that does not quote the argument: it may be data */
function splitFile(term: string): { readonly member: string; readonly path: string } {
  const [, member = "", path = ""] = /^([^=]+)=(.+)$/s.exec(term) ?? [];
  if (path === "") throw new CliError("--file needs a member and a path, for example --file private_key=id_ed25519.");
  return { member, path };
}

/** Byte for byte. @throws CliError for bytes that no JSON string can hold */
async function readText(io: Io, path: string): Promise<string> {
  const text = decodeText(await readBytes(io, path, limits.dataBytes));
  if (text !== undefined) return text;
  const source = nameSource(path);
  throw new CliError(`${source} is not UTF-8 text. Encode it first, for example with \`base64 ${path}\`.`);
}

async function askMembers(names: readonly string[]): Promise<readonly Member[]> {
  if (names.length > 0) {
    const values = await askHidden(names);
    return names.map((name, index) => [name, JSON.stringify(values[index] ?? "")]);
  }
  const [text = ""] = await askHidden(["Data, a JSON object"]);
  return parseMembers(Buffer.from(text), "what was typed");
}

/** A parser's own message would quote the data. */
function parseMembers(bytes: Buffer, source: string): readonly Member[] {
  try {
    return [...membersOf(parseJsonText(decodeDocument(bytes, source)))];
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const place = error.path === "" ? "" : ` (in "${error.path}")`;
    const advice = error.message.startsWith("must be") ? " Use --file to store any text as one member." : "";
    throw new CliError(`The data (${source}) ${error.message}${place}.${advice}`);
  }
}

function toObjectText(members: readonly Member[]): string {
  const texts = new Map(members);
  const twice = members.find(([name], index) => members.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw new CliError(`The member "${twice[0]}" is given twice.`);
  return `{${[...texts].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}
