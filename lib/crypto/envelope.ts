/**
 * Seals bytes under a data key, and opens them. docs/envelope.md describes the format. Pure, except that `seal` draws
 * nonce and salt itself, so that no caller can repeat one.
 */

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { EncryptionContext, GeneratedDataKey } from "./key-service.ts";

/** Byte lengths: nonce 12, salt 32, commitment 32. `encryptedData` is the ciphertext followed by its 16-byte tag. */
export interface SealedData {
  readonly encryptedData: Uint8Array;
  /** KMS's ciphertext blob, unchanged, so that KMS can re-wrap it. */
  readonly encryptedDataKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly algorithm: string;
  /** ARN of the wrapping key, for operators. Opening does not use it. */
  readonly keyId: string;
}

const suite = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";
const cipherName = "aes-256-gcm";
const sizes = { key: 32, salt: 32, commitment: 32, nonce: 12, tag: 16 } as const;

/** Encrypts a version's data. The data key must be fresh: each key seals once. */
export function seal(plaintext: Uint8Array, dataKey: GeneratedDataKey, context: EncryptionContext): SealedData {
  const salt = randomBytes(sizes.salt);
  const nonce = randomBytes(sizes.nonce);
  const { encryptionKey, commitment } = deriveKeys(dataKey.key, salt);
  const cipher = createCipheriv(cipherName, encryptionKey, nonce, { authTagLength: sizes.tag });
  cipher.setAAD(encodeContext(suite, context));
  return {
    encryptedData: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]),
    encryptedDataKey: dataKey.wrappedKey,
    nonce,
    salt,
    commitment,
    algorithm: suite,
    keyId: dataKey.keyId,
  };
}

/**
 * Decrypts a version's data with its unwrapped data key.
 * @throws CorruptDataError for every kind of failure, so that it tells an attacker nothing
 */
export function open(
  sealed: Omit<SealedData, "encryptedDataKey" | "keyId">,
  key: KeyObject,
  context: EncryptionContext,
): Buffer {
  if (!isLaidOut(sealed) || key.symmetricKeySize !== sizes.key) {
    throw new CorruptDataError();
  }
  const { encryptionKey, commitment } = deriveKeys(key, sealed.salt);
  // An attacker can craft an AES-GCM ciphertext that opens under two keys. The commitment admits only one key.
  if (!timingSafeEqual(commitment, sealed.commitment)) {
    throw new CorruptDataError();
  }
  const tagStart = sealed.encryptedData.length - sizes.tag;
  const decipher = createDecipheriv(cipherName, encryptionKey, sealed.nonce, { authTagLength: sizes.tag });
  try {
    decipher.setAAD(encodeContext(suite, context)).setAuthTag(sealed.encryptedData.subarray(tagStart));
    const plaintext = decipher.update(sealed.encryptedData.subarray(0, tagStart));
    // Returns no bytes in this mode, but throws if the tag does not match: `plaintext` is not authentic before.
    decipher.final();
    return plaintext;
  } catch {
    throw new CorruptDataError();
  }
}

/**
 * Encodes a label and pairs so that no two inputs give the same bytes. The length in bytes precedes each string, and
 * the number of pairs precedes the pairs, as 32-bit big-endian integers. Pairs are sorted by the UTF-8 bytes of their
 * names.
 * @throws TypeError for a string with a lone surrogate, which has no UTF-8 form
 */
export function encodeContext(label: string, context: { readonly [name: string]: string }): Buffer {
  const pairs = Object.entries(context)
    .map(([name, value]) => ({ name: toUtf8(name), value: toUtf8(value) }))
    .sort((a, b) => a.name.compare(b.name));
  const texts = pairs.flatMap(({ name, value }) => [uint32(name.length), name, uint32(value.length), value]);
  const labelBytes = toUtf8(label);
  return Buffer.concat([uint32(labelBytes.length), labelBytes, uint32(pairs.length), ...texts]);
}

/** Stored data cannot be opened: the key, the tag, the layout or the context is wrong. Never has a cause. */
export class CorruptDataError extends Error {
  override readonly name = "CorruptDataError";

  constructor() {
    super("The data cannot be opened.");
  }
}

function isLaidOut({ algorithm, encryptedData, nonce, salt, commitment }: Parameters<typeof open>[0]): boolean {
  return (
    algorithm === suite &&
    encryptedData.length >= sizes.tag &&
    nonce.length === sizes.nonce &&
    salt.length === sizes.salt &&
    commitment.length === sizes.commitment
  );
}

/** One HKDF gives both keys: its 64 bytes are a single SHA-512 block, whose halves are independent. */
function deriveKeys(
  key: KeyObject,
  salt: Uint8Array,
): { readonly encryptionKey: KeyObject; readonly commitment: Buffer } {
  const derived = Buffer.from(hkdfSync("sha512", key, salt, suite, sizes.key + sizes.commitment));
  const encryptionKey = createSecretKey(derived.subarray(0, sizes.key));
  const commitment = Buffer.from(derived.subarray(sizes.key));
  derived.fill(0);
  return { encryptionKey, commitment };
}

function toUtf8(text: string): Buffer {
  if (!text.isWellFormed()) {
    throw new TypeError("An encryption context must be well-formed Unicode.");
  }
  return Buffer.from(text);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
