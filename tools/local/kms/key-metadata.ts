/** What `DescribeKey` and `CreateKey` tell of a key. */

import type { StoredKey } from "./key-file.ts";
import type { Keyring } from "./keyring.ts";

/** The only kind of key there is here. */
export const algorithm = "SYMMETRIC_DEFAULT";

export function describeKey(keyring: Keyring, key: StoredKey): { readonly KeyMetadata: object } {
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
