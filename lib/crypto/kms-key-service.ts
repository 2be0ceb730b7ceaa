/** The key service on AWS KMS. */

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
/** KMS's limit. It answers other lengths with a ValidationException, which does not say that the data is corrupt. */
const maxWrappedKeyBytes = 6144;

/** Data keys from KMS. The given client decides on retries and timeouts. */
export class KmsKeyService implements KeyService {
  readonly #client: KMSClient;
  readonly #keyId: string;

  /** @param keyId wraps new data keys (id, ARN or alias); not used to unwrap */
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
   * Names no key, because the authenticated blob does. So a row opens under the key that wrapped it last, before and
   * after a rotation. IAM refuses a foreign key: the role may decrypt only with the deployment's keys.
   */
  async unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject> {
    return await unwrapWithKms(this.#client, { wrappedKey, context }, options);
  }
}

/** A wrapped data key, and the context that it is bound to. */
export interface WrappedDataKey {
  readonly wrappedKey: Uint8Array;
  readonly context: EncryptionContext;
  /** The only KMS key that may have wrapped it. Absent: any key that the caller may decrypt with. */
  readonly keyId?: string | undefined;
}

/** `KeyService.unwrapDataKey` as a function, for the client, which only unwraps. Throws the same errors. */
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
    // For an abort, the SDK throws an error of its own, without the signal's reason.
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

/** Moves the data key out of an answer, and clears it there; `undefined` if it is not 256 bits. */
function takeDataKey(plaintext: Uint8Array | undefined): KeyObject | undefined {
  if (plaintext?.length !== dataKeyBytes) {
    plaintext?.fill(0);
    return undefined;
  }
  const key = createSecretKey(plaintext);
  plaintext.fill(0);
  return key;
}
