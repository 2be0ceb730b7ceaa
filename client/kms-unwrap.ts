/** Unwraps data keys with KMS. Apart, so that who opens nothing needs no KMS client. */

import { type KMSClient, KMSServiceException } from "@aws-sdk/client-kms";
import { SecretError } from "../lib/base/errors.ts";
import { unwrapWithKms } from "../lib/crypto/kms-key-service.ts";
import { SecretApiError } from "./secret-api-error.ts";
import type { Unwrap } from "./unseal.ts";

/**
 * Unwraps with KMS under the caller's own credentials. `keyId` admits that one key alone: for a caller whose IAM
 * policy does not say which keys it may decrypt with.
 * @throws CorruptDataError when the wrapped key does not open
 * @throws SecretApiError: ERROR_PERMISSION_DENIED when KMS refuses the caller, ERROR_UNAVAILABLE when it does not answer
 */
export function kmsUnwrap(client: KMSClient, keyId?: string): Unwrap {
  return async (wrappedKey, context, options) => {
    try {
      return await unwrapWithKms(client, { wrappedKey, context, keyId }, options);
    } catch (error) {
      throw error instanceof SecretError ? toApiError(error) : error;
    }
  };
}

/** What is thrown is that KMS does not answer; only the cause tells that it refuses. */
function toApiError({ message, cause }: Error): SecretApiError {
  const isDenied = cause instanceof KMSServiceException && cause.name === "AccessDeniedException";
  if (!isDenied) return new SecretApiError("ERROR_UNAVAILABLE", message, { cause });
  return new SecretApiError("ERROR_PERMISSION_DENIED", "KMS does not let the caller decrypt.", { cause });
}
