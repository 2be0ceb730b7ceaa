/** The local KMS's ciphertext blob: AES-256-GCM under one generation of a key, which the blob names. */

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { KmsError } from "./kms-error.ts";

export type EncryptionContext = { readonly [name: string]: string };

/** The unencrypted part of a blob; it is authenticated. */
export interface BlobHeader {
  readonly keyId: string;
  /** Index of the key's generation that wrapped it. */
  readonly generation: number;
}

const format = 1;
const keyIdBytes = 16;
const headerBytes = 1 + keyIdBytes + 2;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts under key material. The context is additional authenticated data. */
export function sealBlob(
  header: BlobHeader,
  material: Uint8Array,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Buffer {
  const head = encodeHeader(header);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", material, nonce);
  cipher.setAAD(Buffer.concat([head, encodeContext(context)]));
  return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws InvalidCiphertextException if the blob is not one of this KMS */
export function readHeader(blob: Buffer): BlobHeader {
  if (blob.length < headerBytes + nonceBytes + tagBytes || blob[0] !== format) {
    throw new KmsError("InvalidCiphertextException");
  }
  const hex = blob.toString("hex", 1, 1 + keyIdBytes);
  return {
    keyId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    generation: blob.readUInt16BE(1 + keyIdBytes),
  };
}

/** @throws InvalidCiphertextException if blob, material or context differ from sealing */
export function openBlob(blob: Buffer, material: Uint8Array, context: EncryptionContext): Buffer {
  const nonceEnd = headerBytes + nonceBytes;
  const decipher = createDecipheriv("aes-256-gcm", material, blob.subarray(headerBytes, nonceEnd), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.concat([blob.subarray(0, headerBytes), encodeContext(context)]));
  decipher.setAuthTag(blob.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(blob.subarray(nonceEnd, -tagBytes)), decipher.final()]);
  } catch {
    // AWS gives no further reason either.
    throw new KmsError("InvalidCiphertextException");
  }
}

function encodeHeader({ keyId, generation }: BlobHeader): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeUInt8(format, 0);
  head.write(keyId.replaceAll("-", ""), 1, "hex");
  head.writeUInt16BE(generation, 1 + keyIdBytes);
  return head;
}

/** Gives the same bytes for any order of the pairs. */
function encodeContext(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
