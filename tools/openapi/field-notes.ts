/** A line about each field of messages and answers. Rules that are in the schema are not repeated. */

import type { Route } from "../../lib/http/routes.ts";
import { bounds } from "../../lib/query/bounds.ts";
import { limits } from "../../lib/secret/secret.ts";

type Notes = { readonly [field: string]: string };

const kib = 1024;

/** Notes for every message and answer, unless overridden below. */
const commonNotes: Notes = {
  secret_id:
    "The secret's id: `secret-` and 12 hexadecimal digits, made by the service. Any other string matches no secret.",
  name: "Unique within the domain. Case and whitespace count.",
  data: `The secret data: at most ${limits.dataBytes / kib} KiB as UTF-8 JSON without whitespace, and ${limits.dataDepth} levels. It is returned exactly as it was sent.`,
  secret_type: "The kind of secret. There is only one.",
  tags: `The caller's own metadata: at most ${limits.tagsBytes / kib} KiB as JSON, and ${limits.tagsDepth} levels. Keys must not be empty or \`__proto__\`, and DynamoDB must be able to hold the numbers.`,
  schema: "The kind of data, for example `aws_access_key`.",
  provider: "The provider, for example `aws`. It follows from the schema or the service account.",
  service_account_id: "The service account that the secret belongs to.",
  project_id: "The project that the secret belongs to.",
  trusted_secret_id: "The trusted secret, whose data this secret inherits.",
  domain_id: "The domain (tenant). The default is the token's domain; with `secret:system` it is required.",
  created_at: "ISO 8601, UTC, with milliseconds.",
  updated_at: "The time of the last write, in the format of `created_at`.",
  version: "The version of the current data, counted from 1.",
  expires_at:
    "When the current data expires: ISO 8601, in UTC if it has no zone; returned in the format of `created_at`. Nothing happens at that time.",
  client_token:
    "Identifies this request: a repeated call with the same token within 24 hours gets the first call's answer.",
};

const filter = "Matches secrets with this value, or with one of these.";

const ownNotes: { readonly [Name in Route]?: Notes } = {
  create: {
    trusted_secret_id:
      "A secret of the domain whose data this secret inherits. It must not inherit from another secret itself.",
    service_account_id: "With an identity service, the account's provider and project replace those of the request.",
  },
  update: {
    tags: `Replaces all present tags. ${commonNotes["tags"]}`,
    merge_tags: "`true` makes `tags` a JSON Merge Patch (RFC 7396): other keys stay, and `null` removes a key.",
    project_id: "The project to move the secret to.",
    expires_at: "When the current data expires: ISO 8601, in UTC if it has no zone; `never` removes the date.",
    release_project: "`true` removes the secret from its project, whatever `project_id` says.",
  },
  "update-data": {
    data: `Replaces all present data. ${commonNotes["data"]}`,
    schema: "The data's schema from now on. If left out, it does not change.",
    expires_at:
      "When the new data expires. If left out, the new data has no date, because the old date belonged to the old data.",
    expected_version: "Refuses the write unless this is the current version.",
  },
  "get-data": {
    name: "The secret's name, instead of its id. Case and whitespace count.",
    items: `Up to ${limits.itemsAtOnce} secrets in one call, instead of one secret. Each item has its own \`secret_id\` or \`name\`, \`version\` and \`unless_etag\`.`,
    version: "An earlier version that is still kept. The default is the current version.",
    sealed: "`true` returns the data encrypted, for the caller to decrypt with KMS.",
    unless_etag: "If the data still has this `etag`, the answer says `not_modified` and leaves out the data.",
  },
  delete: { permanently: "`true` keeps nothing of the secret, so that no operator can restore it." },
  get: {
    name: "The secret's name, instead of its id. Case and whitespace count.",
    only: `The fields to return, at most ${bounds.only.max}. Parts of tags are allowed (\`tags.env\`).`,
  },
  list: {
    query: "Selects and sorts secrets, and chooses the fields to return.",
    ...{ secret_id: filter, name: filter, secret_type: filter, schema: filter, provider: filter },
    ...{ service_account_id: filter, project_id: filter, trusted_secret_id: filter },
  },
  stat: { query: "Selects secrets, and says what to compute from them." },
};

/** The note about a field of a route's message, or of an answer (`null`). */
export function notesOf(route: Route | null, field: string): string {
  const own = route === null ? undefined : ownNotes[route]?.[field];
  return own ?? commonNotes[field] ?? "";
}
