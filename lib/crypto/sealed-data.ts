/** A version's data as it is stored: the envelope's parts. */

/** Byte lengths: nonce 12, salt 32, commitment 32; encryptedData = ciphertext and its 16-byte tag. */
export interface SealedData {
  readonly encryptedData: Uint8Array;
  /** KMS ciphertext blob, as it came: KMS can re-wrap it. */
  readonly encryptedDataKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly algorithm: string;
  /** The wrapping key's ARN, for operators; opening does not read it. */
  readonly keyId: string;
}
