/** The secrets that the sample events in events/ are about: an id is otherwise known only once a secret is made. */

import type { Secret } from "../../lib/secret/secret.ts";

export const sampleId = "secret-000000000001";

/** Each event that deletes has a secret of its own, so that the events can be run in any order. */
const samplesToDelete = [
  { secret_id: "secret-000000000002", name: "sample-to-delete" },
  { secret_id: "secret-000000000003", name: "sample-to-delete-over-http" },
] as const;

/** Of all of them. */
export const sampleData = { user: "ada", password: "s3cr3t" } as const;

/** All of them, as made at a time. */
export function sampleSecrets(now: string): readonly Secret[] {
  const sample: Secret = {
    secret_id: sampleId,
    name: "sample",
    secret_type: "CREDENTIALS",
    tags: { env: "dev" },
    schema: "aws_access_key",
    provider: "aws",
    service_account_id: null,
    project_id: null,
    trusted_secret_id: null,
    domain_id: "domain-sample",
    created_at: now,
    updated_at: now,
    version: 1,
    expires_at: null,
  };
  return [sample, ...samplesToDelete.map((secret) => ({ ...sample, ...secret }))];
}
