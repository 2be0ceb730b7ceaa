/** The values that each operator matches, one by one. */

import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/base/json.ts";
import { operators } from "../../lib/query/operators.ts";
import { listIds } from "./run-list.ts";

/** A row for each value that a tag may have. Its id names the value. */
const values: { readonly [id: string]: JsonValue } = {
  null: null,
  zero: 0,
  three: 3,
  ten: 10,
  minus: -1.5,
  text3: "3",
  empty: "",
  upper: "Ab.C",
  lower: "ab.c",
  kim: "김",
  true: true,
  false: false,
  list: ["a", 3],
  nested: [["a"]],
  emptyList: [],
  object: { x: 1, y: "b" },
  objects: [{ x: 1, y: "b" }, { x: 2 }],
};
const missing = { secret_id: "missing", name: "n" };
const rows = [missing, ...Object.entries(values).map(([id, v]) => ({ secret_id: id, name: "n", tags: { v } }))];
const all = rows.map((row) => row.secret_id);

async function holding(operator: string, value: JsonValue): Promise<unknown[]> {
  return (await listIds({ filter: [{ key: "tags.v", operator, value }] }, rows)).sort();
}

const cases: readonly (readonly [string, JsonValue, readonly string[]])[] = [
  ["eq", 3, ["three", "list"]],
  ["eq", "3", ["text3"]],
  ["eq", "", ["empty"]],
  ["eq", 0, ["zero"]],
  ["eq", false, ["false"]],
  ["eq", true, ["true"]],
  ["eq", null, ["null", "missing"]],
  ["eq", "ab.c", ["lower"]],
  ["eq", "a", ["list"]],
  ["eq", { x: 1, y: "b" }, ["object", "objects"]],
  ["eq", { y: "b", x: 1 }, ["object", "objects"]],
  ["eq", { x: 1 }, []],
  ["eq", { $gt: 0 }, []],
  ["eq", {}, []],
  ["not", "3", all.filter((id) => id !== "text3")],
  ["not", null, all.filter((id) => id !== "null" && id !== "missing")],
  ["not", 3, all.filter((id) => id !== "three" && id !== "list")],
  ["not", { $ne: 1 }, all],
  ["in", [3, "3", "x"], ["three", "list", "text3"]],
  ["in", [null, true], ["null", "missing", "true"]],
  ["in", [["a", 3]], ["list"]],
  ["in", [["a"]], ["nested"]],
  ["in", [[], { x: 2 }], ["emptyList", "objects"]],
  ["in", [], []],
  ["not_in", [], all],
  ["not_in", [3, null], all.filter((id) => !["three", "list", "null", "missing"].includes(id))],
  ["lt", 3, ["zero", "minus"]],
  ["lte", 3, ["zero", "minus", "three", "list"]],
  ["gt", 3, ["ten"]],
  ["gte", 3, ["three", "ten", "list"]],
  ["lt", "a", ["text3", "empty", "upper"]],
  ["gte", "ab", ["lower", "kim"]],
  ["gt", "가", ["kim"]],
  ["gt", false, ["true"]],
  ["lte", null, ["null", "missing"]],
  ["gt", null, []],
  ["lt", { x: 2 }, ["object", "objects"]],
  ["contain", "b.", ["upper", "lower"]],
  ["contain", "B.C", ["upper", "lower"]],
  ["contain", "", ["text3", "empty", "upper", "lower", "kim", "list"]],
  ["contain", "a", ["upper", "lower", "list"]],
  ["contain", "^a", []],
  ["not_contain", "a", all.filter((id) => !["upper", "lower", "list"].includes(id))],
  ["contain", 3, ["three", "list"]],
  ["contain", false, ["false"]],
  ["contain_in", ["김", "3"], ["kim", "text3"]],
  ["contain_in", ["김", 3, true], ["kim", "three", "list", "true"]],
  ["contain_in", [], []],
  ["not_contain_in", ["김", "b"], all.filter((id) => !["kim", "upper", "lower"].includes(id))],
  ["not_contain_in", [], all],
  ["not_contain", 3, all.filter((id) => id !== "three" && id !== "list")],
  ["not_contain_in", ["김", 3], all.filter((id) => !["kim", "three", "list"].includes(id))],
  ["exists", true, all.filter((id) => id !== "missing")],
  ["exists", false, ["missing"]],
  ["match", { x: 1 }, ["objects"]],
  ["match", { x: 1, y: "b" }, ["objects"]],
  ["match", { x: 2, y: "b" }, []],
  ["match", { x: 2, y: null }, ["objects"]],
  ["match", { x: { $gt: 0 } }, []],
  ["match", {}, ["objects"]],
  ["regex", "^AB\\.", ["upper", "lower"]],
  ["regex", "^a$", ["list"]],
  ["regex", "", ["text3", "empty", "upper", "lower", "kim", "list"]],
  ["regex_in", ["^\\d$", "^김"], ["text3", "kim"]],
  ["regex_in", [], []],
  ["datetime_gt", "0001-01-01", []],
  ["datetime_lt", "9999-12-31", []],
  ["datetime_lte", "2023-01", []],
  ["datetime_gte", 3, []],
  ["timediff_gt", "now-5000w", []],
  ["timediff_lt", "now", []],
  ["timediff_lte", "now/d", []],
  ["timediff_gte", "now/m", []],
];

describe("an operator matches the expected values", () => {
  it.each(cases)("%s %j", async (operator, value, expected) => {
    expect(await holding(operator, value)).toEqual([...expected].sort());
  });

  it("every operator has a case here", () => {
    const tested = new Set(cases.map(([operator]) => operator));

    expect(Object.keys(operators).filter((operator) => !tested.has(operator))).toEqual([]);
  });
});

describe("conditions on fields of a secret", () => {
  const secrets = [
    { secret_id: "a", name: "one", schema: "s", version: 2, created_at: "2023-01-01T00:00:00.000Z" },
    {
      secret_id: "b",
      name: "two",
      updated_at: "2023-05-05T05:05:05.055Z",
      expires_at: "2024-06-01T00:00:00.000Z",
      created_at: "2022-12-31T23:59:59.999Z",
    },
  ];
  const match = async (key: string, operator: string, value: JsonValue) =>
    await listIds({ filter: [{ key, operator, value }] }, secrets);

  it.each<readonly [string, string, JsonValue, readonly string[]]>([
    ["schema", "eq", null, ["b"]],
    ["schema", "exists", true, ["a", "b"]],
    ["schema", "exists", false, []],
    ["tags", "exists", true, ["a", "b"]],
    ["tags", "eq", {}, ["a", "b"]],
    ["tags.x", "exists", false, ["a", "b"]],
    ["version", "gte", 2, ["a"]],
    ["version", "contain", 2, ["a"]],
    ["version", "not_contain", 2, ["b"]],
    ["version", "contain", "2", []],
    ["encrypted", "contain", false, ["a", "b"]],
    ["encrypted", "eq", false, ["a", "b"]],
    ["encrypted", "not", false, []],
    ["encrypt_options", "eq", {}, ["a", "b"]],
    ["encrypt_options.x", "eq", null, ["a", "b"]],
    ["created_at", "eq", "2023-01-01", ["a"]],
    ["created_at", "eq", "2023-01-01T09:00:00+09:00", ["a"]],
    ["created_at", "eq", " 2023/01/01 ", ["a"]],
    ["created_at", "not", "2023-01-01", ["b"]],
    ["created_at", "in", ["2023-01-01", "no date", 5], ["a"]],
    ["created_at", "not_in", ["2023-01-01T00:00:00.000Z"], ["b"]],
    ["created_at", "lt", "2023-01-01", ["b"]],
    ["created_at", "lte", "2023-01-01", ["a", "b"]],
    ["created_at", "gt", "2022-12-31T23:59:59.9989Z", ["a", "b"]],
    ["created_at", "eq", "no date", []],
    ["created_at", "not", "no date", ["a", "b"]],
    ["created_at", "lt", true, []],
    ["created_at", "eq", 1672531200000, []],
    ["created_at", "contain", "2023", []],
    ["created_at", "not_contain", "2023", ["a", "b"]],
    ["created_at", "regex", ".", []],
    ["created_at", "datetime_gte", "2023", ["a"]],
    ["created_at", "datetime_lt", "2023-W01-1", ["a", "b"]],
    ["created_at", "datetime_lt", 1, []],
    ["expires_at", "timediff_lt", "now+30d", ["b"]],
    ["expires_at", "datetime_gte", "2024-06", ["b"]],
    ["expires_at", "exists", true, ["a", "b"]],
    ["expires_at", "eq", null, ["a"]],
    ["updated_at", "eq", null, ["a"]],
    ["updated_at", "eq", "no date", []],
    ["updated_at", "lte", null, ["a"]],
    ["updated_at", "datetime_lt", "2030-01-01", ["b"]],
    ["updated_at", "timediff_lt", "now", ["b"]],
  ])("%s %s %j", async (key, operator, value, expected) => {
    expect(await match(key, operator, value)).toEqual(expected);
  });
});
