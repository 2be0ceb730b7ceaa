/** What a caller sees of a secret: the contract's SecretInfo. Pure. */

import type { Secret } from "./secret.ts";

/** Every field of the message, `null` where unset. */
export type SecretInfo = Secret;

/** Leaves out what only the store and the methods see. */
export function toInfo(secret: Secret): SecretInfo {
  return {
    secret_id: secret.secret_id,
    name: secret.name,
    secret_type: secret.secret_type,
    tags: secret.tags,
    schema: secret.schema,
    provider: secret.provider,
    service_account_id: secret.service_account_id,
    project_id: secret.project_id,
    trusted_secret_id: secret.trusted_secret_id,
    domain_id: secret.domain_id,
    created_at: secret.created_at,
    updated_at: secret.updated_at,
    version: secret.version,
  };
}
