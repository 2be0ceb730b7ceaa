/** The secrets that the sample events in events/ use. Events need fixed ids, and the service makes random ones. */

import type { Secret } from "../../lib/secret/secret.ts";

export const sampleId = "secret-000000000001";

/** Each deleting event has its own secret, so that the events can run in any order. */
const samplesToDelete = [
  { secret_id: "secret-000000000002", name: "sample-to-delete" },
  { secret_id: "secret-000000000003", name: "sample-to-delete-over-http" },
] as const;

/** The data of all sample secrets. */
export const sampleData = { user: "ada", password: "s3cr3t" } as const;

/** All sample secrets, as created at `now`. */
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
