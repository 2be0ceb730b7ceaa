/** Where secret data comes from: a file, standard input, or a hidden prompt. Never an argument, which `ps` shows. */

import { open } from "node:fs/promises";
import { type Command, Option } from "commander";
import { isObject, type JsonObject } from "../lib/base/json.ts";
import { limits } from "../lib/secret/secret.ts";
import { CliError } from "./failure.ts";
import { askHidden } from "./hidden-prompt.ts";
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
export async function readData({ dataFile, dataStdin, ask = [] }: DataOptions): Promise<JsonObject> {
  const given = [dataFile !== undefined, dataStdin, ask.length > 0].filter(Boolean).length;
  if (given > 1) throw new CliError("--data-file, --data-stdin and --ask exclude each other.");
  if (dataStdin || dataFile === "-") return parseData(await readBytes(process.stdin), "standard input");
  if (dataFile !== undefined) return parseData(await readFile(dataFile), dataFile);
  if (!process.stdin.isTTY) {
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

async function readFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      return await readBytes(file.createReadStream({ autoClose: false }));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

async function readBytes(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw new CliError(`The data is too large; there may be ${limits.dataBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A parser's own message would quote the data. */
function parseData(bytes: Buffer, source: string): JsonObject {
  const data = parseJson(bytes);
  if (!isObject(data)) throw new CliError(`The data (${source}) is not a JSON object in UTF-8.`);
  return data as JsonObject;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
