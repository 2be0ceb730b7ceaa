/** Unwraps data keys with KMS. A file of its own, so that only callers who open sealed data need the KMS client. */

import { type KMSClient, KMSServiceException } from "@aws-sdk/client-kms";
import { SecretError } from "../lib/base/errors.ts";
import { unwrapWithKms } from "../lib/crypto/kms-key-service.ts";
import { SecretApiError } from "./secret-api-error.ts";
import type { Unwrap } from "./unseal.ts";

/**
 * Unwraps with KMS under the caller's own credentials. Give `keyId` to accept only this key, if the caller's IAM policy
 * does not already say so.
 * @throws CorruptDataError if the wrapped key does not open
 * @throws SecretApiError: ERROR_PERMISSION_DENIED if KMS refuses the caller, ERROR_UNAVAILABLE if it does not answer
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

/** The given error always says that KMS does not answer. Only its cause shows a refusal. */
function toApiError({ message, cause }: Error): SecretApiError {
  const isDenied = cause instanceof KMSServiceException && cause.name === "AccessDeniedException";
  if (!isDenied) return new SecretApiError("ERROR_UNAVAILABLE", message, { cause });
  return new SecretApiError("ERROR_PERMISSION_DENIED", "KMS does not allow the caller to decrypt.", { cause });
}
