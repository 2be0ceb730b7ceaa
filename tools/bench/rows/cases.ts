/** The domains to read, and the queries. */

import type { Route } from "../../../lib/http/routes.ts";
import type { Secret, StoredSecret } from "../../../lib/secret/secret.ts";
import { domainId, sampleSecret } from "../sample.ts";

export interface RowsCase {
  readonly name: string;
  readonly route: Extract<Route, "list" | "stat">;
  readonly message: { readonly [field: string]: unknown };
}

const description =
  "Read-only access for the collectors of this account: instances, volumes, images, snapshots, load balancers, networks, " +
  "databases, buckets, functions and their cost. Rotated every 90 days by the platform team; ask there before it is used " +
  "for anything else, and never copy it to another account. The runbook tells what to do when a collector is refused.";

/** Rows of about 1 KB, with realistic tags, in the order of their ids. */
export function sampleRows(count: number): Secret[] {
  return Array.from({ length: count }, (_, index) => toRow(sampleSecret(index), index)).sort((a, b) =>
    a.secret_id < b.secret_id ? -1 : 1,
  );
}

function toRow(
  { dependents: _dependents, revision: _revision, oldest_version: _oldest, ...secret }: StoredSecret,
  index: number,
): Secret {
  const account = String(100_000_000_000 + index);
  const tags = {
    ...secret.tags,
    description,
    account,
    role_arn: `arn:aws:iam::${account}:role/cloudforet-collector`,
    console: `https://${account}.signin.aws.amazon.com/console?region=ap-northeast-2`,
    requested_by: `user-${index % 300}@platform.example.com`,
    ticket: `OPS-${index}`,
    rotated_at: secret.created_at,
    regions: ["ap-northeast-2", "us-east-1", "eu-central-1"],
    is_reviewed: index % 4 !== 0,
  };
  return { ...secret, provider: ["aws", "azure", "google_cloud"][index % 3] ?? null, tags };
}

const page = { limit: 10 };
const count = { fields: [{ n: "secrets", o: "count" }], keys: [{ k: "provider", n: "provider" }] };

/** Returns everything that it reads. Refused if the answer would be too large. */
export const everything: RowsCase = list("list, everything", {});
export const grouping: RowsCase = stat("stat, group", { aggregate: [{ group: count }] });

export const rowsCases: readonly RowsCase[] = [
  list("list, a page by name", { page }),
  list("list, a page by a tag", { filter: [{ k: "tags.environment", v: "production", o: "eq" }], page }),
  list("list, a page by keyword", { keyword: "77", page }),
  list("list, the last page", { page: { start: 99_991, limit: 10 } }),
  list("list, count_only", { count_only: true }),
  everything,
  grouping,
  stat("stat, distinct", { distinct: "project_id" }),
];

function list(name: string, query: object): RowsCase {
  return { name, route: "list", message: { domain_id: domainId, query } };
}

function stat(name: string, query: object): RowsCase {
  return { name, route: "stat", message: { domain_id: domainId, query } };
}
