/** The limits on the content of `data` and `tags`. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import type { JsonObject } from "../../lib/base/json.ts";
import { JsonText } from "../../lib/base/json-text.ts";
import { parseUpdate, parseUpdateData } from "../../lib/request/messages.ts";

const ids = { secret_id: "secret-0123456789ab", domain_id: "domain-1" };

const readData = (data: unknown) => parseUpdateData({ ...ids, data }).data;
const readTags = (tags: unknown) => parseUpdate({ ...ids, tags }).tags;

const invalid = (key: string, reason: string) => new SecretError("ERROR_INVALID_PARAMETER", { key, reason });

/** An object of this many levels, alternately objects and lists. */
function nested(levels: number): JsonObject {
  if (levels <= 2) return levels === 1 ? {} : { list: [] };
  return { list: [nested(levels - 2)] };
}

describe("data", () => {
  const overhead = '{"a":""}'.length;

  it.each([
    { what: "one-byte characters", text: "x".repeat(393_216 - overhead) },
    { what: "three-byte characters", text: `${"한".repeat((393_216 - overhead - 1) / 3)}x` },
    { what: "escapes", text: `${"\u0001".repeat((393_216 - overhead - 4) / 6)}xxxx` },
  ])("accepts 384 KiB of $what as UTF-8 JSON, and not one byte more", ({ text }) => {
    expect(readData({ a: text }).byteLength).toBe(393_216);
    expect(() => readData({ a: `${text}x` })).toThrow(invalid("data", "must have at most 393216 bytes as JSON"));
  });

  it("is measured by the text as it was sent", () => {
    const largest = `{"a":"${"x".repeat(393_216 - overhead)}"}`;

    expect(readData(new JsonText(largest))).toEqual(new JsonText(largest));
    expect(() => readData(new JsonText(`${largest} `))).toThrow(
      invalid("data", "must have at most 393216 bytes as JSON"),
    );
  });

  it("accepts 100 levels, and not one more", () => {
    expect(readData(nested(100)).parse()).toEqual(nested(100));
    expect(() => readData(nested(101))).toThrow(invalid("data", "nests deeper than 100 levels"));
    expect(() => readData({ a: JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) })).toThrow(
      invalid("data", "nests deeper than 100 levels"),
    );
  });

  it.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d, as which JSON reads 1e400", (value) => {
    expect(() => readData({ a: [value] })).toThrow(invalid("data", "holds a number that no double can hold"));
  });

  it.each([
    '{"__proto__":{"a":1},"constructor":{"prototype":1}}',
    '{"":"","toJSON":1,"then":2}',
    '{"\\ud800":"\\udfff"}',
    '{"n":[1e300,5e-324,9007199254740993,-0.5]}',
  ])("accepts %s from a direct event", (text) => {
    expect(readData(JSON.parse(text)).parse()).toEqual(JSON.parse(text));
  });
});

describe("tags", () => {
  it("accept 16 KiB as UTF-8 JSON, and not one byte more", () => {
    const text = `${"한".repeat((16_384 - 10) / 3)}xx`;

    expect(readTags({ a: text })).toEqual({ a: text });
    expect(() => readTags({ a: `${text}x` })).toThrow(invalid("tags", "must have at most 16384 bytes as JSON"));
  });

  it("accept 16 levels, and not one more", () => {
    expect(readTags(nested(16))).toEqual(nested(16));
    expect(() => readTags(nested(17))).toThrow(invalid("tags", "nests deeper than 16 levels"));
    expect(() => readTags({ a: JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) })).toThrow(
      invalid("tags", "nests deeper than 16 levels"),
    );
  });

  it.each([0, -0, 1e-130, -1e-130, 9.99999999999999e125, -9.99999999999999e125, 2 ** 63, 0.1])(
    "accept %d, which DynamoDB can hold",
    (value) => {
      expect(readTags({ a: [value] })).toEqual({ a: [value] });
    },
  );

  it.each([9.99e-131, -5e-324, 1e126, -Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
    "refuse %d, which DynamoDB cannot hold",
    (value) => {
      expect(() => readTags({ a: { b: [value] } })).toThrow(
        invalid("tags", "holds a number that DynamoDB cannot hold"),
      );
    },
  );

  it.each([
    { what: "an empty key", text: '{"":1}', reason: "must have no empty keys" },
    { what: "an empty key deep inside", text: '{"a":[{"b":{"":1}}]}', reason: "must have no empty keys" },
    { what: "a key __proto__", text: '{"a":{"__proto__":1}}', reason: "must have no key __proto__" },
    { what: "a lone surrogate in a key", text: '{"\\ud800":1}', reason: "must have well-formed Unicode keys" },
    { what: "a lone surrogate in a value", text: '{"a":["\\udfff"]}', reason: "must hold well-formed Unicode" },
  ])("refuse $what", ({ text, reason }) => {
    expect(() => readTags(JSON.parse(text))).toThrow(invalid("tags", reason));
  });

  it.each(['{"constructor":{"name":1},"toString":""}', '{"$where":"1","a.b":null," ":true}'])("accept %s", (text) => {
    expect(readTags(JSON.parse(text))).toEqual(JSON.parse(text));
  });
});
