/** A key service in memory: real AES-GCM under its own key, with the encryption context bound as in KMS. */

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Abortable } from "../../lib/base/async.ts";
import { SecretError } from "../../lib/base/errors.ts";
import { CorruptDataError, encodeContext } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, GeneratedDataKey, KeyService } from "../../lib/crypto/key-service.ts";

const nonceBytes = 12;
const tagBytes = 16;

export class FakeKeyService implements KeyService {
  readonly keyId = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000";
  /** Numbers of calls so far, including failed ones. */
  readonly calls = { generateDataKey: 0, unwrapDataKey: 0 };
  /** The signal of each call so far. */
  readonly signals: (AbortSignal | undefined)[] = [];
  /** While true, every call throws ERROR_UNAVAILABLE. */
  isDown = false;
  /** The least time that every call takes. */
  delayMs = 0;
  readonly #wrappingKey = createSecretKey(randomBytes(32));

  async generateDataKey(context: EncryptionContext, options: Abortable = {}): Promise<GeneratedDataKey> {
    this.calls.generateDataKey += 1;
    await this.#work(options);
    const dataKey = randomBytes(32);
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#wrappingKey, nonce, { authTagLength: tagBytes });
    cipher.setAAD(encodeContext("fake", context));
    const wrappedKey = Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
    return { key: createSecretKey(dataKey), wrappedKey, keyId: this.keyId };
  }

  async unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options: Abortable = {}): Promise<KeyObject> {
    this.calls.unwrapDataKey += 1;
    await this.#work(options);
    try {
      const nonce = wrappedKey.subarray(0, nonceBytes);
      const decipher = createDecipheriv("aes-256-gcm", this.#wrappingKey, nonce, { authTagLength: tagBytes });
      decipher.setAAD(encodeContext("fake", context)).setAuthTag(wrappedKey.subarray(-tagBytes));
      const dataKey = decipher.update(wrappedKey.subarray(nonceBytes, -tagBytes));
      decipher.final();
      return createSecretKey(dataKey);
    } catch {
      throw new CorruptDataError();
    }
  }

  /** Applies the delay and the failure that a test has set. */
  async #work({ signal }: Abortable): Promise<void> {
    this.signals.push(signal);
    signal?.throwIfAborted();
    if (this.delayMs > 0) {
      await delay(this.delayMs, signal);
    }
    if (this.isDown) {
      throw new SecretError("ERROR_UNAVAILABLE", { service: "kms" }, { cause: new Error("The fake is down.") });
    }
  }
}

async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
