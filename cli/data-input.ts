/** Where secret data comes from: a file, standard input, or a hidden prompt. Never an argument, which `ps` shows. */

import { type Command, Option } from "commander";
import { isObject, type JsonObject } from "../lib/base/json.ts";
import { limits } from "../lib/secret/secret.ts";
import { CliError } from "./failure.ts";
import { askHidden } from "./hidden-prompt.ts";
import { decodeDocument, type Io, nameSource, readBytes } from "./io.ts";
import { collect } from "./session.ts";

export interface DataOptions {
  readonly dataFile?: string;
  readonly dataStdin?: boolean;
  readonly ask?: readonly string[];
}

const noArgument =
  "Secret data is not taken from the command line, where other users of the machine see it (ps) and the shell keeps it: " +
  "give --data-file FILE or --data-stdin, or neither, to be asked for it.";

/** Escapes make a text longer than what it stands for; beyond this even the service would refuse it. */
const maxBytes = 8 * limits.dataBytes;

export function addDataOptions(command: Command): Command {
  return command
    .option("--data-file <file>", "file with the data, a JSON object (- for standard input)")
    .option("--data-stdin", "read the data from standard input")
    .option("--ask <member>", "ask for this member's value, hidden (repeatable)", collect)
    .allowExcessArguments()
    .addOption(new Option("--data <json>").argParser(refuse).hideHelp())
    .addHelpText("after", `\nThe data is a JSON object. Without any of these options it is asked for, hidden.`);
}

/** `operands` is how many the command takes: more are data that was meant well. @throws CliError */
export function refuseDataArguments(command: Command, operands: number): void {
  if (command.args.length > operands) refuse();
}

/** @throws CliError, which never quotes the data */
export async function readData(io: Io, { dataFile, dataStdin, ask = [] }: DataOptions): Promise<JsonObject> {
  const given = [dataFile !== undefined, dataStdin, ask.length > 0].filter(Boolean).length;
  if (given > 1) throw new CliError("--data-file, --data-stdin and --ask exclude each other.");
  const path = dataStdin ? "-" : dataFile;
  if (path !== undefined) return parseData(await readBytes(io, path, maxBytes), nameSource(path));
  if (!io.stdin.isTerminal) {
    throw new CliError("No data: give --data-file FILE or --data-stdin (there is no terminal to ask on).");
  }
  if (ask.length > 0) {
    const values = await askHidden(ask);
    return Object.fromEntries(ask.map((name, index) => [name, values[index] ?? ""]));
  }
  const [text = ""] = await askHidden(["Data, a JSON object"]);
  return parseData(Buffer.from(text), "what was typed");
}

function refuse(): never {
  throw new CliError(noArgument);
}

/** A parser's own message would quote the data. */
function parseData(bytes: Buffer, source: string): JsonObject {
  const data = parseJson(decodeDocument(bytes, source));
  if (!isObject(data)) throw new CliError(`The data (${source}) is not a JSON object.`);
  return data as JsonObject;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
