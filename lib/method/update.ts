/** update: changes a secret's name, tags, project and expiry; never its data or its ids. */

import { SecretError } from "../base/errors.ts";
import { type JsonObject, mergePatch } from "../base/json.ts";
import type { IdentityService } from "../identity/identity.ts";
import { findTagsFault } from "../request/field.ts";
import type { UpdateRequest } from "../request/messages.ts";
import { type Secret, type SecretInfo, type StoredSecret, toInfo } from "../secret/secret.ts";
import type { SecretStore } from "../store/secret-store.ts";
import { assertProject } from "./assignment.ts";
import { assertMayAssign, type Call, getVisibleSecret, retryWhenChanged } from "./call.ts";

export interface UpdatePorts {
  readonly secrets: Pick<SecretStore, "findSecret" | "changeSecret">;
  readonly identity: IdentityService | null;
}

/**
 * @throws ERROR_NOT_FOUND (secret, project), ERROR_SAVE_UNIQUE_VALUES, ERROR_PERMISSION_DENIED,
 *   ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE
 */
export async function update(request: UpdateRequest, call: Call, ports: UpdatePorts): Promise<SecretInfo> {
  return await retryWhenChanged({ key: "secret_id", value: request.secret_id }, call, async () => {
    const before = await getVisibleSecret(request.domain_id, request.secret_id, call, ports.secrets);
    const changes = changesOf(request, before);
    if (changes.project_id !== undefined) await assertMayMove(changes.project_id, request, call, ports);
    if (Object.keys(changes).length === 0) return toInfo(before);
    const after: StoredSecret = { ...before, ...changes, updated_at: call.now.toISOString() };
    const result = await ports.secrets.changeSecret({ before, after }, call);
    if (result.kind === "done") return toInfo(after);
    if (result.refusal === "name-taken") throw new SecretError("ERROR_SAVE_UNIQUE_VALUES", {});
    return undefined;
  });
}

type Changes = Partial<Pick<Secret, "name" | "tags" | "project_id" | "expires_at">>;

function changesOf(request: UpdateRequest, before: Secret): Changes {
  const project = request.release_project === true ? null : (request.project_id ?? undefined);
  return {
    ...(request.name !== null && { name: request.name }),
    ...(request.tags !== null && {
      tags: request.merge_tags === true ? mergeTags(before.tags, request.tags) : request.tags,
    }),
    ...(project !== undefined && { project_id: project }),
    ...(request.expires_at !== null && { expires_at: request.expires_at === "never" ? null : request.expires_at }),
  };
}

/** @throws ERROR_INVALID_PARAMETER if the merged tags exceed the limits */
function mergeTags(tags: JsonObject, patch: JsonObject): JsonObject {
  const merged = mergePatch(tags, patch) as JsonObject;
  const fault = findTagsFault(merged);
  if (fault !== undefined) throw new SecretError("ERROR_INVALID_PARAMETER", { key: "tags", reason: fault });
  return merged;
}

async function assertMayMove(
  projectId: string | null,
  request: UpdateRequest,
  call: Call,
  { identity }: UpdatePorts,
): Promise<void> {
  assertMayAssign(call, projectId);
  if (projectId !== null && identity !== null) await assertProject(identity, projectId, request.domain_id, call);
}
