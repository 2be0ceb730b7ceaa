/** What a caller may reach, and the errors that keep quiet about the rest. */

import { SecretError } from "../base/errors.ts";
import { seesProject } from "../secret/principal.ts";
import type { StoredSecret } from "../secret/secret.ts";
import type { SecretReads } from "../store/secret-store.ts";
import type { Call } from "./call.ts";

export function notFound(key: string, value: string): SecretError {
  return new SecretError("ERROR_NOT_FOUND", { key, value });
}

/** @throws ERROR_NOT_FOUND also for a secret that the caller may not see: its existence is not told. */
export async function getVisibleSecret(
  domainId: string,
  secretId: string,
  call: Call,
  secrets: Pick<SecretReads, "findSecret">,
): Promise<StoredSecret> {
  const secret = await secrets.findSecret(domainId, secretId, call);
  if (secret === undefined || !seesProject(call.principal, secret.project_id)) throw notFound("secret_id", secretId);
  return secret;
}

/** @throws ERROR_PERMISSION_DENIED when the caller may not put a secret into this project (`null`: into none). */
export function assertMayPlace(call: Call, projectId: string | null): void {
  if (!seesProject(call.principal, projectId)) throw new SecretError("ERROR_PERMISSION_DENIED", {});
}
