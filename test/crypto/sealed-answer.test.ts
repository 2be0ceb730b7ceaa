import { describe, expect, it } from "vitest";
import { type BoundData, toSealedAnswer } from "../../lib/crypto/sealed-answer.ts";

const bound = (secretId: string, byte: number): BoundData => ({
  sealed: {
    encryptedData: Buffer.of(byte),
    encryptedDataKey: Buffer.of(byte + 1),
    nonce: Buffer.of(byte + 2),
    salt: Buffer.of(byte + 3),
    commitment: Buffer.of(byte + 4),
    algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
    keyId: "arn:aws:kms:us-east-1:000000000000:key/1",
  },
  context: { domain_id: "domain-1", secret_id: secretId, version: "3" },
});

const ownOptions = {
  encrypt_type: "AWS_KMS",
  encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
  encrypted_data_key: "AQ==",
  nonce: "Ag==",
  salt: "Aw==",
  commitment: "BA==",
  encrypt_context: { domain_id: "domain-1", secret_id: "secret-0123456789ab", version: "3" },
};

describe("toSealedAnswer", () => {
  it("has the contract's fields, and no key's ARN", () => {
    expect(toSealedAnswer(bound("secret-0123456789ab", 0))).toEqual({
      data: { encrypted_data: "AA==" },
      encrypted: true,
      encrypt_options: ownOptions,
    });
  });

  it("adds the trusted secret's data under prefixed names", () => {
    const own = bound("secret-0123456789ab", 0);
    const trusted = bound("secret-ba9876543210", 250);

    expect(toSealedAnswer(own, trusted)).toEqual({
      data: { encrypted_data: "AA==", trusted_encrypted_data: "+g==" },
      encrypted: true,
      encrypt_options: {
        ...ownOptions,
        trusted_encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
        trusted_encrypted_data_key: "+w==",
        trusted_nonce: "/A==",
        trusted_salt: "/Q==",
        trusted_commitment: "/g==",
        trusted_encrypt_context: { domain_id: "domain-1", secret_id: "secret-ba9876543210", version: "3" },
      },
    });
  });

  it("encodes the bytes of a view, and not the buffer under it", () => {
    const { sealed, context } = bound("secret-0123456789ab", 0);
    const nonce = new Uint8Array([9, 9, 2, 9]).subarray(2, 3);

    const { encrypt_options } = toSealedAnswer({ sealed: { ...sealed, nonce }, context });

    expect(encrypt_options).toEqual(ownOptions);
  });
});
