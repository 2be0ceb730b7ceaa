/** Finds a secret's provider and project, from the identity service if one is configured. */

import type { IdentityService } from "../identity/identity.ts";
import { type ProviderBySchema, providerOf } from "../secret/secret.ts";
import { type Call, notFound } from "./call.ts";

export interface AssignmentPorts {
  readonly identity: IdentityService | null;
  readonly providers: ProviderBySchema;
}

export interface Assignment {
  readonly provider: string | null;
  readonly project_id: string | null;
}

interface AssignedRequest {
  readonly schema: string | null;
  readonly service_account_id: string | null;
  readonly project_id: string | null;
  readonly domain_id: string;
}

/**
 * With an identity service, the service account's provider and project replace those of the request, even with `null`.
 * @throws ERROR_NOT_FOUND for an unknown service account or project; ERROR_UNAVAILABLE
 */
export async function findAssignment(
  request: AssignedRequest,
  call: Call,
  ports: AssignmentPorts,
): Promise<Assignment> {
  const { identity, providers } = ports;
  if (identity === null) {
    return { provider: providerOf(request.schema, providers), project_id: request.project_id };
  }
  if (request.service_account_id === null) {
    if (request.project_id !== null) await assertProject(identity, request.project_id, request.domain_id, call);
    return { provider: null, project_id: request.project_id };
  }
  const account = await identity.findServiceAccount(request.service_account_id, request.domain_id, call);
  if (account === undefined) throw notFound("service_account_id", request.service_account_id);
  return { provider: account.provider, project_id: account.projectId };
}

/** @throws ERROR_NOT_FOUND, ERROR_UNAVAILABLE */
export async function assertProject(
  identity: IdentityService,
  projectId: string,
  domainId: string,
  call: Call,
): Promise<void> {
  if (!(await identity.hasProject(projectId, domainId, call))) throw notFound("project_id", projectId);
}
