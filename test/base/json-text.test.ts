/** JSON that is kept as a string comes back unchanged, or is refused. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  holdsInexactNumber,
  itemsOf,
  JsonText,
  JsonTextError,
  layOver,
  parseJsonText,
  parseObject,
} from "../../lib/base/json-text.ts";

const maxDepth = 101;

function parse(text: string) {
  return parseObject(text, "data", maxDepth);
}

/** The member `data` of a body, as kept. */
function keep(dataText: string): string {
  const data = parse(`{"data":${dataText}}`)["data"];
  if (!(data instanceof JsonText)) throw new TypeError("data was not kept");
  return data.text;
}

function failureOf(text: string): { readonly path: string; readonly reason: string } {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof JsonTextError) return { path: error.path, reason: error.message };
    throw error;
  }
  throw new TypeError("was not refused");
}

/** A JSON value in any notation, and in the compact form that is kept. */
interface Written {
  readonly loose: string;
  readonly compact: string;
}

const blanks = fc.stringMatching(/^[ \t\n\r]{0,3}$/);

/** A UTF-16 unit as `\uXXXX`, unescaped if that is allowed, or as its short escape if it has one. */
const unit = fc.tuple(fc.oneof(fc.constantFrom(...'"\\/\b\n\u2028é'), fc.nat(0xffff)), fc.nat(2)).map(([one, way]) => {
  const char = typeof one === "number" ? String.fromCharCode(one) : one;
  const escaped = `\\u${char.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`;
  const isBare = char >= " " && char !== '"' && char !== "\\" && char.isWellFormed();
  const bare = isBare ? char : escaped;
  const short = { '"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\n": "\\n" }[char];
  return { char, loose: [escaped, bare, short ?? bare][way] ?? escaped };
});

const text: fc.Arbitrary<Written> = fc.array(unit, { maxLength: 6 }).map((units) => ({
  loose: `"${units.map(({ loose }) => loose).join("")}"`,
  compact: JSON.stringify(units.map(({ char }) => char).join("")),
}));

const scalar: fc.Arbitrary<Written> = fc
  .oneof(
    fc.constantFrom(
      "0",
      "-0",
      "1.0",
      "1e5",
      "1E+05",
      "1.50",
      "12345678901234567890",
      "1e-400",
      "true",
      "false",
      "null",
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  )
  .map((literal) => ({ loose: literal, compact: literal }));

const key = fc.oneof(
  text,
  fc.constantFrom("__proto__", "constructor", "data", "10", "2", "").map((name) => ({
    loose: JSON.stringify(name),
    compact: JSON.stringify(name),
  })),
);

const { object } = fc.letrec<{ value: Written; object: Written }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, text, tie("object"), listOf(tie("value"))),
  object: fc
    .uniqueArray(fc.tuple(key, tie("value"), blanks), { maxLength: 4, selector: ([{ compact }]) => compact })
    .map((members) => ({
      loose: `{${members.map(([name, value, blank]) => `${blank}${name.loose}${blank}:${value.loose}${blank}`).join(",")}}`,
      compact: `{${members.map(([name, value]) => `${name.compact}:${value.compact}`).join(",")}}`,
    })),
}));

function listOf(item: fc.Arbitrary<Written>): fc.Arbitrary<Written> {
  return fc.tuple(fc.array(item, { maxLength: 4 }), blanks).map(([items, blank]) => ({
    loose: `[${blank}${items.map(({ loose }) => loose).join(`${blank},${blank}`)}${blank}]`,
    compact: `[${items.map(({ compact }) => compact).join(",")}]`,
  }));
}

describe("parseObject", () => {
  it("keeps the verbatim member as written, except for whitespace and escapes", () => {
    fc.assert(
      fc.property(object, blanks, (data, blank) => {
        expect(keep(`${blank}${data.loose}${blank}`)).toBe(data.compact);
      }),
    );
  });

  it("parses all other members as JSON.parse does", () => {
    fc.assert(
      fc.property(object, ({ loose }) => {
        fc.pre(!holdsInexactNumber(loose));
        const body = `{"before":${loose},"data":{"x":1},"after":${loose}}`;

        const { data, ...others } = parse(body);

        expect(data).toEqual(new JsonText('{"x":1}'));
        expect(others).toEqual({ before: JSON.parse(loose), after: JSON.parse(loose) });
      }),
    );
  });

  it.each([
    { what: "integer-like keys in their order", data: '{"b":1,"10":2,"9":3,"a":4}' },
    { what: "__proto__ and constructor as plain keys", data: '{"__proto__":{"a":1},"constructor":2}' },
    { what: "digits beyond a double", data: '{"n":12345678901234567890,"f":0.1000000000000000055511151231257827}' },
    { what: "numbers as written", data: '{"a":1.0,"b":1e5,"c":-0,"d":1E-7}' },
    { what: "a lone surrogate", data: '{"\\ud800":"\\udfff"}' },
    { what: "an empty object", data: "{}" },
    { what: "empty keys and strings", data: '{"":""}' },
    { what: "structure inside strings", data: '{"a":"}{][,:\\"","b":",","c":":"}' },
    { what: "a member of its own name", data: '{"data":{"data":{}}}' },
    { what: "line separators", data: '{"a":"\u2028\u2029\u007f"}' },
    { what: "U+FFFD", data: '{"a":"\ufffd"}' },
  ])("keeps $what", ({ data }) => {
    expect(keep(data)).toBe(data);
  });

  it.each(["null", "[]", '"text"', "1", "true"])("leaves a verbatim member that is %s as it is", (data) => {
    expect(parse(`{"data":${data}}`)).toEqual({ data: JSON.parse(data) });
  });

  it("leaves an object without the verbatim member as it is", () => {
    const body = parse('{"__proto__":{"data":{}},"other":{"data":{"a":1}}}');

    expect(Object.keys(body)).toEqual(["__proto__", "other"]);
    expect(body["data"]).toBeUndefined();
    expect(body["other"]).toEqual({ data: { a: 1 } });
  });

  it.each([
    { what: "nothing", text: "" },
    { what: "no JSON", text: "{data}" },
    { what: "more text after the object", text: "{}{}" },
    { what: "a trailing comma", text: '{"a":1,}' },
    { what: "a comment", text: "{}//" },
    { what: "a byte order mark", text: "\ufeff{}" },
    { what: "a bare control character", text: '{"a":"\u0000"}' },
    { what: "whitespace that JSON does not have", text: "{}\u00a0" },
  ])("refuses $what, which is not JSON", ({ text }) => {
    expect(failureOf(text)).toEqual({ path: "", reason: "must be JSON" });
  });

  it.each(["[]", "null", "1", '"{}"', "true"])("refuses %s, which is not an object", (text) => {
    expect(failureOf(text)).toEqual({ path: "", reason: "must be a JSON object" });
  });

  it.each([
    { where: "the object itself", text: '{"a":1,"a":1}', path: "a" },
    { where: "the verbatim member", text: '{"data":{"k":1,"k":1}}', path: "data" },
    { where: "an object in a list", text: '{"tags":{"t":[{"k":1,"l":{},"k":1}]}}', path: "tags" },
    { where: "another escape", text: '{"data":{"a":1,"\\u0061":2}}', path: "data" },
    { where: "__proto__", text: '{"data":{"__proto__":1,"__proto__":2}}', path: "data" },
    { where: "two verbatim members", text: '{"data":{"a":1},"data":{"b":1}}', path: "data" },
  ])("refuses a name given twice: $where", ({ text, path }) => {
    expect(failureOf(text)).toEqual({ path, reason: "names one member twice" });
  });

  it("accepts one name in several objects", () => {
    expect(keep('{"a":{"a":[{"a":1},{"a":2}]}}')).toBe('{"a":{"a":[{"a":1},{"a":2}]}}');
  });

  it.each(["1e400", "-1e400", "1".repeat(400), "0.1e310"])(
    "refuses the number %s, which no double can hold",
    (literal) => {
      const reason = "holds a number that no double can hold";

      expect(failureOf(`{"data":{"n":[${literal}]}}`)).toEqual({ path: "data", reason });
      expect(failureOf(`{"a":1,"version":${literal}}`)).toEqual({ path: "version", reason });
    },
  );

  it.each([
    ['{"tags":{"id":4829384729384729384}}', "tags.id"],
    ['{"a":1.5,"tags":{"app.io/x":[1,{"n":[0.1,0.12345678901234567890]}]}}', "tags.app\\.io/x.1.n.1"],
    ['{"query":{"filter":[{"value":1},{"value":1e-400}]}}', "query.filter.1.value"],
    ['{"version":9007199254740993}', "version"],
  ])("refuses a number in %s that would be rounded, and names its path", (text, path) => {
    expect(failureOf(text)).toEqual({ path, reason: "is a number that would be rounded: write it as a string" });
  });

  it("accepts every spelling of a number that a double can hold", () => {
    const text = '{"tags":{"a":1.10,"b":1E+05,"c":-0,"d":0.30000000000000004,"e":12345678901234567000,"f":100e-2}}';

    expect(parse(text)).toEqual({
      tags: { a: 1.1, b: 1e5, c: -0, d: 0.30000000000000004, e: 12345678901234567e3, f: 1 },
    });
  });

  it("accepts a string that looks like such a number", () => {
    expect(keep('{"1e400":"1e400"}')).toBe('{"1e400":"1e400"}');
  });

  it.each([
    { kind: "objects", open: '{"a":', close: "}" },
    { kind: "lists", open: "[", close: "]" },
  ])("refuses $kind nested deeper than the limit, and takes the limit itself", ({ open, close }) => {
    const nested = (levels: number) => `{"data":{"a":${open.repeat(levels)}1${close.repeat(levels)}}}`;

    expect(() => parse(nested(maxDepth - 2))).not.toThrow();
    expect(failureOf(nested(maxDepth - 1))).toEqual({ path: "data", reason: "nests deeper than 100 levels" });
    expect(failureOf(nested(500_000))).toEqual({ path: "data", reason: "nests deeper than 100 levels" });
  });

  it("never quotes the refused text in an error", () => {
    const secret = "AKIAIOSFODNN7EXAMPLE";

    for (const text of [`{"data":{"${secret}":1,"${secret}":2}}`, `{"data":{"a":${secret}}}`, `${secret}{"data":{}}`]) {
      expect(JSON.stringify(failureOf(text))).not.toContain(secret);
    }
  });

  it.each([
    { what: "one string of two million characters", data: `{"a":"${"x".repeat(2_000_000)}"}` },
    { what: "a million escapes", data: `{"a":"${"\\n".repeat(1_000_000)}"}` },
    { what: "a quarter of a million numbers", data: `{"a":[${"0,".repeat(250_000)}0]}` },
  ])("takes $what", ({ data }) => {
    expect(keep(data) === data).toBe(true);
  });
});

describe("JsonText", () => {
  it("holds an object as compact text and gives it back", () => {
    const kept = JsonText.of({ name: "Kühn", list: [1, null] });

    expect(kept).toEqual(new JsonText('{"name":"Kühn","list":[1,null]}'));
    expect(kept.parse()).toEqual({ name: "Kühn", list: [1, null] });
  });

  it("measures UTF-8 bytes", () => {
    expect(new JsonText('{"a":"é한😀"}').byteLength).toBe(8 + 2 + 3 + 4);
  });
});

describe("layOver", () => {
  it("keeps every member's text and position; the upper object's where both have the member", () => {
    const lower = new JsonText('{"n":12345678901234567890,"m":1.0,"z":1,"9":1,"__proto__":{"q":1}}');
    const upper = new JsonText('{"x":1.50,"3":{"10":1,"2":2},"z":2.0}');

    const laid = layOver(upper, lower);

    expect(laid.text).toBe(
      '{"n":12345678901234567890,"m":1.0,"z":2.0,"9":1,"__proto__":{"q":1},"x":1.50,"3":{"10":1,"2":2}}',
    );
  });

  it("gives the same values as spreading the objects", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, object, (upper, lower) => {
        const laid = layOver(new JsonText(JSON.stringify(upper)), new JsonText(JSON.stringify(lower)));

        expect(laid.parse()).toEqual(JSON.parse(JSON.stringify({ ...lower, ...upper })));
      }),
    );
  });
});

describe("the items of an array", () => {
  it.each([
    ["[]", []],
    ['[ {"a" : 1.10}, "x,y]", [1, [2]],null ]', ['{"a":1.10}', '"x,y]"', "[1,[2]]", "null"]],
  ])("of %s keep their text", (text, items) => {
    expect(itemsOf(text)).toEqual(items);
  });
});

describe("parseJsonText", () => {
  it("refuses endless nesting without overflowing the stack", () => {
    const deep = `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`;

    expect(() => parseJsonText(deep)).toThrow("nests deeper than 999 levels");
  });
});
