/** The published test vectors of the envelope (docs/envelope.md), made by another implementation. */

import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encodeContext, open } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext } from "../../lib/crypto/key-service.ts";
import { sealByReference } from "./reference.ts";

interface Vector {
  readonly name: string;
  readonly data_key: string;
  readonly salt: string;
  readonly nonce: string;
  readonly encryption_context: EncryptionContext;
  readonly plaintext: string;
  readonly aad: string;
  readonly encryption_key: string;
  readonly commitment: string;
  readonly encrypted_data: string;
}

const algorithm = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";
const vectors = JSON.parse(
  readFileSync(new URL("../vectors/envelope.json", import.meta.url), "utf8"),
) as readonly Vector[];

const fromHex = (hex: string) => Buffer.from(hex, "hex");

describe.each(vectors)("the vector of $name", (vector) => {
  const [dataKey, salt, nonce] = [vector.data_key, vector.salt, vector.nonce].map(fromHex) as [Buffer, Buffer, Buffer];

  it("opens to its plaintext", () => {
    const commitment = fromHex(vector.commitment);
    const sealed = { encryptedData: fromHex(vector.encrypted_data), nonce, salt, commitment, algorithm };

    const plaintext = open(sealed, createSecretKey(dataKey), vector.encryption_context);

    expect(plaintext.toString()).toBe(vector.plaintext);
  });

  it("has the canonical encoding of its context as additional authenticated data", () => {
    expect(encodeContext(algorithm, vector.encryption_context).toString("hex")).toBe(vector.aad);
  });

  it("matches what the reference implementation seals", () => {
    const plaintext = Buffer.from(vector.plaintext);

    const sealed = sealByReference({ dataKey, salt, nonce, context: vector.encryption_context, plaintext });

    expect(sealed.commitment.toString("hex")).toBe(vector.commitment);
    expect(sealed.encryptedData.toString("hex")).toBe(vector.encrypted_data);
  });
});
