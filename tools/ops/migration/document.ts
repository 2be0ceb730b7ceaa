/** Converts a document of Cloudforet's collections `secret` and `trusted_secret` (v1 or v2) to a secret. Pure. */

import * as v from "valibot";
import { SecretError } from "../../../lib/base/errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../../../lib/base/json.ts";
import { JsonText, JsonTextError, parseObject } from "../../../lib/base/json-text.ts";
import { parseDate } from "../../../lib/query/date.ts";
import { id } from "../../../lib/request/message.ts";
import { parseCreate } from "../../../lib/request/messages.ts";
import { isSecretId, limits, type Secret } from "../../../lib/secret/secret.ts";
import { toPlainJson } from "./extended-json.ts";
import type { Encryption } from "./open-aes.ts";

/** A converted document, before it is compared with the others. */
export interface Draft {
  /** The document's id in Cloudforet, under which its value is stored. */
  readonly sourceId: string;
  readonly isTrusted: boolean;
  /** The secret to store. Its `trusted_secret_id` has already the new form. */
  readonly secret: Secret;
  /** Its trusted secret, by Cloudforet's id. */
  readonly trustedSourceId: string | null;
  readonly encryption: Encryption;
}

/** A document that is not moved, because of itself or of its value. */
export interface Refused {
  readonly sourceId: string;
  /** Completes the sentence "secret-… ". It names fields, but never values of secret data. */
  readonly reason: string;
}

/** Why a document is not moved. */
class DocumentError extends Error {
  override readonly name = "DocumentError";
}

export interface DocumentRules {
  /** The only domain whose documents are moved; `null`: all domains. */
  readonly domainId: string | null;
  /** Whether secrets of workspaces are moved, with a tag for the workspace. Otherwise they are refused. */
  readonly workspaceAsTag: boolean;
}

const text = v.nullish(v.string("must be a string"), null);
const jsonObject = v.custom<JsonObject>(isObject, "must be an object");
const tag = v.strictObject({ key: v.string(), value: v.string() });

/** The fields of both collections in all versions. Other fields are refused, so that nothing is lost silently. */
const documentSchema = v.strictObject({
  _id: v.optional(v.unknown()),
  ...{ secret_id: text, trusted_secret_id: text, name: text, secret_type: v.nullish(v.string(), "CREDENTIALS") },
  tags: v.nullish(v.union([v.array(tag), jsonObject], "must be an object, or a list of key and value"), {}),
  ...{
    schema: text,
    schema_id: text,
    provider: v.nullish(id, null),
    service_account_id: text,
    trusted_account_id: text,
  },
  ...{ project_id: text, workspace_id: text, resource_group: text, domain_id: text },
  encrypted: v.nullish(v.union([v.boolean(), v.array(v.boolean())], "must be a boolean"), false),
  encrypt_options: v.nullish(jsonObject, {}),
  created_at: v.nullish(v.string(), null),
});

type CloudforetDocument = v.InferOutput<typeof documentSchema>;

/** The values that v2 stores for no project and no workspace. */
const none: ReadonlySet<string | null> = new Set([null, "", "*"]);

const trustedIdPattern = /^trusted-(secret-[0-9a-f]{12})$/;

/** Deeper than tags may be, so that the check of tags reports the mistake. */
const maxDepth = limits.tagsDepth + 2;

/** Returns `null` for a document that the rules leave out. */
export function readDocument(json: JsonText, rules: DocumentRules): Draft | Refused | null {
  const raw = json.parse();
  if (rules.domainId !== null && raw["domain_id"] !== rules.domainId) return null;
  const sourceId = idOf(raw);
  try {
    const result = v.safeParse(documentSchema, parseObject(toPlainJson(json).text, "", maxDepth));
    if (!result.success) return { sourceId, reason: describe(result.issues[0]) };
    return toDraft(sourceId, result.output, rules);
  } catch (error) {
    if (error instanceof DocumentError) return { sourceId, reason: error.message };
    if (error instanceof JsonTextError) return { sourceId, reason: `${error.path} ${error.message}`.trim() };
    if (error instanceof SecretError) return { sourceId, reason: `is refused: ${error.message}` };
    throw error;
  }
}

/** @throws DocumentError, SecretError */
function toDraft(sourceId: string, document: CloudforetDocument, rules: DocumentRules): Draft {
  const isTrusted = document.secret_id === null;
  const trustedSourceId = isTrusted ? null : document.trusted_secret_id || null;
  const secret_id = isTrusted ? toSecretId(sourceId) : toOwnId(sourceId);
  const created_at = toTimestamp(document.created_at);
  if (!(none.has(document.workspace_id) || rules.workspaceAsTag)) {
    throw new DocumentError(
      "belongs to a workspace, which limits who may see it; this service has no workspaces: see --workspace-as-tag",
    );
  }
  // Runs the API's checks, with empty data in place of the values, which are read later.
  const { client_token, data, ...checked } = parseCreate({
    ...toFields(document),
    trusted_secret_id: trustedSourceId === null ? null : toSecretId(trustedSourceId),
    data: new JsonText("{}"),
  });
  return {
    ...{ sourceId, isTrusted, trustedSourceId },
    secret: {
      ...checked,
      ...{ secret_id, created_at, updated_at: created_at, version: 1 },
      tags: checked.tags ?? {},
      provider: document.provider || null,
    },
    encryption: {
      // A list, because of a bug in Cloudforet's handler.
      isEncrypted: [document.encrypted].flat()[0] === true,
      options: document.encrypt_options,
    },
  };
}

/** @throws DocumentError */
function toOwnId(id: string): string {
  if (isSecretId(id)) return id;
  throw new DocumentError("has an id of another form than secret-0123456789ab");
}

/** The new id of a trusted secret, with the same digits. @throws DocumentError */
function toSecretId(trustedId: string): string {
  const id = trustedIdPattern.exec(trustedId)?.[1];
  if (id !== undefined) return id;
  throw new DocumentError(`has a trusted_secret_id of another form than trusted-secret-0123456789ab`);
}

/** @throws DocumentError */
function toTimestamp(text: string | null): string {
  const date = parseDate(text ?? "")?.date;
  if (date !== undefined) return date.toISOString();
  throw new DocumentError("has no date in created_at");
}

/** The fields of a create request. */
function toFields(document: CloudforetDocument) {
  const { name, secret_type, schema, schema_id, service_account_id, project_id, domain_id } = document;
  return {
    ...{ name, secret_type, service_account_id, domain_id },
    schema: schema || schema_id,
    project_id: none.has(project_id) ? null : project_id,
    tags: toTags(document),
  };
}

/** For some months, v1 stored tags as a list. Fields that only v2 has become tags. @throws DocumentError */
function toTags({ tags, workspace_id, trusted_account_id }: CloudforetDocument): JsonObject {
  const own = Array.isArray(tags) ? tags.map(({ key, value }) => [key, value] as const) : Object.entries(tags);
  const added = Object.entries({ workspace_id, trusted_account_id }).filter(([, value]) => !none.has(value));
  const merged = new Map<string, JsonValue>();
  for (const [key, value] of [...own, ...added] as [string, JsonValue][]) {
    if (merged.has(key) && merged.get(key) !== value) throw new DocumentError(`would have two values in tags.${key}`);
    merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function idOf({ secret_id, trusted_secret_id, _id }: JsonObject): string {
  const id = secret_id ?? trusted_secret_id;
  return typeof id === "string" ? id : `the document ${JSON.stringify(_id ?? "without an id")}`;
}

function describe(issue: v.BaseIssue<unknown> | undefined): string {
  const path = v.getDotPath(issue as v.BaseIssue<unknown>) ?? "";
  const message = issue?.expected === "never" ? "is an unexpected field" : issue?.message;
  return `${path} ${message}`.trim();
}
