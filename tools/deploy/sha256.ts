/**
 * Replaces the SDK's SHA-256 in the bundles, which signs every request. It also uses node:crypto, but passes an HMAC's
 * key as a KeyObject: for raw bytes, Node throws and catches exceptions internally, which takes longer than the HMAC
 * itself. It leaves out the SDK's JavaScript SHA-256 for a Node without node:crypto.
 */

import { createHash, createHmac, createSecretKey, type Hash, type Hmac } from "node:crypto";

/** Has the name under which the SDK's clients load it. A hash, or with a secret an HMAC. */
export class Sha256Node {
  readonly digestLength = 32;
  readonly #make: () => Hash | Hmac;
  #state: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | NodeJS.ArrayBufferView) {
    this.#make = secret ? hmacOf(secret) : () => createHash("sha256");
    this.#state = this.#make();
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  /** A hash can be continued afterwards; an HMAC is finished. */
  async digest(): Promise<Uint8Array> {
    return "copy" in this.#state ? this.#state.copy().digest() : this.#state.digest();
  }

  reset(): void {
    this.#state = this.#make();
  }
}

function hmacOf(secret: string | ArrayBuffer | NodeJS.ArrayBufferView): () => Hmac {
  const key = typeof secret === "string" ? createSecretKey(secret, "utf8") : createSecretKey(toBytes(secret));
  return () => createHmac("sha256", key);
}

function toBytes(bytes: ArrayBuffer | NodeJS.ArrayBufferView): Buffer {
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
}
