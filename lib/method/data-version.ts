/** Seals a version's data under its own data key. */

import type { JsonText } from "../base/json-text.ts";
import { seal } from "../crypto/envelope.ts";
import type { EncryptionContext, KeyService } from "../crypto/key-service.ts";
import type { DataVersion } from "../store/secret-store.ts";
import type { Call } from "./call.ts";

type VersionId = Pick<DataVersion, "domainId" | "secretId" | "version" | "trustedSecretId">;

/** The encryption context, which binds a version's data key to its row. */
export function contextOf({ domainId, secretId, version, trustedSecretId }: VersionId): EncryptionContext {
  return {
    domain_id: domainId,
    secret_id: secretId,
    version: String(version),
    ...(trustedSecretId !== null && { trusted_secret_id: trustedSecretId }),
  };
}

/** @throws ERROR_UNAVAILABLE */
export async function sealVersion(
  id: VersionId,
  data: JsonText,
  call: Pick<Call, "now" | "signal">,
  keys: Pick<KeyService, "generateDataKey">,
): Promise<DataVersion> {
  const context = contextOf(id);
  const dataKey = await keys.generateDataKey(context, call);
  const plaintext = Buffer.from(data.text);
  try {
    return { ...id, ...seal(plaintext, dataKey, context), createdAt: call.now.toISOString() };
  } finally {
    plaintext.fill(0);
  }
}
