import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeContext } from "../../lib/crypto/encryption-context.ts";

const text = fc.string({ unit: "binary", maxLength: 8 });
const context = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });

/** Reads an encoding back, which is possible only where no two inputs share one. */
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

  it("can be read back, whatever follows, so that no two contexts share an encoding", () => {
    fc.assert(
      fc.property(text, context, fc.uint8Array({ maxLength: 4 }), (label, pairs, rest) => {
        const decoded = decode(Buffer.concat([encodeContext(label, pairs), rest]));

        expect(decoded.label).toBe(label);
        expect(new Map(decoded.pairs)).toEqual(new Map(Object.entries(pairs)));
        expect(decoded.rest).toEqual(Buffer.from(rest));
      }),
    );
  });

  it("does not depend on the order of the pairs", () => {
    fc.assert(
      fc.property(context, (pairs) => {
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
  ])("refuses a %s with a lone surrogate, which has no bytes of its own", (_, label, pairs) => {
    expect(() => encodeContext(label, pairs)).toThrow(TypeError);
  });
});
