/**
 * The envelope: seals bytes under a data key, and opens them. The format is docs/envelope.md. Pure, but for the nonce
 * and salt that `seal` draws itself, so that no caller can repeat one.
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
import { CorruptDataError } from "./corrupt-data-error.ts";
import { encodeContext } from "./encryption-context.ts";
import type { EncryptionContext, GeneratedDataKey } from "./key-service.ts";
import type { SealedData } from "./sealed-data.ts";

const suite = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";
const cipherName = "aes-256-gcm";
const sizes = { key: 32, salt: 32, commitment: 32, nonce: 12, tag: 16 } as const;

/** Encrypts a version's data. The data key must be fresh: it is for this one call. */
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
 * @throws CorruptDataError whatever is wrong
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
  // AES-GCM alone opens one ciphertext under several keys, each to another plaintext; the commitment allows one.
  if (!timingSafeEqual(commitment, sealed.commitment)) {
    throw new CorruptDataError();
  }
  const tagStart = sealed.encryptedData.length - sizes.tag;
  const decipher = createDecipheriv(cipherName, encryptionKey, sealed.nonce, { authTagLength: sizes.tag });
  try {
    decipher.setAAD(encodeContext(suite, context)).setAuthTag(sealed.encryptedData.subarray(tagStart));
    const plaintext = decipher.update(sealed.encryptedData.subarray(0, tagStart));
    // Returns no bytes in this mode, but throws when the tag does not match: only then is `plaintext` to be trusted.
    decipher.final();
    return plaintext;
  } catch {
    throw new CorruptDataError();
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

/** One HKDF gives both: its 64 bytes are a single SHA-512 block, whose halves are independent. */
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
