/** The plaintext forms of an export. Each refuses secrets that it cannot hold. Pure. */

import { type JsonText, membersOf } from "../../lib/base/json-text.ts";
import { CliError } from "../failure.ts";
import { toDotenvValue } from "../formats.ts";
import { toText } from "../variables.ts";
import { toDocument } from "./document.ts";
import { parseDotenv } from "./dotenv.ts";
import type { Entry } from "./entry.ts";

export type PlaintextFormat = "dotenv" | "json" | "yaml";

type Encoder = (entries: readonly Entry[]) => Promise<string>;

const encoders: { readonly [Format in PlaintextFormat]: Encoder } = {
  dotenv: async ([entry, ...more]) => {
    if (entry !== undefined && more.length === 0) return toDotenv(entry);
    throw new CliError(
      `A dotenv file holds one secret, but ${more.length + 1} match. Select one, for example with name='…'.`,
    );
  },
  json: async (entries) => `${toDocument(entries).text}\n`,
  yaml: async (entries) => await toYaml(entries),
};

export const plaintextFormats = Object.keys(encoders) as readonly PlaintextFormat[];

/**
 * `secret import` reads the result back unchanged.
 * @throws CliError that names a secret which the format cannot hold
 */
export async function toPlaintext(entries: readonly Entry[], format: PlaintextFormat): Promise<string> {
  return await encoders[format](entries);
}

function toDotenv({ path, dataText }: Entry): string {
  const lines = [...membersOf({ text: dataText })].map(([name, json]) => {
    const value = json.startsWith('"') ? toDotenvValue(toText(json)) : undefined;
    const line = `${name}=${value}\n`;
    if (value !== undefined && isRead(line, name, toText(json))) return line;
    throw new CliError(
      `${path}: a dotenv file cannot hold its member "${name}". It holds only strings, and not every mix of quotes and backslashes.`,
    );
  });
  return lines.join("");
}

/** Checks the bytes, because half a surrogate pair has no UTF-8. */
function isRead(line: string, name: string, value: string): boolean {
  try {
    return parseDotenv(Buffer.from(line).toString(), name).get(name) === value;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

async function toYaml(entries: readonly Entry[]): Promise<string> {
  const { jsonToYaml, yamlToJson } = await import("./yaml.ts");
  const isHeld = (document: JsonText) => yamlToJson(jsonToYaml(document), "it") === document.text;
  const document = toDocument(entries);
  if (isHeld(document)) return jsonToYaml(document);
  const fault = entries.find((entry) => !isHeld(toDocument([entry])));
  throw new CliError(
    `${fault?.path ?? "One of the secrets"}: YAML cannot hold its data exactly. Use --plaintext json.`,
  );
}
