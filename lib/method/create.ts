/** create: stores a secret, its name and its first data. */

import { randomBytes } from "node:crypto";
import { SecretError } from "../base/errors.ts";
import type { KeyService } from "../crypto/key-service.ts";
import type { CreateRequest } from "../request/messages.ts";
import { seesProject } from "../secret/principal.ts";
import { type Secret, type SecretInfo, toInfo } from "../secret/secret.ts";
import type { ClientToken, SecretStore } from "../store/secret-store.ts";
import { type AssignmentPorts, findAssignment } from "./assignment.ts";
import { assertMayAssign, type Call, notFound, retryWhenChanged } from "./call.ts";
import { assertRepeats, clientToken, usedForAnother } from "./client-token.ts";
import { sealVersion } from "./data-version.ts";

export interface CreatePorts extends AssignmentPorts {
  readonly secrets: Pick<SecretStore, "createSecret" | "findToken">;
  readonly keys: Pick<KeyService, "generateDataKey">;
}

/**
 * @throws ERROR_SAVE_UNIQUE_VALUES, ERROR_NOT_FOUND (service account, project, trusted secret),
 *   ERROR_PERMISSION_DENIED, ERROR_UNAVAILABLE
 */
export async function create(request: CreateRequest, call: Call, ports: CreatePorts): Promise<SecretInfo> {
  const assignment = await findAssignment(request, call, ports);
  assertMayAssign(call, assignment.project_id);
  const token = clientToken(request, ["create"], call.now);
  return await retryWhenChanged({ key: "name", value: request.name }, call, async () => {
    const secret = newSecret(request, assignment, call.now);
    const id = { domainId: secret.domain_id, secretId: secret.secret_id, version: 1 };
    const data = await sealVersion(
      { ...id, trustedSecretId: secret.trusted_secret_id },
      request.data,
      call,
      ports.keys,
    );
    const result = await ports.secrets.createSecret(
      { secret, data, token, visibleProjects: call.principal.projects },
      call,
    );
    if (result.kind === "done") return toInfo(secret);
    switch (result.refusal) {
      case "token-used":
        return token === null ? undefined : await firstAnswer(request, token, call, ports);
      case "trusted-secret":
        throw notFound("trusted_secret_id", request.trusted_secret_id ?? "");
      case "name-taken":
        throw new SecretError("ERROR_SAVE_UNIQUE_VALUES", {});
      default:
        return undefined;
    }
  });
}

function newSecret(request: CreateRequest, assignment: Pick<Secret, "provider" | "project_id">, now: Date): Secret {
  return {
    secret_id: `secret-${randomBytes(6).toString("hex")}`,
    name: request.name,
    secret_type: request.secret_type,
    tags: request.tags ?? {},
    schema: request.schema,
    provider: assignment.provider,
    service_account_id: request.service_account_id,
    project_id: assignment.project_id,
    trusted_secret_id: request.trusted_secret_id,
    domain_id: request.domain_id,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    version: 1,
    expires_at: request.expires_at,
  };
}

/** What the first call under the token answered; `undefined` if the token has expired in between. */
async function firstAnswer(
  request: CreateRequest,
  token: ClientToken,
  call: Call,
  ports: CreatePorts,
): Promise<SecretInfo | undefined> {
  const record = await ports.secrets.findToken(request.domain_id, token, call);
  if (record === undefined) return undefined;
  assertRepeats(token, record);
  if (!seesProject(call.principal, record.secret.project_id)) throw usedForAnother();
  return toInfo(record.secret);
}
