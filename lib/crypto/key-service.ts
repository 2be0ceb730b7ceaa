/** The port to the key management service that wraps data keys. */

import type { KeyObject } from "node:crypto";
import type { Abortable } from "../base/async.ts";

/** What a data key is bound to: KMS unwraps it only under the same context. Values are not empty. */
export type EncryptionContext = {
  readonly domain_id: string;
  readonly secret_id: string;
  /** A decimal number, from 1. */
  readonly version: string;
  /** The trusted secret that the data is merged over. Bound, so that nobody can substitute another. */
  readonly trusted_secret_id?: string;
};

/** A fresh data key of 256 bits, and the same key wrapped, to be stored. */
export interface GeneratedDataKey {
  readonly key: KeyObject;
  /** KMS's ciphertext blob. */
  readonly wrappedKey: Uint8Array;
  /** The wrapping key's ARN. */
  readonly keyId: string;
}

/** If `options.signal` aborts a call, it rejects with the signal's reason. */
export interface KeyService {
  /** @throws ERROR_UNAVAILABLE if KMS does not answer, throttles longer than the retries last, or refuses */
  generateDataKey(context: EncryptionContext, options?: Abortable): Promise<GeneratedDataKey>;
  /**
   * Unwraps a data key.
   * @throws ERROR_UNAVAILABLE if KMS does not answer, throttles longer than the retries last, or refuses
   * @throws CorruptDataError if the wrapped key does not open under this context
   */
  unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject>;
}
