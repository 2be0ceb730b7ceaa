/**
 * What a source yields, and what of it can become a secret: names, and every limit that the service has, checked before
 * anything is written. Pure.
 */

import { posix } from "node:path";
import { SecretError } from "../../lib/base/errors.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { JsonText, JsonTextError, parseJsonText, parseObject } from "../../lib/base/json-text.ts";
import { type CreateRequest, parseCreate } from "../../lib/request/messages.ts";
import { limits } from "../../lib/secret/secret.ts";
import { CliError } from "../failure.ts";

/** A secret as a source has it. What a source does not know is left out, and stays as it is where the secret exists. */
export interface Entry {
  readonly kind: "entry";
  /** Where it is in its source; its name is made of it. */
  readonly path: string;
  /** A JSON object, digit for digit. */
  readonly dataText: string;
  /** Data of earlier versions, the oldest first. */
  readonly earlier?: readonly string[];
  readonly tags?: JsonObject;
  readonly schema?: string;
  readonly project_id?: string;
  readonly service_account_id?: string;
  /** The path of the secret whose data lies under this one's. */
  readonly trusted?: string;
  /** ISO 8601. */
  readonly expires_at?: string;
}

/** What a source has and cannot give. */
export interface Refusal {
  readonly kind: "refused";
  readonly path: string;
  readonly reason: string;
}

export type Found = Entry | Refusal;

/** How names are made, and what is laid under the metadata of each entry. */
export interface Naming {
  /** Before each name. */
  readonly prefix?: string | undefined;
  /** Taken away where a path begins with it. */
  readonly strip?: string | undefined;
}

export interface Defaults {
  readonly project?: string | undefined;
  readonly schema?: string | undefined;
  readonly tags?: JsonObject | undefined;
}

/** An entry that the service would take. */
export interface Candidate {
  readonly kind: "candidate";
  readonly path: string;
  readonly name: string;
  /** Checked; texts in the form that rows have. */
  readonly request: CreateRequest;
  readonly earlier: readonly string[];
  /** The name of the secret under it. */
  readonly trustedName: string | undefined;
}

/** What the message must have and a token may know better. */
const anyDomain = "domain";

/** The rule for names: the path as it is, without `strip` at its beginning, behind `prefix`. */
export function toName(path: string, { prefix = "", strip = "" }: Naming): string {
  return `${prefix}${path.startsWith(strip) ? path.slice(strip.length) : path}`;
}

/** @returns a refusal where the service would refuse it, with the service's own reason */
export function toCandidate(entry: Entry, naming: Naming, defaults: Defaults): Candidate | Refusal {
  const { path, earlier = [], trusted } = entry;
  const name = toName(path, naming);
  try {
    const [request] = [entry.dataText, ...earlier].map((text) => toRequest(entry, { name, text }, defaults));
    if (request === undefined) throw new TypeError("an entry without data");
    const trustedName = trusted === undefined ? undefined : toName(trusted, naming);
    return { kind: "candidate", path, name, request, earlier, trustedName };
  } catch (error) {
    if (error instanceof SecretError) return { kind: "refused", path, reason: error.message };
    if (error instanceof JsonTextError) return { kind: "refused", path, reason: `Its data ${error.message}.` };
    throw error;
  }
}

/**
 * Text of a store that knows texts alone as data: the text of a JSON object is that object, any other the member `value`.
 * @throws JsonTextError for an object that the service would refuse
 */
export function toDataText(text: string): string {
  try {
    return parseJsonText(text).text;
  } catch (error) {
    // Neither JSON nor an object: a text.
    if (!(error instanceof JsonTextError) || !error.message.startsWith("must be")) throw error;
    return JSON.stringify({ value: text });
  }
}

/** The path of what is a whole file: what `--name` says, or the file's name. @throws CliError where it has none to give */
export function pathOfFile(file: string, name: string | undefined): string {
  if (name !== undefined) return name;
  const { base, name: stem } = posix.parse(file);
  if (file !== "-" && !base.startsWith(".")) return stem;
  throw new CliError(`${file === "-" ? "Standard input" : base} gives the secret no name. Use --name NAME.`);
}

function toRequest(
  entry: Entry,
  { name, text }: { readonly name: string; readonly text: string },
  defaults: Defaults,
): CreateRequest {
  const { data } = parseObject(`{"data":${text}}`, "data", limits.dataDepth + 1);
  const tags = { ...defaults.tags, ...entry.tags };
  return parseCreate({
    name,
    data: data instanceof JsonText ? data : undefined,
    secret_type: "CREDENTIALS",
    domain_id: anyDomain,
    ...(Object.keys(tags).length > 0 && { tags }),
    schema: entry.schema ?? defaults.schema,
    project_id: entry.project_id ?? defaults.project,
    service_account_id: entry.service_account_id,
    expires_at: entry.expires_at,
  });
}
