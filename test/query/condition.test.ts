/** Mistakes in conditions: which are refused, in which order, and by which error. */

import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/base/json.ts";

import { getPath } from "../../lib/query/path.ts";
import { bindQuery, type SentCondition, toCondition } from "../../lib/query/query.ts";
import { parseQuery } from "../../lib/request/list.ts";

function condition(key: string | undefined, operator: string | undefined, value: JsonValue): SentCondition {
  return { key, operator, value };
}

const listNeeded = "ERROR_OPERATOR_LIST_VALUE_TYPE";
const noList = "ERROR_OPERATOR_VALUE_TYPE";
const queryError = "ERROR_DB_QUERY";

describe("a wrong condition is refused for its first mistake", () => {
  it.each<readonly [SentCondition, string, string]>([
    [condition("nope", undefined, []), queryError, "requires an operator"],
    [condition("nope", "", []), queryError, "requires an operator"],
    [condition("nope", "equals", []), queryError, 'unknown operator "equals"'],
    [condition("name", "EQ", "x"), queryError, 'unknown operator "EQ"'],
    [condition("name", "toString", "x"), queryError, 'unknown operator "toString"'],
    [condition("name", "__proto__", "x"), queryError, 'unknown operator "__proto__"'],
    [condition(undefined, "eq", []), noList, "'eq operator' does not support list type. (key = \"\")"],
    [condition("nope", "contain", ["x"]), noList, "'contain operator' does not support list type. (key = \"nope\")"],
    [condition("nope", "exists", [true]), noList, "'exists operator'"],
    [condition("nope", "match", [{}]), noList, "'match operator'"],
    [condition("nope", "timediff_gt", ["now"]), noList, "'timediff_gt operator'"],
    [condition("nope", "in", "x"), listNeeded, "'in operator' must be a list type. (key = \"nope\")"],
    [condition("nope", "regex_in", { x: 1 }), listNeeded, "'regex_in operator'"],
    [condition(undefined, "exists", 1), "ERROR_OPERATOR_BOOLEAN_TYPE", "'exists operator' must be a boolean type"],
    [
      condition(undefined, "match", "x"),
      "ERROR_OPERATOR_DICT_VALUE_TYPE",
      "'match operator' must be a dictionary type",
    ],
    [condition("x", "match", null), "ERROR_OPERATOR_DICT_VALUE_TYPE", "'match operator'"],
    [condition(undefined, "eq", "x"), queryError, "requires a key (operator = eq)"],
    [condition("", "regex", 1), queryError, "requires a key (operator = regex)"],
    [condition("nope", "contain", 1), queryError, 'unknown field "nope"'],
    [condition("nope", "datetime_gt", "x"), queryError, 'unknown field "nope"'],
    [condition("name", "contain", 1), queryError, 'the value of contain on "name" must be a string'],
    [condition("name", "contain_in", ["a", null]), queryError, 'the value of contain_in on "name" must be a string'],
    [condition("tags.a", "contain", null), queryError, "must be a string, a number or a boolean"],
    [condition("tags.a", "contain_in", [1, {}]), queryError, "must be a string, a number or a boolean"],
    [condition("created_at", "contain", 2023), queryError, "must be a string"],
    [condition("created_at", "gt", "yesterday"), queryError, "must be an ISO 8601 date"],
    [condition("updated_at", "lte", ""), queryError, "must be an ISO 8601 date"],
    [condition("nope", "regex", 1), queryError, 'the value of regex on "nope" must be a string'],
    [condition("created_at", "eq", "2022-05"), queryError, "must be a date down to the day"],
    [condition("updated_at", "in", ["2022"]), queryError, "must be a date down to the day"],
    [condition("created_at", "gt", "2022-W05"), queryError, "must be a date down to the day"],
    [condition("created_at", "datetime_gt", "yesterday"), queryError, "must be an ISO 8601 date"],
    [condition("created_at", "datetime_gt", ""), queryError, "must be an ISO 8601 date"],
    [condition("created_at", "datetime_gt", null), queryError, "must be an ISO 8601 date"],
    [condition("tags.x", "datetime_gt", true), queryError, "must be an ISO 8601 date"],
    [condition("created_at", "datetime_gt", {}), queryError, "must be an ISO 8601 date"],
    [condition("created_at", "timediff_gt", "now-1y"), queryError, "must be of the form now, now-7d"],
    [condition("created_at", "timediff_gt", null), queryError, "must be of the form now, now-7d"],
    [condition("tags.x", "timediff_gt", 1), queryError, "must be of the form now, now-7d"],
  ])("%j", (input, code, message) => {
    expect(() => toCondition(input)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe("a key that is not a field of a secret", () => {
  it.each([
    "nope",
    "NAME",
    " name",
    "name.x",
    "created_at.year",
    "tags.",
    ".tags",
    "tags..x",
    "encrypted.x",
    "data",
    "dependents",
    "revision",
    "_id",
    "__proto__",
    "constructor",
    "constructor.name",
    "toString",
    "name__startswith",
    "tags__env",
    "__raw__",
    "$where",
    "-name",
  ])("%j is refused, except with a pattern, which matches nothing", (key) => {
    expect(() => toCondition(condition(key, "eq", "x"))).toThrow(
      expect.objectContaining({
        code: "ERROR_DB_QUERY",
        message: expect.stringContaining(`Database query failed. (reason = unknown field ${JSON.stringify(key)}`),
      }),
    );
    expect(toCondition(condition(key, "regex", "x"))).toEqual({
      path: null,
      operator: "regex",
      negated: false,
      predicate: { kind: "pattern", patterns: ["x"] },
    });
  });
});

it("the error for a mistyped key suggests the nearest field", () => {
  expect(() => toCondition(condition("nane", "eq", "x"))).toThrow('unknown field "nane", did you mean "name"?');
  expect(() => toCondition(condition("tags\\.env", "eq", "x"))).toThrow('unknown field "tags\\\\.env")');
});

it("an error quotes at most 80 characters of a key, and never a value", () => {
  const key = "k".repeat(500);

  expect(() => toCondition(condition(key, "eq", "hunter2"))).toThrow(
    `Database query failed. (reason = unknown field "${"k".repeat(80)}…")`,
  );
  expect(() => toCondition(condition("created_at", "datetime_gt", "hunter2"))).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
  );
});

describe("a condition compares values, whatever they look like", () => {
  it.each<readonly [SentCondition, object]>([
    [condition("name", "not_in", ["a", null]), { negated: true, predicate: { kind: "equal", values: ["a", null] } }],
    [condition("name", "exists", false), { negated: true, predicate: { kind: "exists" } }],
    [condition("tags.a", "lte", 5), { negated: false, predicate: { kind: "order", comparison: "lte", value: 5 } }],
    [
      condition("created_at", "datetime_gt", "2023"),
      { negated: false, predicate: { kind: "order", comparison: "gt", value: "2023-01-01T00:00:00.000Z" } },
    ],
    [
      condition("created_at", "timediff_lt", "now/d - 1w"),
      {
        negated: false,
        predicate: { kind: "relative date", comparison: "lt", date: { base: "now/d", offsetMs: -604_800_000 } },
      },
    ],
    [condition("name", "not_contain", "A"), { negated: true, predicate: { kind: "text", words: ["A"], values: [] } }],
    [condition("tags.a", "match", { x: 1 }), { negated: false, predicate: { kind: "element", members: { x: 1 } } }],
    [condition("name", "datetime_gt", "2023"), { negated: false, predicate: { kind: "equal", values: [] } }],
  ])("%j", (input, expected) => {
    expect(toCondition(input)).toMatchObject({ path: { key: input.key }, operator: input.operator, ...expected });
  });

  it("an added condition limits any query", () => {
    const query = parseQuery({ filter: [condition("schema", "eq", "x")] });
    const bound = bindQuery(query, { name: ["a", "b"], project_id: null });

    expect(bound).toEqual({ ...query, filter: [toCondition(condition("name", "in", ["a", "b"])), ...query.filter] });
    expect(getPath("tags.a.b")).toMatchObject({ key: "tags.a.b", field: { name: "tags" }, parts: ["a", "b"] });
  });
});
