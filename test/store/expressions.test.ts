/** Conditions as DynamoDB's expressions. Tests on DynamoDB Local check their meaning. */

import { describe, expect, it } from "vitest";
import type { AttributePath, PushedCondition } from "../../lib/query/push-down.ts";
import { toFilterExpression, toProjection } from "../../lib/store/expressions.ts";

const one: PushedCondition = { kind: "in", path: ["schema"], values: ["one"] };
const two: PushedCondition = { kind: "exists", path: ["tags", "env"] };

describe("toFilterExpression", () => {
  it.each<[string, PushedCondition, ReturnType<typeof toFilterExpression>]>([
    ["in of one", one, { text: "#f0 IN (:f0)", names: { "#f0": "schema" }, values: { ":f0": "one" } }],
    ["exists", two, { text: "attribute_exists(#f0.#f1)", names: { "#f0": "tags", "#f1": "env" }, values: {} }],
    [
      "in",
      { kind: "in", path: ["name"], values: ["a", 1, null] },
      { text: "#f0 IN (:f0, :f1, :f2)", names: { "#f0": "name" }, values: { ":f0": "a", ":f1": 1, ":f2": null } },
    ],
    [
      "order",
      { kind: "order", path: ["tags", "size"], operator: "gte", value: 5 },
      { text: "#f0.#f1 >= :f0", names: { "#f0": "tags", "#f1": "size" }, values: { ":f0": 5 } },
    ],
    [
      "contains",
      { kind: "contains", path: ["tags", "list"], value: true },
      { text: "contains(#f0.#f1, :f0)", names: { "#f0": "tags", "#f1": "list" }, values: { ":f0": true } },
    ],
    [
      "type",
      { kind: "type", path: ["tags", "list"], type: "list" },
      { text: "attribute_type(#f0.#f1, :f0)", names: { "#f0": "tags", "#f1": "list" }, values: { ":f0": "L" } },
    ],
    [
      "and of or and not, a name once",
      {
        kind: "and",
        conditions: [
          { kind: "or", conditions: [one, two] },
          { kind: "not", condition: one },
        ],
      },
      {
        text: "(#f0 IN (:f0) OR attribute_exists(#f1.#f2)) AND (NOT #f0 IN (:f1))",
        names: { "#f0": "schema", "#f1": "tags", "#f2": "env" },
        values: { ":f0": "one", ":f1": "one" },
      },
    ],
    [
      "joins of one part, without the parentheses that DynamoDB refuses",
      { kind: "not", condition: { kind: "and", conditions: [{ kind: "or", conditions: [one, two] }] } },
      {
        text: "NOT (#f0 IN (:f0) OR attribute_exists(#f1.#f2))",
        names: { "#f0": "schema", "#f1": "tags", "#f2": "env" },
        values: { ":f0": "one" },
      },
    ],
    [
      "text of the expression language, which stays out of the expression",
      { kind: "in", path: ["tags", "a = :b) OR (c"], values: [":f0 OR #f1"] },
      { text: "#f0.#f1 IN (:f0)", names: { "#f0": "tags", "#f1": "a = :b) OR (c" }, values: { ":f0": ":f0 OR #f1" } },
    ],
  ])("%s", (_, condition, expression) => {
    expect(toFilterExpression(condition)).toEqual(expression);
  });
});

/** Paths as DynamoDB's expressions. Tests on DynamoDB Local check their results. */

describe("toProjection", () => {
  it.each<[string, AttributePath[], ReturnType<typeof toProjection>]>([
    ["nothing: the id", [], { text: "#p0", names: { "#p0": "secret_id" } }],
    [
      "fields and keys, each once",
      [["name"], ["tags", "name"], ["secret_id"], ["name"]],
      { text: "#p0, #p1, #p2.#p1", names: { "#p0": "secret_id", "#p1": "name", "#p2": "tags" } },
    ],
    [
      "a path and what is below it: the path",
      [
        ["tags", "a", "b"],
        ["tags", "a"],
        ["tags", "c"],
      ],
      { text: "#p0, #p1.#p2, #p1.#p3", names: { "#p0": "secret_id", "#p1": "tags", "#p2": "a", "#p3": "c" } },
    ],
    ["an empty key: nothing", [["tags", "a", ""]], { text: "#p0", names: { "#p0": "secret_id" } }],
    [
      "keys that look alike",
      [
        ["tags", "a.b"],
        ["tags", "a", "b"],
      ],
      {
        text: "#p0, #p1.#p2, #p1.#p3.#p4",
        names: { "#p0": "secret_id", "#p1": "tags", "#p2": "a.b", "#p3": "a", "#p4": "b" },
      },
    ],
  ])("of %s", (_, paths, projection) => {
    expect(toProjection(paths)).toEqual(projection);
  });

  it("cuts a path that is too deep", () => {
    const { text } = toProjection([["tags", ...Array<string>(40).fill("k")]]);

    expect(text.split(", ")[1]?.split(".")).toHaveLength(32);
  });

  it("names whole fields if there are too many paths", () => {
    const many = Array.from({ length: 1000 }, (_, index): AttributePath => ["tags", `key-${index}`]);

    expect(toProjection([["name"], ...many])).toEqual({
      text: "#p0, #p1, #p2",
      names: { "#p0": "secret_id", "#p1": "name", "#p2": "tags" },
    });
  });
});
