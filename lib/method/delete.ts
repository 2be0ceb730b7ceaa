/** delete: removes a secret with all versions of its data, and frees its name. */

import { SecretError } from "../base/errors.ts";
import type { DeleteRequest } from "../request/messages.ts";
import type { SecretStore } from "../store/secret-store.ts";
import { type Call, getVisibleSecret, retryWhenChanged } from "./call.ts";

export interface DeletePorts {
  readonly secrets: Pick<SecretStore, "findSecret" | "deleteSecret">;
}

/** @throws ERROR_NOT_FOUND, ERROR_EXIST_RELATED_SECRET, ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE */
export async function deleteSecret(
  request: DeleteRequest,
  call: Call,
  ports: DeletePorts,
): Promise<Record<never, never>> {
  return await retryWhenChanged({ key: "secret_id", value: request.secret_id }, call, async () => {
    const secret = await getVisibleSecret(request.domain_id, request.secret_id, call, ports.secrets);
    const result = await ports.secrets.deleteSecret(secret, call);
    if (result.kind === "done") return {};
    if (result.refusal === "has-dependents") {
      throw new SecretError("ERROR_EXIST_RELATED_SECRET", { secret_id: request.secret_id });
    }
    return undefined;
  });
}
