/**
 * delete: removes a secret with all versions of its data, and frees its name. An operator can restore it for a while.
 */

import { SecretError } from "../base/errors.ts";
import type { DeleteRequest } from "../request/messages.ts";
import type { KeptUntil, SecretStore } from "../store/secret-store.ts";
import { type Call, getVisibleSecret, retryWhenChanged } from "./call.ts";

export interface DeletePorts {
  readonly secrets: Pick<SecretStore, "findSecret" | "deleteSecret">;
  /** For how many days a deleted secret can be restored; 0: not at all. */
  readonly keptDays: number;
}

const secondsPerDay = 24 * 60 * 60;

/** @throws ERROR_NOT_FOUND, ERROR_EXIST_RELATED_SECRET, ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE */
export async function deleteSecret(
  request: DeleteRequest,
  call: Call,
  ports: DeletePorts,
): Promise<Record<never, never>> {
  const kept = request.permanently === true || ports.keptDays === 0 ? null : keptUntil(call.now, ports.keptDays);
  return await retryWhenChanged({ key: "secret_id", value: request.secret_id }, call, async () => {
    const secret = await getVisibleSecret(request.domain_id, request.secret_id, call, ports.secrets);
    const result = await ports.secrets.deleteSecret({ secret, kept }, call);
    if (result.kind === "done") return {};
    if (result.refusal === "has-dependents") {
      throw new SecretError("ERROR_EXIST_RELATED_SECRET", { secret_id: request.secret_id });
    }
    return undefined;
  });
}

function keptUntil(now: Date, days: number): KeptUntil {
  return { deletedAt: now.toISOString(), expiresAt: Math.floor(now.getTime() / 1000) + days * secondsPerDay };
}
