/** The key service on AWS KMS: the only file that imports its client. */

import { createSecretKey, type KeyObject } from "node:crypto";
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
} from "@aws-sdk/client-kms";
import type { Abortable } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";
import { CorruptDataError } from "./envelope.ts";
import type { EncryptionContext, GeneratedDataKey, KeyService } from "./key-service.ts";

const dataKeyBytes = 32;
/** KMS's limit; it answers a length outside with the ValidationException that it has for all mistakes. */
const maxWrappedKeyBytes = 6144;

/** Data keys from KMS. The client's own retries and timeouts are its maker's to set. */
export class KmsKeyService implements KeyService {
  readonly #client: KMSClient;
  readonly #keyId: string;

  /** `keyId` (id, ARN or alias) wraps new data keys; what may unwrap is for IAM to say, see `unwrapDataKey`. */
  constructor(client: KMSClient, keyId: string) {
    this.#client = client;
    this.#keyId = keyId;
  }

  async generateDataKey(context: EncryptionContext, options: Abortable = {}): Promise<GeneratedDataKey> {
    const command = new GenerateDataKeyCommand({ KeyId: this.#keyId, KeySpec: "AES_256", EncryptionContext: context });
    const answer = await callKms(options, async (http) => await this.#client.send(command, http));
    const key = takeDataKey(answer.Plaintext);
    if (key === undefined || answer.CiphertextBlob === undefined || answer.KeyId === undefined) {
      throw unavailable(new Error("KMS answered GenerateDataKey without a data key of 256 bits."));
    }
    return { key, wrappedKey: answer.CiphertextBlob, keyId: answer.KeyId };
  }

  /**
   * Names no key: the blob does, authenticated, so a row opens under the key that wrapped it last, before and after a
   * change of keys. A blob under a foreign key is refused by IAM, which lets the role decrypt with the project's alone.
   */
  async unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject> {
    return await unwrapWithKms(this.#client, { wrappedKey, context }, options);
  }
}

/** A wrapped data key with what it is bound to. */
export interface WrappedDataKey {
  readonly wrappedKey: Uint8Array;
  readonly context: EncryptionContext;
  /** The only key that may have wrapped it; any that the caller may decrypt with where absent. */
  readonly keyId?: string | undefined;
}

/** `KeyService.unwrapDataKey` for those who only unwrap; throws as it does. */
export async function unwrapWithKms(
  client: KMSClient,
  { wrappedKey, context, keyId }: WrappedDataKey,
  options: Abortable = {},
): Promise<KeyObject> {
  if (wrappedKey.length === 0 || wrappedKey.length > maxWrappedKeyBytes) {
    throw new CorruptDataError();
  }
  const command = new DecryptCommand({ CiphertextBlob: wrappedKey, EncryptionContext: context, KeyId: keyId });
  const answer = await callKms(options, async (http) => await client.send(command, http));
  const key = takeDataKey(answer.Plaintext);
  if (key === undefined) {
    throw new CorruptDataError();
  }
  return key;
}

async function callKms<Answer>(
  { signal }: Abortable,
  send: (http: { readonly abortSignal?: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    // The client reports an abort as an error of its own, without the reason.
    signal?.throwIfAborted();
    if (error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException) {
      throw new CorruptDataError();
    }
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): SecretError {
  return new SecretError("ERROR_UNAVAILABLE", { service: "kms" }, { cause });
}

/** The data key of an answer, whose own copy is cleared; `undefined` where it is not 256 bits. */
function takeDataKey(plaintext: Uint8Array | undefined): KeyObject | undefined {
  if (plaintext?.length !== dataKeyBytes) {
    plaintext?.fill(0);
    return undefined;
  }
  const key = createSecretKey(plaintext);
  plaintext.fill(0);
  return key;
}
