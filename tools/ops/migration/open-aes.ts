/** Decrypts data that Cloudforet's `EncryptMutationHandler` encrypted, with the installation's key. */

import { createDecipheriv } from "node:crypto";
import type { JsonObject } from "../../../lib/base/json.ts";
import { type JsonText, parseJsonText } from "../../../lib/base/json-text.ts";

/** How a document's data is encrypted. */
export interface Encryption {
  readonly isEncrypted: boolean;
  readonly options: JsonObject;
}

/** Why data cannot be decrypted. The message says nothing about the data. */
export class EncryptionError extends Error {
  override readonly name = "EncryptionError";
}

const keyBytes: ReadonlySet<number> = new Set([16, 24, 32]);
const tagBytes = 16;
const nonceBytes = 12;

/**
 * Parses the handler's setting `encrypt_key`: base64 of 16, 24 or 32 bytes.
 * @throws Error with a sentence for the user
 */
export function parseKey(text: string): Buffer {
  const key = Buffer.from(text, "base64");
  if (keyBytes.has(key.length)) return key;
  throw new Error("Cloudforet's encrypt_key must be 16, 24 or 32 bytes in base64.");
}

/**
 * `data` is `{encrypted_data}`: base64 of AES-GCM's ciphertext and tag, without additional data. The plaintext is
 * base64 of the data as JSON.
 * @throws EncryptionError, JsonTextError
 */
export function openAes(data: JsonText, { encrypt_algorithm, nonce }: JsonObject, key: Buffer | null): JsonText {
  if (encrypt_algorithm !== "AES")
    throw new EncryptionError(`is encrypted with ${describe(encrypt_algorithm)}, and only AES is supported`);
  if (key === null) throw new EncryptionError("is encrypted, and no key was given: use --key-env");
  const sealed = bytesOf(data.parse()["encrypted_data"]);
  const iv = bytesOf(nonce);
  if (sealed.length < tagBytes || iv.length !== nonceBytes)
    throw new EncryptionError("is not in the format of encrypted data");
  return parseJsonText(Buffer.from(decrypt(sealed, iv, key).toString("latin1"), "base64").toString("utf8"));
}

function decrypt(sealed: Buffer, nonce: Buffer, key: Buffer): Buffer {
  const tagStart = sealed.length - tagBytes;
  const decipher = createDecipheriv(`aes-${key.length * 8}-gcm` as "aes-256-gcm", key, nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(sealed.subarray(tagStart));
  try {
    const opened = decipher.update(sealed.subarray(0, tagStart));
    // Throws if the tag does not match: `opened` is not authentic before.
    decipher.final();
    return opened;
  } catch {
    throw new EncryptionError("cannot be decrypted with this key");
  }
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(typeof value === "string" ? value : "", "base64");
}

/** The name of an algorithm, which is not secret. */
function describe(algorithm: unknown): string {
  return typeof algorithm === "string" ? algorithm.slice(0, 40) : "an unnamed algorithm";
}
