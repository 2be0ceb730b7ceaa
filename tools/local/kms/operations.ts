/** The operations of the local KMS: for each, the schema of its input and what it does. */

import { randomBytes } from "node:crypto";
import * as v from "valibot";
import type { Keyring, StoredKey } from "./keyring.ts";
import { KmsError } from "./kms-error.ts";

export type KmsOperation =
  | "CreateAlias"
  | "CreateKey"
  | "Decrypt"
  | "DescribeKey"
  | "DisableKey"
  | "EnableKey"
  | "GenerateDataKey"
  | "ReEncrypt"
  | "RotateKeyOnDemand";

const context = v.optional(v.record(v.string(), v.string()), {});
const keyId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const blob = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => Buffer.from(text, "base64")),
);
const oneKey = v.object({ KeyId: keyId });

type Answer = { readonly [field: string]: unknown };
type Operation = (input: unknown, keyring: Keyring) => Answer;

/** The only kind of key that the local KMS has. */
const algorithm = "SYMMETRIC_DEFAULT";
const dataKeyBytes = { AES_256: 32, AES_128: 16 } as const;

export const operations: Readonly<Record<KmsOperation, Operation>> = {
  GenerateDataKey: operation(
    v.object({
      KeyId: keyId,
      KeySpec: v.optional(v.picklist(["AES_256", "AES_128"])),
      NumberOfBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024))),
      EncryptionContext: context,
    }),
    ({ KeyId, KeySpec, NumberOfBytes, EncryptionContext }, keyring) => {
      const bytes = KeySpec === undefined ? NumberOfBytes : dataKeyBytes[KeySpec];
      if (bytes === undefined || (KeySpec !== undefined && NumberOfBytes !== undefined)) {
        throw new KmsError("ValidationException", "Please specify either number of bytes or key spec.");
      }
      const key = keyring.getKey(KeyId);
      const plaintext = randomBytes(bytes);
      return {
        CiphertextBlob: keyring.wrap(key, plaintext, EncryptionContext).toString("base64"),
        Plaintext: plaintext.toString("base64"),
        KeyId: keyring.arn(key.id),
      };
    },
  ),
  Decrypt: operation(
    v.object({ CiphertextBlob: blob, KeyId: v.optional(keyId), EncryptionContext: context }),
    ({ CiphertextBlob, KeyId, EncryptionContext }, keyring) => {
      const { key, plaintext } = keyring.unwrap(CiphertextBlob, EncryptionContext);
      assertWrappedBy(keyring, key, KeyId);
      return { Plaintext: plaintext.toString("base64"), KeyId: keyring.arn(key.id), EncryptionAlgorithm: algorithm };
    },
  ),
  ReEncrypt: operation(
    v.object({
      CiphertextBlob: blob,
      SourceKeyId: v.optional(keyId),
      SourceEncryptionContext: context,
      DestinationKeyId: keyId,
      DestinationEncryptionContext: context,
    }),
    (input, keyring) => {
      const source = keyring.unwrap(input.CiphertextBlob, input.SourceEncryptionContext);
      assertWrappedBy(keyring, source.key, input.SourceKeyId);
      const destination = keyring.getKey(input.DestinationKeyId);
      const rewrapped = keyring.wrap(destination, source.plaintext, input.DestinationEncryptionContext);
      return {
        CiphertextBlob: rewrapped.toString("base64"),
        SourceKeyId: keyring.arn(source.key.id),
        KeyId: keyring.arn(destination.id),
        SourceEncryptionAlgorithm: algorithm,
        DestinationEncryptionAlgorithm: algorithm,
      };
    },
  ),
  CreateKey: operation(v.object({}), (_, keyring) => describeKey(keyring, keyring.createKey())),
  CreateAlias: operation(
    v.object({ AliasName: v.pipe(v.string(), v.regex(/^alias\/[a-zA-Z0-9/_-]+$/)), TargetKeyId: keyId }),
    ({ AliasName, TargetKeyId }, keyring) => {
      keyring.createAlias(AliasName, TargetKeyId);
      return {};
    },
  ),
  DescribeKey: operation(oneKey, ({ KeyId }, keyring) => describeKey(keyring, keyring.getKey(KeyId))),
  DisableKey: switchKey(false),
  EnableKey: switchKey(true),
  RotateKeyOnDemand: operation(oneKey, ({ KeyId }, keyring) => {
    keyring.rotate(keyring.getKey(KeyId));
    return { KeyId };
  }),
};

export function isKmsOperation(name: string): name is KmsOperation {
  return Object.hasOwn(operations, name);
}

function operation<const Schema extends v.GenericSchema>(
  schema: Schema,
  run: (input: v.InferOutput<Schema>, keyring: Keyring) => Answer,
): Operation {
  return (input, keyring) => {
    const parsed = v.safeParse(schema, input);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new KmsError("ValidationException", `${v.getDotPath(issue) ?? "request"}: ${issue.message}`);
    }
    return run(parsed.output, keyring);
  };
}

function switchKey(isEnabled: boolean): Operation {
  return operation(oneKey, ({ KeyId }, keyring) => {
    keyring.setEnabled(keyring.getKey(KeyId), isEnabled);
    return {};
  });
}

function assertWrappedBy(keyring: Keyring, key: StoredKey, name: string | undefined): void {
  if (name !== undefined && keyring.getKey(name).id !== key.id) {
    const message = "The key ID in the request does not identify a CMK that can perform this operation.";
    throw new KmsError("IncorrectKeyException", message);
  }
}

/** The answer of `DescribeKey` and `CreateKey`. */
function describeKey(keyring: Keyring, key: StoredKey): { readonly KeyMetadata: object } {
  return {
    KeyMetadata: {
      KeyId: key.id,
      Arn: keyring.arn(key.id),
      CreationDate: Date.parse(key.createdAt) / 1000,
      Enabled: key.enabled,
      KeyState: key.enabled ? "Enabled" : "Disabled",
      KeySpec: algorithm,
      KeyUsage: "ENCRYPT_DECRYPT",
      EncryptionAlgorithms: [algorithm],
      KeyManager: "CUSTOMER",
      Origin: "AWS_KMS",
      MultiRegion: false,
    },
  };
}
