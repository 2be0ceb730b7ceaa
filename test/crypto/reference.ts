/** A second implementation of the envelope, from docs/envelope.md and HMAC alone, to compare lib/crypto with. */

import { createCipheriv, createHmac } from "node:crypto";

const suite = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";

export interface ReferenceInput {
  readonly dataKey: Uint8Array;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly context: { readonly domain_id: string; readonly secret_id: string; readonly version: string };
  readonly plaintext: Uint8Array;
}

export interface ReferenceOutput {
  readonly encryptedData: Buffer;
  readonly commitment: Buffer;
}

export function sealByReference({ dataKey, salt, nonce, context, plaintext }: ReferenceInput): ReferenceOutput {
  const pseudorandomKey = createHmac("sha512", salt).update(dataKey).digest();
  const derived = createHmac("sha512", pseudorandomKey).update(suite).update(Buffer.of(1)).digest();
  const cipher = createCipheriv("aes-256-gcm", derived.subarray(0, 32), nonce);
  cipher.setAAD(aad(context));
  return {
    encryptedData: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]),
    commitment: derived.subarray(32),
  };
}

function aad({ domain_id, secret_id, version }: ReferenceInput["context"]): Buffer {
  const pairs = ["domain_id", domain_id, "secret_id", secret_id, "version", version];
  return Buffer.concat([text(suite), Buffer.of(0, 0, 0, 3), ...pairs.map(text)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(0, 0, bytes.length >> 8, bytes.length & 255), bytes]);
}
