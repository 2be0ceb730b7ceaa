import { describe, expect, it } from "vitest";
import { isObject, type JsonValue, mergePatch, type Nested, walk } from "../../lib/base/json.ts";

describe("isObject", () => {
  it.each([{}, { a: 1 }, Object.create(null)])("holds for an object", (value) => {
    expect(isObject(value)).toBe(true);
  });

  it.each([null, undefined, [], [{}], "{}", 0, true])("does not hold for %j", (value) => {
    expect(isObject(value)).toBe(false);
  });
});

describe("walk", () => {
  it("visits every value with its key and depth", () => {
    const value = JSON.parse('{"a":[1,{"b":null}],"__proto__":"c"}');

    const visited = [...walk(value)].sort(byText);

    const expected: Nested[] = [
      { key: null, value, depth: 0 },
      { key: "a", value: [1, { b: null }], depth: 1 },
      { key: "__proto__", value: "c", depth: 1 },
      { key: null, value: 1, depth: 2 },
      { key: null, value: { b: null }, depth: 2 },
      { key: "b", value: null, depth: 3 },
    ];
    expect(visited).toEqual(expected.sort(byText));
  });

  it("handles nesting of any depth", () => {
    const levels = 200_000;
    const value: unknown = JSON.parse("[".repeat(levels) + "]".repeat(levels));

    const depths = [...walk(value)].map(({ depth }) => depth);

    expect(depths.at(-1)).toBe(levels - 1);
    expect(depths).toHaveLength(levels);
  });
});

describe("mergePatch", () => {
  // RFC 7396, appendix A.
  it.each<[string, string, string]>([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', "null", "null"],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("turns %s with the patch %s into %s", (target, patch, result) => {
    expect(JSON.stringify(mergePatch(parse(target), parse(patch)))).toBe(result);
  });

  it("treats keys such as __proto__ like any others", () => {
    const target = '{"__proto__":{"a":1},"constructor":1}';

    const merged = mergePatch(parse(target), parse('{"__proto__":{"b":2},"toString":3}'));

    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1,"b":2},"constructor":1,"toString":3}');
  });

  it("changes neither target nor patch", () => {
    const [target, patch] = [parse('{"a":{"b":1}}'), parse('{"a":{"b":null,"c":2}}')];

    mergePatch(target, patch);

    expect([target, patch]).toEqual([{ a: { b: 1 } }, { a: { b: null, c: 2 } }]);
  });
});

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

function byText(a: Nested, b: Nested): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
