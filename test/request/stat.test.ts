/** The StatisticsQuery message: its shape, absent fields, and mistakes of shape and of the language. */

import { describe, expect, it } from "vitest";
import { parseStatisticsQuery } from "../../lib/request/stat.ts";

const wrongType = "ERROR_INVALID_PARAMETER_TYPE";
const invalid = "ERROR_INVALID_PARAMETER";
const required = "ERROR_REQUIRED_PARAMETER";
const queryError = "ERROR_DB_QUERY";

function nested(levels: number): unknown {
  return JSON.parse(`${'{"operator":"add","fields":['.repeat(levels)}1${"]}".repeat(levels)}`);
}

const stages = (...aggregate: unknown[]) => ({ aggregate });
const group = (options: object) => stages({ group: options });
const fieldOf = (field: object) => group({ fields: [field] });
const conditionOf = (condition: object) => fieldOf({ name: "n", operator: "count", conditions: [condition] });
const project = (...fields: unknown[]) => stages({ project: { fields } });
const at = "query.aggregate.0";

type Mistake = readonly [query: unknown, code: string, message: string];

const mistakes: readonly Mistake[] = [
  [undefined, required, "(key = query)"],
  [null, required, "(key = query)"],
  [{}, required, "(key = aggregate)"],
  [{ aggregate: [], distinct: "" }, required, "(key = aggregate)"],
  [{ filter: [{ key: "name", operator: "eq" }] }, required, "(key = aggregate)"],
  [[], wrongType, "(key = query, type = Struct)"],
  [{ sort: {}, distinct: "name" }, invalid, "(key = query.sort, reason = unknown field)"],
  [{ only: [], distinct: "name" }, invalid, "(key = query.only, reason = unknown field)"],
  [{ distinct: ["name"] }, wrongType, "(key = query.distinct, type = string)"],
  [{ aggregate: {} }, wrongType, "(key = query.aggregate, type = list)"],
  [stages(null), wrongType, `(key = ${at}, type = Struct)`],
  [stages({}), queryError, "a stage requires one of unwind, group"],
  [stages({ group: null }), queryError, "a stage requires one of unwind, group"],
  [stages({ match: {} }), invalid, `(key = ${at}.match, reason = unknown field)`],
  [stages({ count: { name: "n" }, limit: 1 }), invalid, `(key = ${at}.limit, reason = the stage is a count already)`],
  [stages({ unwind: "tags" }), wrongType, `(key = ${at}.unwind, type = Struct)`],
  [stages({ unwind: {} }), queryError, "unwind requires a key"],
  [stages({ unwind: { path: "$tags" } }), queryError, 'unwind has an invalid key "$tags"'],
  [stages({ unwind: { path: "tags." } }), queryError, 'unwind has an invalid key "tags."'],
  [stages({ count: {} }), queryError, "count requires a name"],
  [stages({ count: { name: "" } }), queryError, "count requires a name"],
  [stages({ count: { name: "a.b" } }), queryError, 'count has an invalid name "a.b"'],
  [stages({ count: { name: "$n" } }), queryError, 'count has an invalid name "$n"'],
  [stages({ count: { name: "n".repeat(256) } }), queryError, "more than 255 characters in one name"],
  [stages({ limit: 0 }), queryError, "limit must be above 0"],
  [stages({ limit: -1 }), queryError, "limit must be above 0"],
  [stages({ limit: 1.5 }), invalid, `(key = ${at}.limit, reason = must be a whole number)`],
  [stages({ limit: "x" }), wrongType, `(key = ${at}.limit, type = int32)`],
  [stages({ limit: 2147483648 }), invalid, "must be from -2147483648 to 2147483647"],
  [stages({ limit: {} }), wrongType, `(key = ${at}.limit, type = int32)`],
  [stages({ skip: -1 }), queryError, "skip must not be below 0"],
  [stages({ sort: {} }), queryError, "sort requires a key"],
  [stages({ sort: { desc: true } }), queryError, "sort requires a key"],
  [stages({ sort: { keys: [{}] } }), queryError, "sort requires a key"],
  [stages({ sort: [] }), queryError, "sort requires a key"],
  [stages({ sort: { key: "a..b" } }), queryError, 'sort has an invalid key "a..b"'],
  [group({}), queryError, "group requires keys or fields"],
  [group({ keys: [], fields: [] }), queryError, "group requires keys or fields"],
  [group({ keys: [{ name: "p" }] }), queryError, "a group key requires a key"],
  [group({ keys: [{ key: "provider" }] }), queryError, "a group key requires a name"],
  [group({ keys: [{ key: "provider", k: "x", name: "p" }] }), invalid, `(key = ${at}.group.keys.0.k,`],
  [group({ keys: [{ key: "a", name: "p", operator: "x" }] }), invalid, `(key = ${at}.group.keys.0.operator,`],
  [group({ keys: [{ key: "created_at", name: "d", date_format: "%Q" }] }), queryError, 'unknown date format "%Q"'],
  [group({ keys: [{ key: "created_at", name: "d", date_format: "%Y%" }] }), queryError, 'unknown date format "%"'],
  [group({ keys: [{ key: "created_at", name: "d", date_format: 5 }] }), wrongType, "date_format, type = string"],
  [fieldOf({ name: "n" }), queryError, 'unknown operator "" of a group field'],
  [fieldOf({ name: "n", operator: "avg", key: "tags.a" }), queryError, 'unknown operator "avg" of a group field'],
  [fieldOf({ name: "n", operator: "constructor" }), queryError, 'unknown operator "constructor" of a group field'],
  [fieldOf({ operator: "count" }), queryError, "a group field with count requires a name"],
  [fieldOf({ name: "n", operator: "sum" }), queryError, "a group field with sum requires a key"],
  [fieldOf({ name: "n", operator: "push" }), queryError, "a group field with push requires a key"],
  [fieldOf({ name: "n", operator: "add_to_set", fields: [{ k: "a", n: "a" }] }), queryError, "requires a key"],
  [fieldOf({ name: "n", operator: "push", fields: [{ k: "a" }] }), queryError, "a field of push requires a name"],
  [fieldOf({ name: "n", operator: "push", fields: [{ n: "a" }] }), queryError, "a field of push requires a key"],
  [
    fieldOf({ name: "n", operator: "count", data_type: "array" }),
    invalid,
    "fields.0.data_type, reason = unknown field",
  ],
  ...["max", "min", "first", "last", "push", "add_to_set", "merge_objects"].map(
    (operator) =>
      [
        fieldOf({ name: "n", operator, key: "a", conditions: [{ key: "a", value: 1, operator: "eq" }] }),
        queryError,
        `a group field with ${operator} takes no conditions`,
      ] as const,
  ),
  [conditionOf({ value: 1, operator: "eq" }), queryError, "a condition of a group field requires a key"],
  [conditionOf({ key: "a", operator: "eq" }), queryError, "a condition of a group field requires a value"],
  [conditionOf({ key: "a", value: null, operator: "eq" }), queryError, "a condition of a group field requires a value"],
  [conditionOf({ key: "a", value: 1 }), queryError, 'unknown operator "" of a group field\'s condition'],
  [conditionOf({ key: "a", value: [1], operator: "in" }), queryError, 'unknown operator "in" of a group field'],
  [conditionOf({ key: "a", value: 1, operator: "toString" }), queryError, 'unknown operator "toString" of a group'],
  [project(), queryError, "project requires fields"],
  [project({ key: "name" }), queryError, "a project field requires a name"],
  [project({ name: "n" }), queryError, "a project field requires a key"],
  [project({ name: "n", operator: "size" }), queryError, "a project field requires a key"],
  [project({ name: "n", operator: "concat", key: "name" }), queryError, 'unknown operator "concat" of a project field'],
  [project({ name: "n", operator: "add" }), queryError, "add requires some fields"],
  [project({ name: "n", operator: "subtract", fields: ["a"] }), queryError, "subtract requires two fields"],
  [project({ name: "n", operator: "divide", fields: ["a", 1, 2] }), queryError, "divide requires two fields"],
  [
    project({ name: "n", operator: "add", fields: ["a", true] }),
    wrongType,
    "fields.1, type = string, number or Struct",
  ],
  [
    project({ name: "n", operator: "add", fields: ["a", null] }),
    wrongType,
    "fields.1, type = string, number or Struct",
  ],
  [
    project({ name: "n", operator: "add", fields: ["a", { fields: ["b"] }] }),
    queryError,
    'unknown operator "" of a project field',
  ],
  [
    project({ name: "n", operator: "add", fields: [{ operator: "size", fields: ["b"] }] }),
    queryError,
    'unknown operator "size"',
  ],
  [
    project({ name: "n", operator: "add", fields: [{ operator: "add", fields: [1], name: "x" }] }),
    invalid,
    "fields.0.name, reason = unknown",
  ],
  [project({ name: "n", operator: "add", fields: ["$a"] }), queryError, 'a project field has an invalid key "$a"'],
  [
    project({ name: "n", operator: "add", fields: Array(101).fill(1) }),
    queryError,
    "more than 100 fields and conditions",
  ],
  [stages(...Array(33).fill({ limit: 1 })), queryError, "more than 32 stages"],
  [stages({ sort: { keys: Array(17).fill({ key: "name" }) } }), queryError, "more than 16 sort keys"],
  [group({ keys: Array(17).fill({ key: "name", name: "n" }) }), queryError, "more than 16 keys in one group"],
  [
    group({ fields: Array(101).fill({ name: "n", operator: "count" }) }),
    queryError,
    "more than 100 fields and conditions",
  ],
  [
    fieldOf({ name: "n", operator: "count", conditions: Array(100).fill({ key: "a", value: 1, operator: "eq" }) }),
    queryError,
    "more than 100 fields and conditions",
  ],
  [{ distinct: `tags${".a".repeat(40)}` }, queryError, "more than 32 parts in one key"],
  [{ distinct: "name", filter: [{ key: "nope", value: 1, operator: "eq" }] }, queryError, 'unknown field "nope"'],
  [
    { ...stages({ limit: 0 }), filter: [{ key: "nope", value: 1, operator: "eq" }] },
    queryError,
    'unknown field "nope"',
  ],
];

function assertRefused([query, code, message]: Mistake): void {
  expect(() => parseStatisticsQuery(query)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
}

describe("a statistics query is refused", () => {
  it.each(mistakes.map((mistake) => ({ mistake, query: mistake[0] })))("$query", ({ mistake }) => {
    assertRefused(mistake);
  });

  it("with an endlessly nested expression", () => {
    assertRefused([
      project({ name: "n", operator: "add", fields: [nested(10_000)] }),
      queryError,
      "more than 16 levels",
    ]);
  });
});

it("the stages are used if both stages and distinct are sent", () => {
  expect(parseStatisticsQuery({ aggregate: [{ skip: 0 }], distinct: "name" }).aggregation.kind).toBe("stages");
  expect(parseStatisticsQuery({ aggregate: null, distinct: "name" }).aggregation).toEqual({
    kind: "distinct",
    path: expect.objectContaining({ key: "name" }),
  });
});
