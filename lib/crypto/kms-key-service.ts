/** The key service on AWS KMS. Only this file imports its client. */

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
/** KMS's limit. For other lengths it answers the same ValidationException as for all mistakes. */
const maxWrappedKeyBytes = 6144;

/** Data keys from KMS. Whoever makes the client sets its retries and timeouts. */
export class KmsKeyService implements KeyService {
  readonly #client: KMSClient;
  readonly #keyId: string;

  /** `keyId` (id, ARN or alias) wraps new data keys. IAM decides which keys may unwrap: see `unwrapDataKey`. */
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
   * Names no key, because the authenticated blob does. So a row opens under the key that wrapped it last, before and after
   * a change of keys. IAM refuses a blob under a foreign key: the role may decrypt only with the project's.
   */
  async unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject> {
    return await unwrapWithKms(this.#client, { wrappedKey, context }, options);
  }
}

/** A wrapped data key and the context it is bound to. */
export interface WrappedDataKey {
  readonly wrappedKey: Uint8Array;
  readonly context: EncryptionContext;
  /** The only key that may have wrapped it. If absent, any key that the caller may decrypt with. */
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
    // The client reports an abort by another error, without the reason.
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

/** The data key of an answer, whose copy is cleared; `undefined` if it is not 256 bits. */
function takeDataKey(plaintext: Uint8Array | undefined): KeyObject | undefined {
  if (plaintext?.length !== dataKeyBytes) {
    plaintext?.fill(0);
    return undefined;
  }
  const key = createSecretKey(plaintext);
  plaintext.fill(0);
  return key;
}
