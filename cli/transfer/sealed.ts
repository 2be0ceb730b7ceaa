/**
 * Writes and reads the sealed form of an export: JSON lines, whose data only KMS can open. The first line names the
 * domain; the last has the number of secrets, so that a truncated file is noticed. Metadata is not sealed.
 */

import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import * as v from "valibot";
import { type Unwrap, unsealOwn } from "../../client/unseal.ts";
import { inOrder } from "../../lib/base/async.ts";
import { isObject, type JsonObject } from "../../lib/base/json.ts";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import { CliError } from "../failure.ts";
import { type Io, nameSource, reasonOf } from "../io.ts";
import { openSession } from "../session.ts";
import type { Entry, Found } from "./entry.ts";

export interface SealedOptions {
  readonly from: string;
  /** The profile whose KMS opens the data. Default: the profile of the import. */
  readonly kmsProfile?: string | undefined;
  readonly profile?: string;
  readonly parallel: number;
}

/** A secret's own part of a sealed answer, and its metadata. */
export type SealedSecret = Omit<Entry, "kind" | "dataText" | "earlier"> & {
  readonly secret_id: string;
  readonly version: number;
  readonly data: JsonObject;
  readonly encrypt_options: JsonObject;
};

const form = 1;

const text = v.string("must be a string");
const object = v.custom<JsonObject>(isObject, "must be an object");
const headerSchema = v.object({ cloudforet_secret_sealed: v.literal(form), domain_id: text });
const footerSchema = v.object({ secrets: v.number() });
const secretSchema: v.GenericSchema<unknown, SealedSecret> = v.strictObject({
  path: text,
  secret_id: text,
  version: v.number("must be a number"),
  data: object,
  encrypt_options: object,
  tags: v.exactOptional(object),
  schema: v.exactOptional(text),
  project_id: v.exactOptional(text),
  service_account_id: v.exactOptional(text),
  trusted: v.exactOptional(text),
  expires_at: v.exactOptional(text),
});

/** Yields the lines of the file. */
export async function* toSealedLines(
  secrets: AsyncIterable<SealedSecret>,
  domainId: string,
  now: Date,
): AsyncGenerator<string> {
  yield `${JSON.stringify({ cloudforet_secret_sealed: form, domain_id: domainId, exported_at: now.toISOString() })}\n`;
  let count = 0;
  for await (const secret of secrets) {
    count++;
    yield `${JSON.stringify(secret)}\n`;
  }
  yield `${JSON.stringify({ secrets: count })}\n`;
}

/**
 * Opens each secret with KMS, with the caller's own rights.
 * @throws CliError for another kind of file, or a truncated one
 */
export async function* sealedSource(
  io: Io,
  { from, kmsProfile, profile, parallel }: SealedOptions,
): AsyncGenerator<Found> {
  const source = nameSource(from);
  const [first = "", ...lines] = await readLines(io, from);
  const header = v.safeParse(headerSchema, parseLine(first, { source, line: 1 }));
  if (!header.success) throw new CliError(`${source} is not a sealed export that this version can read.`);
  const last = v.safeParse(footerSchema, parseLine(lines.pop() ?? "null", { source, line: lines.length + 2 }));
  if (!last.success || last.output.secrets !== lines.length)
    throw new CliError(`${source} is incomplete: its end is missing.`);
  const secrets = lines.map((line, index) => toSecret(line, { source, line: index + 2 }));
  const wanted = kmsProfile ?? profile;
  const { unwrap } = await openSession(io, { ...(wanted !== undefined && { profile: wanted }) });
  const tasks = secrets.map((secret) => async () => await openSecret(secret, header.output.domain_id, unwrap));
  yield* inOrder(tasks, parallel, {});
}

async function openSecret(secret: SealedSecret, domainId: string, unwrap: Unwrap): Promise<Found> {
  const { secret_id, version, data, encrypt_options, ...metadata } = secret;
  const answer = { encrypted: true, data, encrypt_options };
  try {
    const expected = { domain_id: domainId, secret_id, version: String(version) };
    const { dataText } = await unsealOwn(answer, unwrap, expected);
    return { kind: "entry", dataText, ...metadata };
  } catch (error) {
    // A `TypeError` means that the data is for another secret than its line says.
    if (!(error instanceof CorruptDataError || error instanceof TypeError)) throw error;
    return { kind: "refused", path: secret.path, reason: `cannot be opened: ${error.message}` };
  }
}

interface Place {
  readonly source: string;
  readonly line: number;
}

function toSecret(text: string, place: Place): SealedSecret {
  const { success, output, issues } = v.safeParse(secretSchema, parseLine(text, place));
  if (success) return output;
  const [{ path = [], message }] = issues;
  throw new CliError(
    `${place.source}, line ${place.line}: ${path.map(({ key }) => String(key)).join(".")} ${message}.`,
  );
}

function parseLine(text: string, { source, line }: Place): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the line.
    throw new CliError(`${source}, line ${line}: this is not valid JSON.`);
  }
}

/** The lines of a file, without an empty one at its end. @throws CliError if it cannot be read */
async function readLines({ stdin }: Io, from: string): Promise<readonly string[]> {
  const lines: string[] = [];
  if (from === "-") {
    for await (const line of createInterface({ input: Readable.from(stdin.read()) })) lines.push(line);
    return lines;
  }
  try {
    const file = await open(from);
    for await (const line of file.readLines()) lines.push(line);
  } catch (error) {
    throw new CliError(`${from} cannot be read: ${reasonOf(error)}.`);
  }
  return lines;
}
