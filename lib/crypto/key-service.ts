/** The port to the key management service that wraps data keys. */

import type { KeyObject } from "node:crypto";
import type { Abortable } from "../base/async.ts";

/** What a data key is bound to; KMS refuses to unwrap it under any other. Values are non-empty. */
export type EncryptionContext = {
  readonly domain_id: string;
  readonly secret_id: string;
  /** Decimal, from 1. */
  readonly version: string;
  /** The trusted secret that the data is merged over: nobody can put another one in its place. */
  readonly trusted_secret_id?: string;
};

/** A fresh data key: 256 bits to use, and the same key wrapped, to store. */
export interface GeneratedDataKey {
  readonly key: KeyObject;
  /** KMS ciphertext blob. */
  readonly wrappedKey: Uint8Array;
  /** The wrapping key's ARN. */
  readonly keyId: string;
}

/** A call that `options.signal` aborts rejects with the signal's reason. */
export interface KeyService {
  /** @throws ERROR_UNAVAILABLE when KMS does not answer, throttles past the retries, or refuses. */
  generateDataKey(context: EncryptionContext, options?: Abortable): Promise<GeneratedDataKey>;
  /**
   * Unwraps a data key.
   * @throws ERROR_UNAVAILABLE when KMS does not answer, throttles past the retries, or refuses.
   * @throws CorruptDataError when the wrapped key does not open under this context.
   */
  unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject>;
}
