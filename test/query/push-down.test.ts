/** The conditions that fit into a request. */

import { describe, expect, it } from "vitest";
import { type ConditionPath, isPushable, type PushedCondition, type Scalar } from "../../lib/query/push-down.ts";
import { toFilterExpression } from "../../lib/store/expressions.ts";

const exists = (...keys: string[]): PushedCondition => ({ kind: "exists", path: ["tags", ...keys] });
const equal = (value: Scalar): PushedCondition => ({ kind: "in", path: ["schema"], values: [value] });
const anyOf = (count: number, condition: PushedCondition): PushedCondition => ({
  kind: "or",
  conditions: [condition, ...Array<PushedCondition>(count - 1).fill(condition)],
});
const oneOf = (count: number): PushedCondition => ({
  kind: "in",
  path: ["schema"],
  values: ["x", ...Array<string>(count - 1).fill("x")],
});
const deep = (count: number): string[] => Array<string>(count).fill("k");

describe("isPushable", () => {
  it.each<[string, PushedCondition]>([
    ["59 conditions in one", anyOf(59, equal("x"))],
    ["100 values", oneOf(100)],
    ["a path of 32 levels", exists(...deep(31))],
    ["200 segments", anyOf(25, exists(...deep(7)))],
    ["the least number", equal(1e-130)],
    ["the greatest number", equal(-9.99e125)],
    ["zero", equal(-0)],
    ["an empty string", equal("")],
    ["a surrogate pair", equal("𐐀")],
  ])("accepts %s", (_, condition) => {
    expect(isPushable(condition)).toBe(true);
  });

  it.each<[string, PushedCondition]>([
    ["60 conditions in one", anyOf(60, equal("x"))],
    ["101 values", oneOf(101)],
    ["101 values in several conditions", anyOf(2, oneOf(51))],
    ["a path of 33 levels", exists(...deep(32))],
    ["208 segments", anyOf(26, exists(...deep(7)))],
    ["an empty key", exists("env", "")],
    ["an ill-formed key", exists("\ud800")],
    ["an ill-formed value", equal("\udc00")],
    [
      "an ill-formed value deep inside",
      { kind: "not", condition: anyOf(2, { kind: "in", path: ["name"], values: ["a", "\ud800"] }) },
    ],
    ["too small a number", equal(9e-131)],
    ["too great a number", equal(1e126)],
    ["no number", equal(Number.NaN)],
    ["infinity", equal(Number.POSITIVE_INFINITY)],
  ])("refuses %s", (_, condition) => {
    expect(isPushable(condition)).toBe(false);
  });

  it("accepts only expressions within DynamoDB's 4 KB", () => {
    const path: ConditionPath = ["tags", ...Array.from({ length: 3 }, (_, index) => `k${index}`)];
    const long: PushedCondition = {
      kind: "not",
      condition: {
        kind: "and",
        conditions: [
          { kind: "in", path, values: ["x", ...Array<string>(70).fill("x")] },
          ...Array.from(
            { length: 28 },
            (_, index): PushedCondition => ({
              kind: "type",
              path: [...path.slice(0, 1), `k${index}`, ...deep(2), `last${index}`] as unknown as ConditionPath,
              type: "list",
            }),
          ),
          ...Array.from({ length: 29 }, (): PushedCondition => ({ kind: "exists", path: ["schema"] })),
        ],
      },
    };

    expect(isPushable(long)).toBe(true);
    expect(toFilterExpression(long).text.length).toBeLessThan(4096);
  });
});
