/** update_data: stores new data as a secret's current version. */

import { SecretError } from "../base/errors.ts";
import type { KeyService } from "../crypto/key-service.ts";
import type { UpdateDataRequest } from "../request/messages.ts";
import { providerOf, type StoredSecret } from "../secret/secret.ts";
import { type DataVersion, type DataWrite, maxDroppedVersions, type SecretStore } from "../store/secret-store.ts";
import type { AssignmentPorts } from "./assignment.ts";
import { type Call, getVisibleSecret, retryWhenChanged } from "./call.ts";
import { assertRepeats, clientToken } from "./client-token.ts";
import { sealVersion } from "./data-version.ts";

export interface UpdateDataPorts extends AssignmentPorts {
  readonly secrets: Pick<SecretStore, "findSecret" | "addData" | "findToken">;
  readonly keys: Pick<KeyService, "generateDataKey">;
  /** How many versions stay readable; at least 1. */
  readonly versionsKept: number;
}

/** @throws ERROR_NOT_FOUND, ERROR_VERSION_CONFLICT, ERROR_UNAVAILABLE */
export async function updateData(
  request: UpdateDataRequest,
  call: Call,
  ports: UpdateDataPorts,
): Promise<Record<never, never>> {
  const { domain_id: domainId, secret_id: secretId } = request;
  const token = clientToken(request, ["update_data", secretId], call.now);
  return await retryWhenChanged({ key: "secret_id", value: secretId }, call, async () => {
    const sealed = sealExpected(request, call, ports);
    const [before, first] = await Promise.all([
      getVisibleSecret(domainId, secretId, call, ports.secrets),
      token === null ? undefined : ports.secrets.findToken(domainId, token, call),
    ]);
    // This must come before the version check: the first call under the token has made `expected_version` outdated.
    if (token !== null && first !== undefined) {
      assertRepeats(token, first);
      return {};
    }
    assertExpected(request, before);
    const write = await nextVersion({ request, before, sealed }, call, ports);
    const result = await ports.secrets.addData({ ...write, token }, call);
    return result.kind === "done" ? {} : undefined;
  });
}

interface Change {
  readonly request: UpdateDataRequest;
  readonly before: StoredSecret;
  /** The data, sealed as version `expected_version` + 1 of a secret that trusts no other. */
  readonly sealed: Promise<DataVersion> | null;
}

/**
 * With `expected_version` the encryption context is known before the row is read, so that sealing and reading run at
 * the same time. Returns `null` without it, and for a caller limited to projects, who may not see the secret.
 */
function sealExpected(request: UpdateDataRequest, call: Call, { keys }: UpdateDataPorts): Promise<DataVersion> | null {
  const { domain_id: domainId, secret_id: secretId, expected_version: expected } = request;
  if (expected === null || call.principal.projects !== null) return null;
  const sealed = sealVersion(
    { domainId, secretId, version: expected + 1, trustedSecretId: null },
    request.data,
    call,
    keys,
  );
  // If reading the row fails first, nobody awaits this promise: its rejection must not count as unhandled.
  sealed.catch(() => undefined);
  return sealed;
}

function assertExpected(
  { expected_version: expected, secret_id: value }: UpdateDataRequest,
  before: StoredSecret,
): void {
  if (expected === null || expected === before.version) return;
  throw new SecretError("ERROR_VERSION_CONFLICT", { key: "secret_id", value });
}

async function nextVersion(
  { request, before, sealed }: Change,
  call: Call,
  ports: UpdateDataPorts,
): Promise<Omit<DataWrite, "token">> {
  const version = (before.version ?? 0) + 1;
  const ids = { domainId: before.domain_id, secretId: before.secret_id, trustedSecretId: before.trusted_secret_id };
  const isAsExpected = sealed !== null && before.trusted_secret_id === null;
  const data = await (isAsExpected ? sealed : sealVersion({ ...ids, version }, request.data, call, ports.keys));
  const dropVersions = fallingOut(before.oldest_version, version - ports.versionsKept);
  const oldest_version = before.oldest_version + dropVersions.length;
  const changes = {
    ...schemaChange(request, ports),
    version,
    oldest_version,
    // The old date belonged to the old data.
    expires_at: request.expires_at,
    updated_at: call.now.toISOString(),
  };
  return { before, after: { ...before, ...changes }, data, dropVersions };
}

/** The versions from `oldest` to `last`: usually one, more after `versionsKept` was lowered. */
function fallingOut(oldest: number, last: number): readonly number[] {
  const count = Math.min(maxDroppedVersions, Math.max(0, last - oldest + 1));
  return Array.from({ length: count }, (_, index) => oldest + index);
}

function schemaChange(
  request: UpdateDataRequest,
  { identity, providers }: AssignmentPorts,
): Partial<Pick<StoredSecret, "schema" | "provider">> {
  if (request.schema === null) return {};
  const { schema } = request;
  return identity === null ? { schema, provider: providerOf(schema, providers) } : { schema };
}
