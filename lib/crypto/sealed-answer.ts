/** The answer of a sealed get_data: the envelope as JSON, which the caller opens (client/unseal.ts). Pure. */

import type { JsonObject } from "../base/json.ts";
import type { SealedData } from "./envelope.ts";
import type { EncryptionContext } from "./key-service.ts";

/** A version's data as stored, and the context that it is bound to. */
export interface BoundData {
  readonly sealed: SealedData;
  readonly context: EncryptionContext;
}

/** The sealed form of the API's `SecretDataInfo`. */
export type SealedAnswer = {
  readonly data: JsonObject;
  readonly encrypted: true;
  readonly encrypt_options: JsonObject;
};

/** Prefix of the fields of the trusted secret's data; the secret's own have none. */
export type PartPrefix = "" | "trusted_";

/** Bytes become base64. The secret's own and the trusted secret's data stand side by side, and open separately. */
export function toSealedAnswer(own: BoundData, trusted?: BoundData): SealedAnswer {
  return {
    data: { ...toData("", own), ...(trusted && toData("trusted_", trusted)) },
    encrypted: true,
    encrypt_options: { encrypt_type: "AWS_KMS", ...toOptions("", own), ...(trusted && toOptions("trusted_", trusted)) },
  };
}

function toData(prefix: PartPrefix, { sealed }: BoundData): JsonObject {
  return { [`${prefix}encrypted_data`]: toBase64(sealed.encryptedData) };
}

function toOptions(prefix: PartPrefix, { sealed, context }: BoundData): JsonObject {
  return {
    [`${prefix}encrypt_algorithm`]: sealed.algorithm,
    [`${prefix}encrypted_data_key`]: toBase64(sealed.encryptedDataKey),
    [`${prefix}nonce`]: toBase64(sealed.nonce),
    [`${prefix}salt`]: toBase64(sealed.salt),
    [`${prefix}commitment`]: toBase64(sealed.commitment),
    [`${prefix}encrypt_context`]: context,
  };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
