/** The values at a key in a row, as MongoDB finds them for filters and for sorting. */

import { describe, expect, it } from "vitest";
import { getPath, someValue, splitKey, valueReader } from "../../lib/query/path.ts";

const tags: unknown = JSON.parse(`{
  "a": {"b": 1, "": 2, "x.y": 3},
  "list": ["p", {"b": 2}, ["q", {"b": 3}], {"b": [4, 5]}, {"0": "zero"}],
  "scalars": [1, 2],
  "empty": [],
  "null": null,
  "__proto__": {"b": 6},
  "지역": {"b": 7},
  "app.io/name": {"x.y": "dotted"},
  "back\\\\slash": "\\\\",
  "end\\\\": {"b": 8}
}`);
const row = { secret_id: "s", tags, name: "n" };

/** All values that are found, in order. */
function valuesFound(key: string): unknown[] {
  const found: unknown[] = [];
  someValue(getPath(key), (value) => {
    found.push(value === undefined ? "missing" : value);
    return false;
  })(row);
  return found;
}

describe("a filter reads the values", () => {
  it.each<readonly [string, readonly unknown[]]>([
    ["name", ["n"]],
    ["schema", [null]],
    ["encrypted", [false]],
    ["tags.a.b", [1]],
    ["tags.지역.b", [7]],
    ["tags.__proto__.b", [6]],
    ["tags.null", [null]],
    ["tags.null.b", ["missing"]],
    ["tags.nope", ["missing"]],
    ["tags.nope.b", ["missing"]],
    ["tags.a.b.c", ["missing"]],
    ["tags.a.x.y", ["missing"]],
    ["tags.a.x\\.y", [3]],
    ["tags.app\\.io/name.x\\.y", ["dotted"]],
    ["tags.app.io/name", ["missing"]],
    ["tags.back\\slash", ["\\"]],
    ["tags.back\\\\slash", ["\\"]],
    ["tags.end\\\\.b", [8]],
    ["tags.end\\.b", ["missing"]],
    ["tags.scalars", [[1, 2]]],
    ["tags.scalars.1", [2]],
    ["tags.scalars.2", []],
    ["tags.scalars.01", []],
    ["tags.scalars.-1", []],
    ["tags.scalars.length", []],
    ["tags.scalars.b", []],
    ["tags.scalars.0.b", []],
    ["tags.empty.b", []],
    ["tags.empty.0", []],
    ["tags.list.b", [2, [4, 5], "missing"]],
    ["tags.list.3.b", ["missing", "missing", [4, 5], "missing"]],
    ["tags.list.3.b.1", ["missing", "missing", 5, "missing"]],
    ["tags.list.2.b", ["missing", 3, "missing", "missing"]],
    ["tags.list.0", ["p", "missing", "missing", "zero"]],
    ["tags.constructor", ["missing"]],
    ["tags.constructor.name", ["missing"]],
    ["tags.toString", ["missing"]],
    ["tags.a.hasOwnProperty", ["missing"]],
  ])("at %s %j", (key, expected) => {
    expect(valuesFound(key)).toEqual(expected);
  });

  it("of unset tags as those of an empty map", () => {
    const test = (value: unknown) => value === undefined;

    expect(someValue(getPath("tags.a"), test)({ secret_id: "s" })).toBe(true);
    expect(valueReader(getPath("tags"))({ secret_id: "s" })).toEqual({});
  });
});

describe("sorting and aggregation read the value", () => {
  it.each<readonly [string, unknown]>([
    ["name", "n"],
    ["schema", null],
    ["tags.a.b", 1],
    ["tags.a.x\\.y", 3],
    ["tags.nope.b", undefined],
    ["tags.null.b", undefined],
    ["tags.scalars", [1, 2]],
    ["tags.scalars.1", 2],
    ["tags.scalars.2", undefined],
    ["tags.scalars.b", []],
    ["tags.list.b", [2, [4, 5]]],
    ["tags.list.3.b.0", 4],
    ["tags.constructor", undefined],
    ["tags.__proto__.b", 6],
  ])("at %s %j", (key, expected) => {
    expect(valueReader(getPath(key))(row)).toEqual(expected);
  });
});

it.each([
  [`tags.${"a".repeat(1020)}`, "more than 1024 characters in one key"],
  [`tags${".a".repeat(32)}`, "more than 32 parts in one key"],
])("a key that is too long or too deep is refused", (key, message) => {
  expect(() => splitKey(key)).toThrow(
    expect.objectContaining({ code: "ERROR_DB_QUERY", message: expect.stringContaining(message) }),
  );
  expect(splitKey(key.slice(0, -2))).not.toEqual([]);
});
