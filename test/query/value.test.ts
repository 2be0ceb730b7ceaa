/** The order of values, and how strings are compared. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Composite,
  compareTexts,
  compareValues,
  foldCase,
  keyMaker,
  setMember,
  toSortable,
} from "../../lib/query/value.ts";

const ordered: readonly unknown[] = [
  null,
  Number.NEGATIVE_INFINITY,
  -1,
  0,
  2.5,
  "",
  "A",
  "a",
  "é",
  "가",
  "\uffff",
  "😀",
  {},
  { a: 1 },
  { b: 0 },
  { a: "x" },
  [],
  [1],
  [1, 2],
  ["a"],
  false,
  true,
  new Date(0),
  new Date(1),
];

describe("the sort order of values", () => {
  it("is by type first, then by value", () => {
    const pairs = ordered.flatMap((a, i) => ordered.map((b, j) => [Math.sign(compareValues(a, b)), Math.sign(i - j)]));

    expect(pairs.filter(([actual, expected]) => actual !== expected)).toEqual([]);
  });

  it.each([
    [undefined, null],
    [0, -0],
    [
      { a: 1, b: [null] },
      { b: [null], a: 1 },
    ],
    [new Date(5), new Date(5)],
    [[{ x: {} }], [{ x: {} }]],
  ])("treats %j and %j as equal, with the same group key", (a, b) => {
    expect(compareValues(a, b)).toBe(0);
    if (a !== undefined) expect(areOneKey(a, b)).toBe(true);
  });

  const value = fc.jsonValue({ maxDepth: 3 });

  it("is a total order", () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const isLess = (x: unknown, y: unknown) => compareValues(x, y) <= 0;
        expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) || 0);
        if (isLess(a, b) && isLess(b, c)) expect(isLess(a, c)).toBe(true);
      }),
    );
  });

  it("treats values as equal exactly if they have the same group key", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(areOneKey(a, b)).toBe(compareValues(a, b) === 0);
      }),
    );
  });
});

function areOneKey(a: unknown, b: unknown): boolean {
  const toKey = keyMaker();
  return new Set([toKey(a)]).has(toKey(b));
}

it("a group key is the scalar itself, and a string for other values", () => {
  const toKey = keyMaker();

  expect(["a", 1, true, null, undefined].map(toKey)).toEqual(["a", 1, true, null, undefined]);
  expect(toKey([1])).toEqual(new Composite([1]));
});

describe("strings", () => {
  it("are ordered by code point", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
        expect(toSortable(a) === toSortable(b)).toBe(a === b);
      }),
    );
  });

  it.each([
    ["AWS-Prod", "aws-prod"],
    ["ÉCLAIR", "éclair"],
    ["ΟΔΟΣ", "οδοσ"],
    ["οδος", "οδοσ"],
    ["ǅ", "ǆ"],
    ["\u212a", "k"],
    ["김", "김"],
  ])("%s is folded to %s", (text, expected) => {
    expect(foldCase(text)).toBe(expected);
  });
});

it("assigning sets any name as an own property", () => {
  const target: { [name: string]: unknown } = {};

  setMember(target, "__proto__", { polluted: true });
  setMember(target, "constructor", 1);

  expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
  expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
});
