/** Unwraps data keys with KMS. Apart, so that who opens nothing needs no KMS client. */

import type { KMSClient } from "@aws-sdk/client-kms";
import { unwrapWithKms } from "../lib/crypto/kms-key-service.ts";
import type { Unwrap } from "./unseal.ts";

/**
 * Unwraps with KMS under the caller's own credentials. `keyId` admits that one key alone: for a caller whose IAM
 * policy does not say which keys it may decrypt with.
 * @throws CorruptDataError when the wrapped key does not open
 * @throws ERROR_UNAVAILABLE when KMS does not answer or refuses
 */
export function kmsUnwrap(client: KMSClient, keyId?: string): Unwrap {
  return async (wrappedKey, context) => await unwrapWithKms(client, { wrappedKey, context, keyId });
}
