/** Which values are objects, and what is inside a value. */

import { describe, expect, it } from "vitest";
import { isObject, type Nested, walk } from "../../lib/base/json.ts";

describe("isObject", () => {
  it.each([{}, { a: 1 }, Object.create(null)])("holds for an object", (value) => {
    expect(isObject(value)).toBe(true);
  });

  it.each([null, undefined, [], [{}], "{}", 0, true])("does not hold for %j", (value) => {
    expect(isObject(value)).toBe(false);
  });
});

describe("walk", () => {
  it("tells every value with its key and depth", () => {
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

  it("takes nesting of any depth", () => {
    const levels = 200_000;
    const value: unknown = JSON.parse("[".repeat(levels) + "]".repeat(levels));

    const depths = [...walk(value)].map(({ depth }) => depth);

    expect(depths.at(-1)).toBe(levels - 1);
    expect(depths).toHaveLength(levels);
  });
});

function byText(a: Nested, b: Nested): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
