/** A line about each field of messages and answers. Rules that are in the schema are not repeated. */

import type { Route } from "../../lib/http/routes.ts";
import { bounds } from "../../lib/query/bounds.ts";
import { limits } from "../../lib/secret/secret.ts";

type Notes = { readonly [field: string]: string };

const kib = 1024;

/** Notes for every message and answer, unless overridden below. */
const commonNotes: Notes = {
  secret_id:
    "The secret's id: `secret-` and 12 hexadecimal digits, made by the service. Any other text names no secret.",
  name: "Unique within the domain; case and blanks count.",
  data: `What is kept secret: at most ${limits.dataBytes / kib} KiB as UTF-8 JSON without blanks, ${limits.dataDepth} levels. It comes back exactly as it went in.`,
  secret_type: "The kind of secret; there is one.",
  tags: `Whatever the caller notes: at most ${limits.tagsBytes / kib} KiB as JSON, ${limits.tagsDepth} levels, no empty keys, no key \`__proto__\`, numbers that DynamoDB holds.`,
  schema: "What the data looks like, e.g. `aws_access_key`.",
  provider: "The provider, e.g. `aws`; decided by the schema or the service account.",
  service_account_id: "The service account that the secret belongs to.",
  project_id: "The project that the secret belongs to.",
  trusted_secret_id: "The secret whose data lies under this one's.",
  domain_id: "The domain (tenant). Left out, it is the token's; needed with `secret:system`.",
  created_at: "ISO 8601, UTC, with milliseconds.",
  updated_at: "Of the last write; as `created_at`.",
  version: "Of the current data, from 1.",
  expires_at:
    "When the current data stops being good: ISO 8601 (without a zone UTC), answered as `created_at`. Nothing is done then.",
  client_token: "Names this request: a repeat with the same token within 24 hours answers as the first call did.",
};

const filter = "The secret's own must be this, or one of these.";

const ownNotes: { readonly [Name in Route]?: Notes } = {
  create: {
    trusted_secret_id: "A secret of the domain that trusts none itself: its data lies under this one's.",
    service_account_id: "With an identity service, its provider and project replace all others.",
  },
  update: {
    tags: `Replace the present ones as a whole. ${commonNotes["tags"]}`,
    merge_tags:
      "`true` makes `tags` a JSON Merge Patch (RFC 7396): keys that it does not name stay, and `null` removes a key.",
    project_id: "The project to move the secret to.",
    expires_at:
      "When the current data stops being good: ISO 8601 (without a zone UTC), or `never`, which takes the date away.",
    release_project: "`true` takes the secret out of its project, whatever `project_id` says.",
  },
  "update-data": {
    data: `Replaces the present data as a whole. ${commonNotes["data"]}`,
    schema: "The data's schema from now on; stays when left out.",
    expires_at: "When the new data stops being good; left out, there is no date: the old one was the old data's.",
    expected_version: "Refuse, unless this is the current version.",
  },
  "get-data": {
    name: "The secret's name, instead of its id. Case and blanks count.",
    items: `Up to ${limits.itemsAtOnce} secrets at once, instead of one: each by \`secret_id\` or \`name\`, with \`version\` and \`unless_etag\` of its own.`,
    version: "An earlier version that is still kept; left out, the current one.",
    sealed: "`true` answers the data encrypted, to be opened with KMS.",
    unless_etag: "Where the answer would have this `etag`, say so instead of sending it.",
  },
  delete: { permanently: "`true` keeps nothing of the secret: no operator can take it back." },
  get: {
    name: "The secret's name, instead of its id. Case and blanks count.",
    only: `The fields to answer, at most ${bounds.only.max}, also parts of tags (\`tags.env\`).`,
  },
  list: {
    query: "Which secrets, in which order, and what to show of them.",
    ...{ secret_id: filter, name: filter, secret_type: filter, schema: filter, provider: filter },
    ...{ service_account_id: filter, project_id: filter, trusted_secret_id: filter },
  },
  stat: { query: "Which secrets, and what to compute of them." },
};

/** The note about a field of a route's message, or of an answer (`null`). */
export function notesOf(route: Route | null, field: string): string {
  const own = route === null ? undefined : ownNotes[route]?.[field];
  return own ?? commonNotes[field] ?? "";
}
