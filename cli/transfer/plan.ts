/** Decides what an import would do to each secret, and why. Pure: existing secrets and their data were read before. */

import { isDeepStrictEqual } from "node:util";
import type { SecretInfo } from "../../client/messages.ts";
import { isObject, type JsonObject, type JsonValue, walk } from "../../lib/base/json.ts";
import type { Candidate, Refusal } from "./entry.ts";

export type ExistingSecret = Pick<SecretInfo, (typeof comparedFields)[number]>;

export interface Existing {
  readonly secret: ExistingSecret;
  /** Its own data; `undefined` if it was not read, because existing secrets are skipped. */
  readonly dataText: string | undefined;
}

/** The changed fields of an update message. */
export interface Changes {
  readonly tags?: JsonObject;
  readonly merge_tags?: boolean;
  readonly project_id?: string;
  readonly expires_at?: string;
}

interface Subject {
  readonly path: string;
  readonly name: string;
}

export type PlanRow = Subject &
  (
    | { readonly action: "create"; readonly candidate: Candidate; readonly reason?: string }
    | {
        readonly action: "new version";
        readonly candidate: Candidate;
        readonly secret: ExistingSecret;
        /** The data of the versions to write, the oldest first. */
        readonly texts: readonly string[];
        readonly changes: Changes;
        readonly reason: string;
      }
    | {
        readonly action: "update";
        readonly candidate: Candidate;
        readonly secret: ExistingSecret;
        readonly changes: Changes;
        readonly reason: string;
      }
    | { readonly action: "unchanged" | "skipped" | "refused"; readonly reason?: string }
  );

export type Action = PlanRow["action"];

/** The fields to read from existing secrets. */
export const comparedFields = [
  "secret_id",
  "name",
  "tags",
  "schema",
  "project_id",
  "service_account_id",
  "trusted_secret_id",
  "version",
  "expires_at",
] as const;

/** Returns a row for each secret in the source, in the same order. */
export function planImport(
  found: readonly (Candidate | Refusal)[],
  existing: ReadonlyMap<string, Existing>,
): readonly PlanRow[] {
  const candidates = found.filter((one) => one.kind === "candidate");
  const pathsByName = Map.groupBy(candidates, ({ name }) => name);
  const trusting = new Set(candidates.filter(({ trustedName }) => trustedName !== undefined).map(({ name }) => name));
  return found.map((one) => {
    if (one.kind === "refused") return { path: one.path, name: "", action: "refused", reason: one.reason };
    const reason = findClash(one, pathsByName) ?? findTrustFault(one, { pathsByName, trusting, existing });
    if (reason !== undefined) return refuse(one, reason);
    return planOne(one, existing.get(one.name), existing);
  });
}

/** Plans one secret. */
export function planOne(
  candidate: Candidate,
  before: Existing | undefined,
  existing: ReadonlyMap<string, Existing>,
): PlanRow {
  const { path, name, earlier } = candidate;
  if (before === undefined) {
    return {
      path,
      name,
      action: "create",
      candidate,
      ...(earlier.length > 0 && { reason: `${earlier.length + 1} versions` }),
    };
  }
  if (before.dataText === undefined) return { path, name, action: "skipped", reason: "exists" };
  const { secret } = before;
  const fixed = findFixedDifference(candidate, secret, existing);
  if (fixed !== undefined) return refuse(candidate, `has another ${fixed}, which cannot change once a secret exists`);
  return planChange(candidate, secret, before.dataText);
}

function planChange(candidate: Candidate, secret: ExistingSecret, current: string): PlanRow {
  const { path, name } = candidate;
  const changes = findChanges(candidate, secret);
  const texts = findNewVersions(candidate, secret, current);
  if (texts.length > 0) {
    const { expires_at: _date, ...others } = changes;
    const reason = texts.length > 1 ? `data, ${texts.length} versions` : texts[0] === current ? "schema" : "data";
    return { path, name, action: "new version", candidate, secret, texts, changes: others, reason };
  }
  const changed = Object.keys(changes).filter((field) => field !== "merge_tags");
  if (changed.length === 0) return { path, name, action: "unchanged" };
  return { path, name, action: "update", candidate, secret, changes, reason: changed.join(", ") };
}

function refuse({ path, name }: Candidate, reason: string): PlanRow {
  return { path, name, action: "refused", reason };
}

function findClash({ name }: Candidate, byName: ReadonlyMap<string, readonly Candidate[]>): string | undefined {
  const paths = byName.get(name) ?? [];
  if (paths.length < 2) return undefined;
  return `${paths.length} secrets of the source would have this name: ${paths.map(({ path }) => path).join(", ")}`;
}

interface Surroundings {
  readonly pathsByName: ReadonlyMap<string, readonly Candidate[]>;
  readonly trusting: ReadonlySet<string>;
  readonly existing: ReadonlyMap<string, Existing>;
}

/** A trusted secret must not trust another one, and must exist or be in the source. */
function findTrustFault(
  { trustedName }: Candidate,
  { pathsByName, trusting, existing }: Surroundings,
): string | undefined {
  if (trustedName === undefined) return undefined;
  if (trusting.has(trustedName)) return `inherits from ${trustedName}, which itself inherits from another secret`;
  if (pathsByName.has(trustedName) || existing.has(trustedName)) return undefined;
  return `inherits from ${trustedName}, which exists neither in the service nor in the source`;
}

function findFixedDifference(
  { request, trustedName }: Candidate,
  secret: ExistingSecret,
  existing: ReadonlyMap<string, Existing>,
): string | undefined {
  const account = request.service_account_id;
  if (account !== null && account !== secret.service_account_id) return "service account";
  if (trustedName === undefined) return undefined;
  return existing.get(trustedName)?.secret.secret_id === secret.trusted_secret_id ? undefined : "trusted secret";
}

/** Fields that the source does not know stay. Tags are added or changed, but never removed. */
function findChanges({ request }: Candidate, secret: ExistingSecret): Changes {
  const { tags, project_id, expires_at } = request;
  const merged = tags === null ? secret.tags : (layTags(secret.tags, tags) as JsonObject);
  return {
    ...(tags !== null && !isDeepStrictEqual(merged, secret.tags) && toTagChange(tags, merged)),
    ...(project_id !== null && project_id !== secret.project_id && { project_id }),
    ...(expires_at !== null && expires_at !== secret.expires_at && { expires_at }),
  };
}

/** The service merges tags, so that concurrent changes stay. But a merge patch cannot set a value to `null`. */
function toTagChange(tags: JsonObject, merged: JsonObject): Changes {
  const holdsNull = [...walk(tags)].some(({ value }) => value === null);
  return holdsNull ? { tags: merged } : { tags, merge_tags: true };
}

/** Merges objects recursively. */
function layTags(lower: JsonValue | undefined, upper: JsonValue): JsonValue {
  if (!isJsonObject(lower) || !isJsonObject(upper)) return upper;
  const names = new Set([...Object.keys(lower), ...Object.keys(upper)]);
  const members = [...names].map((name): [string, JsonValue] => {
    const [under, over] = [lower[name], upper[name]];
    return [name, over === undefined ? (under ?? null) : layTags(under, over)];
  });
  return Object.fromEntries(members);
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return isObject(value);
}

/**
 * The versions that are missing: those after the secret's current one. So an import that was interrupted between two
 * versions continues where it was.
 */
function findNewVersions(
  { request, earlier }: Candidate,
  { version, schema }: ExistingSecret,
  current: string,
): readonly string[] {
  const all = [...earlier, request.data.text];
  const byNumber = (version ?? 0) - 1;
  const index = all[byNumber] === current ? byNumber : all.lastIndexOf(current);
  // The service has data that the source does not have: only the newest version is written on top.
  const rest = index === -1 ? all.slice(-1) : all.slice(index + 1);
  if (rest.length > 0) return rest;
  return request.schema === null || request.schema === schema ? [] : all.slice(-1);
}
