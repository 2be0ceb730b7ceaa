/** Reads a sealed get_data answer: unknown JSON in, bytes out. The writer is lib/crypto/sealed-answer.ts. Pure. */

import { isObject } from "../lib/base/json.ts";
import type { EncryptionContext } from "../lib/crypto/key-service.ts";
import type { PartPrefix } from "../lib/crypto/sealed-answer.ts";
import type { SealedData } from "../lib/crypto/sealed-data.ts";

/** One secret's data in an answer. */
export interface SealedPart {
  readonly sealed: Omit<SealedData, "keyId">;
  readonly context: EncryptionContext;
}

/** What an answer holds; `trusted` lies under `own`. */
export interface SealedParts {
  readonly own: SealedPart;
  readonly trusted: SealedPart | undefined;
}

type Fields = { readonly [name: string]: unknown };

/** @throws TypeError naming the field when the answer is not sealed data */
export function parseSealedAnswer(answer: unknown): SealedParts {
  if (!isObject(answer) || answer["encrypted"] !== true) {
    throw malformed("encrypted", "true");
  }
  const fields = { ...getObject(answer, "data"), ...getObject(answer, "encrypt_options") };
  if (fields["encrypt_type"] !== "AWS_KMS") {
    throw malformed("encrypt_type", "AWS_KMS");
  }
  const isTrusting = Object.hasOwn(fields, "trusted_encrypted_data");
  return { own: parsePart("", fields), trusted: isTrusting ? parsePart("trusted_", fields) : undefined };
}

function parsePart(prefix: PartPrefix, fields: Fields): SealedPart {
  const context = getObject(fields, `${prefix}encrypt_context`);
  return {
    sealed: {
      encryptedData: getBytes(fields, `${prefix}encrypted_data`),
      encryptedDataKey: getBytes(fields, `${prefix}encrypted_data_key`),
      nonce: getBytes(fields, `${prefix}nonce`),
      salt: getBytes(fields, `${prefix}salt`),
      commitment: getBytes(fields, `${prefix}commitment`),
      algorithm: getText(fields, `${prefix}encrypt_algorithm`),
    },
    context: {
      domain_id: getText(context, "domain_id"),
      secret_id: getText(context, "secret_id"),
      version: getText(context, "version"),
      ...(Object.hasOwn(context, "trusted_secret_id") && { trusted_secret_id: getText(context, "trusted_secret_id") }),
    },
  };
}

function getObject(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (!isObject(value)) {
    throw malformed(name, "an object");
  }
  return value;
}

function getText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") {
    throw malformed(name, "a string");
  }
  return value;
}

/** Strict, unlike `Buffer.from`, which skips what is no base64. */
function getBytes(fields: Fields, name: string): Buffer {
  const text = getText(fields, name);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) {
    throw malformed(name, "base64");
  }
  return bytes;
}

function malformed(name: string, type: string): TypeError {
  return new TypeError(`The answer is not sealed data: ${name} is not ${type}.`);
}
