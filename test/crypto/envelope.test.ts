import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CorruptDataError, encodeContext, open, type SealedData, seal } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, GeneratedDataKey } from "../../lib/crypto/key-service.ts";
import { FakeKeyService } from "../fakes/key-service.ts";
import { sealByReference } from "./reference.ts";

const context: EncryptionContext = { domain_id: "domain-1", secret_id: "secret-0123456789ab", version: "7" };
const plaintext = Buffer.from('{"password":"p"}');
const keys = new FakeKeyService();
const bytesFields = ["encryptedData", "encryptedDataKey", "nonce", "salt", "commitment"] as const;

let dataKey: GeneratedDataKey;
let sealed: SealedData;

beforeAll(async () => {
  dataKey = await keys.generateDataKey(context);
  sealed = seal(plaintext, dataKey, context);
});

/** Reads a stored row as get_data does. */
async function openRow(row: SealedData, bound: EncryptionContext = context): Promise<Buffer> {
  return open(row, await keys.unwrapDataKey(row.encryptedDataKey, bound), bound);
}

async function failureOf(row: SealedData, bound?: EncryptionContext): Promise<unknown> {
  return await openRow(row, bound).then(
    () => "opened",
    (error: unknown) => error,
  );
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

describe("seal and open", () => {
  it("return any bytes unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(open(seal(bytes, dataKey, context), dataKey.key, context)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("return the largest allowed data unchanged", () => {
    const largest = randomBytes(384 * 1024);

    const opened = open(seal(largest, dataKey, context), dataKey.key, context);

    expect(opened.equals(largest)).toBe(true);
  });
});

describe("seal", () => {
  it("produces the documented bytes", () => {
    const { salt, nonce } = sealed;

    const expected = sealByReference({ dataKey: dataKey.key.export(), salt, nonce, context, plaintext });

    expect(sealed).toEqual({
      ...expected,
      salt,
      nonce,
      encryptedDataKey: dataKey.wrappedKey,
      algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
      keyId: keys.keyId,
    });
    expect([salt.length, nonce.length]).toEqual([32, 12]);
  });

  it("draws a new salt and nonce each time", () => {
    const all = Array.from({ length: 200 }, () => seal(plaintext, dataKey, context));

    const distinct = (field: "salt" | "nonce") =>
      new Set(all.map((one) => Buffer.from(one[field]).toString("hex"))).size;
    expect([distinct("salt"), distinct("nonce")]).toEqual([200, 200]);
  });
});

describe("a stored row", () => {
  it("opens if it is unchanged", async () => {
    expect(await openRow(sealed)).toEqual(plaintext);
  });

  it.each(bytesFields)("does not open with any bit of %s flipped", async (field) => {
    const bits = Array.from({ length: sealed[field].length * 8 }, (_, bit) => bit);

    const failures = await Promise.all(
      bits.map(async (bit) => await failureOf({ ...sealed, [field]: flipBit(sealed[field], bit) })),
    );

    expect(failures).toEqual(bits.map(() => new CorruptDataError()));
  });

  it("does not open with any bit of the algorithm's name flipped", async () => {
    const name = Buffer.from(sealed.algorithm);
    const names = Array.from({ length: name.length * 8 }, (_, bit) =>
      Buffer.from(flipBit(name, bit)).toString("latin1"),
    );

    const failures = await Promise.all(names.map(async (algorithm) => await failureOf({ ...sealed, algorithm })));

    expect(failures).toEqual(names.map(() => new CorruptDataError()));
  });

  it.each(bytesFields)("does not open with %s cut to any length, or made longer", async (field) => {
    const bytes = sealed[field];
    const lengths = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
    const others = [...lengths, Buffer.concat([bytes, Buffer.of(0)]), Buffer.concat([Buffer.of(0), bytes])];

    const failures = await Promise.all(others.map(async (other) => await failureOf({ ...sealed, [field]: other })));

    expect(failures).toEqual(others.map(() => new CorruptDataError()));
  });

  it.each(bytesFields)("does not open with the %s of another version", async (field) => {
    const other = seal(plaintext, await keys.generateDataKey(context), context);

    expect(await failureOf({ ...sealed, [field]: other[field] })).toEqual(new CorruptDataError());
  });

  it.each([
    ["in another domain", { domain_id: "domain-2" }],
    ["under another secret", { secret_id: "secret-ba9876543210" }],
    ["as another version", { version: "8" }],
    ["with two fields swapped", { domain_id: context.secret_id, secret_id: context.domain_id }],
    ["with text moved between fields", { domain_id: "domain-", secret_id: "1secret-0123456789ab" }],
  ])("does not open %s, not even with its data key", async (_, change) => {
    const elsewhere = { ...context, ...change };

    expect(await failureOf(sealed, elsewhere)).toEqual(new CorruptDataError());
    expect(() => open(sealed, dataKey.key, elsewhere)).toThrow(CorruptDataError);
  });
});

describe("open", () => {
  it.each<[string, () => KeyObject]>([
    ["another key", () => createSecretKey(randomBytes(32))],
    ["a key of 128 bits", () => createSecretKey(dataKey.key.export().subarray(0, 16))],
    ["a longer key", () => createSecretKey(Buffer.concat([dataKey.key.export(), Buffer.of(0)]))],
    ["a key that is not secret", () => generateKeyPairSync("ed25519").publicKey],
  ])("refuses %s", (_, key) => {
    expect(() => open(sealed, key(), context)).toThrow(CorruptDataError);
  });

  it("refuses a key with another commitment, even if ciphertext and tag fit it", () => {
    const key = randomBytes(32);
    const { salt, nonce } = sealed;
    const { encryptedData } = sealByReference({ dataKey: key, salt, nonce, context, plaintext });

    expect(() => open({ ...sealed, encryptedData }, createSecretKey(key), context)).toThrow(CorruptDataError);
  });

  it("refuses a context that has no unambiguous encoding", () => {
    expect(() => open(sealed, dataKey.key, { ...context, domain_id: "\ud800" })).toThrow(CorruptDataError);
  });

  it("fails with the same error, whatever is wrong", async () => {
    const failures = await Promise.all([
      failureOf({ ...sealed, algorithm: "AES" }),
      failureOf({ ...sealed, nonce: Buffer.alloc(0) }),
      failureOf({ ...sealed, commitment: Buffer.alloc(32) }),
      failureOf({ ...sealed, encryptedData: flipBit(sealed.encryptedData, 0) }),
      failureOf({ ...sealed, encryptedDataKey: flipBit(sealed.encryptedDataKey, 0) }),
    ]);

    const told = failures.map((error) => ({ ...(error as Error), text: String(error), cause: (error as Error).cause }));
    const only = { name: "CorruptDataError", text: "CorruptDataError: The data cannot be opened.", cause: undefined };
    expect(told).toEqual(failures.map(() => only));
  });
});

const text = fc.string({ unit: "binary", maxLength: 8 });
const contexts = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });

/** Decodes an encoding, which is possible only if no two inputs have the same one. */
function decode(bytes: Buffer): { label: string; pairs: [string, string][]; rest: Buffer } {
  let rest = bytes;
  const take = (length: number) => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const uint32 = () => take(4).readUInt32BE();
  const next = () => take(uint32()).toString();
  const label = next();
  const pairs = Array.from({ length: uint32() }, (): [string, string] => [next(), next()]);
  return { label, pairs, rest };
}

describe("encodeContext", () => {
  it("has the documented bytes", () => {
    const bytes = encodeContext("suite", { b: "", a: "é" });

    expect(bytes.toString("hex")).toBe(
      ["00000005", "7375697465", "00000002", "0000000161", "00000002c3a9", "0000000162", "00000000"].join(""),
    );
  });

  it("can be decoded whatever follows it, so that no two contexts share an encoding", () => {
    fc.assert(
      fc.property(text, contexts, fc.uint8Array({ maxLength: 4 }), (label, pairs, rest) => {
        const decoded = decode(Buffer.concat([encodeContext(label, pairs), rest]));

        expect(decoded.label).toBe(label);
        expect(new Map(decoded.pairs)).toEqual(new Map(Object.entries(pairs)));
        expect(decoded.rest).toEqual(Buffer.from(rest));
      }),
    );
  });

  it("does not depend on the order of the pairs", () => {
    fc.assert(
      fc.property(contexts, (pairs) => {
        const reversed = Object.fromEntries(Object.entries(pairs).reverse());

        expect(encodeContext("suite", reversed)).toEqual(encodeContext("suite", pairs));
      }),
    );
  });

  it("sorts by UTF-8 bytes, not by UTF-16 units", () => {
    const { pairs } = decode(encodeContext("suite", { "\u{1f511}": "1", "\uffee": "2" }));

    expect(pairs).toEqual([
      ["\uffee", "2"],
      ["\u{1f511}", "1"],
    ]);
  });

  it.each([
    ["label", "\ud800", {}],
    ["name", "suite", { "\udc00": "" }],
    ["value", "suite", { a: "x\ud800" }],
  ])("refuses a %s with a lone surrogate, which has no UTF-8 encoding", (_, label, pairs) => {
    expect(() => encodeContext(label, pairs)).toThrow(TypeError);
  });
});
