/**
 * What a source yields, and how it becomes a secret. Names and all limits of the service are checked before anything is
 * written. Pure.
 */

import { posix } from "node:path";
import { SecretError } from "../../lib/base/errors.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { JsonText, JsonTextError, parseJsonText, parseObject } from "../../lib/base/json-text.ts";
import { type CreateRequest, parseCreate } from "../../lib/request/messages.ts";
import { limits } from "../../lib/secret/secret.ts";
import { CliError } from "../failure.ts";

/** A secret in a source. A field that the source does not know is absent, and is not changed in an existing secret. */
export interface Entry {
  readonly kind: "entry";
  /** Its place in the source, from which its name is made. */
  readonly path: string;
  /** A JSON object with all its digits. */
  readonly dataText: string;
  /** Data of earlier versions, the oldest first. */
  readonly earlier?: readonly string[];
  readonly tags?: JsonObject;
  readonly schema?: string;
  readonly project_id?: string;
  readonly service_account_id?: string;
  /** The path of its trusted secret, whose data is merged under this one's. */
  readonly trusted?: string;
  /** ISO 8601. */
  readonly expires_at?: string;
}

/** A secret that cannot be read from the source or written to the service. */
export interface Refusal {
  readonly kind: "refused";
  readonly path: string;
  readonly reason: string;
}

export type Found = Entry | Refusal;

/** How a name is made from a path. */
export interface Naming {
  /** Precedes each name. */
  readonly prefix?: string | undefined;
  /** Removed from the beginning of a path. */
  readonly strip?: string | undefined;
}

export interface Defaults {
  readonly project?: string | undefined;
  readonly schema?: string | undefined;
  readonly tags?: JsonObject | undefined;
}

/** An entry that the service would accept. */
export interface Candidate {
  readonly kind: "candidate";
  readonly path: string;
  readonly name: string;
  /** Checked, with dates in the stored form. */
  readonly request: CreateRequest;
  readonly earlier: readonly string[];
  /** The name of its trusted secret. */
  readonly trustedName: string | undefined;
}

/** The parser requires a domain; the real one may come from the token. */
const anyDomain = "domain";

/** The name is `prefix` and then the path without `strip` at its beginning. */
export function toName(path: string, { prefix = "", strip = "" }: Naming): string {
  return `${prefix}${path.startsWith(strip) ? path.slice(strip.length) : path}`;
}

/** @returns a refusal, with the service's own reason, if the service would refuse the entry */
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
 * Converts a string from a store whose values are strings. A JSON object stays that object; any other string becomes
 * its member `value`.
 * @throws JsonTextError for an object that the service would refuse
 */
export function toDataText(text: string): string {
  try {
    return parseJsonText(text).text;
  } catch (error) {
    // Not a JSON object, so a plain string.
    if (!(error instanceof JsonTextError) || !error.message.startsWith("must be")) throw error;
    return JSON.stringify({ value: text });
  }
}

/** The path of a secret that is a whole file: `--name`, or the file's name. @throws CliError if there is neither */
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
