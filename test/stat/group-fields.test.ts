/** The results of the operators of group fields, and the rows that their conditions admit. */

import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/base/json.ts";
import { reducers } from "../../lib/stat/reducers.ts";
import { runStat } from "./run-stat.ts";

/** A missing tag. */
const missing = undefined;

/** The result of one group field for rows whose tag `v` has these values. */
async function reduce(field: object, values: readonly (JsonValue | undefined)[]): Promise<unknown> {
  const rows = values.map((v, index) => ({ secret_id: `${index}`, tags: v === undefined ? {} : { v } }));
  const { results } = await runStat({ aggregate: [{ group: { fields: [{ ...field, name: "x" }] } }] }, rows);
  return (results[0] as { x: unknown }).x;
}

const mixed = [3, "3", null, missing, 1.5, [9], { a: 1 }, false];

describe("an operator of a group field", () => {
  it.each<readonly [string, readonly (JsonValue | undefined)[], unknown]>([
    ["count", mixed, 8],
    ["sum", mixed, 4.5],
    ["sum", ["a", null, missing], 0],
    ["average", mixed, 2.25],
    ["average", ["a", null, missing], null],
    ["max", mixed, false],
    ["max", [3, "b", "😀", "\uffff"], "😀"],
    ["max", [null, missing], null],
    ["min", mixed, 1.5],
    ["min", [[1], { a: 1 }, true], { a: 1 }],
    ["min", [null, missing], null],
    ["first", mixed, 3],
    ["first", [missing, 1], null],
    ["first", [null, 1], null],
    ["last", mixed, false],
    ["last", [1, missing], null],
    ["push", mixed, [3, "3", null, 1.5, [9], { a: 1 }, false]],
    ["push", [missing], []],
    [
      "add_to_set",
      [1, "1", 1, null, missing, null, [1], [1], { a: 1, b: 2 }, { b: 2, a: 1 }, true],
      [1, "1", null, [1], { a: 1, b: 2 }, true],
    ],
    [
      "merge_objects",
      [{ a: 1, b: 1 }, null, missing, { b: 2, c: { d: 1 } }, { c: { e: 1 } }],
      { a: 1, b: 2, c: { e: 1 } },
    ],
    ["merge_objects", [null, missing], {}],
  ])("%s", async (operator, values, expected) => {
    expect(await reduce({ operator, key: "tags.v" }, values)).toEqual(expected);
  });

  it("every operator of a group field has a case here", () => {
    expect(Object.keys(reducers)).toEqual([
      "count",
      "sum",
      "average",
      "max",
      "min",
      "first",
      "last",
      "push",
      "add_to_set",
      "merge_objects",
    ]);
  });

  it.each([3, "text", [{}], true])("merge_objects refuses %j", async (value) => {
    await expect(reduce({ operator: "merge_objects", key: "tags.v" }, [{}, value])).rejects.toThrow(
      "Database query failed. (reason = merge_objects applies to objects only)",
    );
  });

  it("merge_objects refuses dates", async () => {
    await expect(
      runStat({ aggregate: [{ group: { fields: [{ operator: "merge_objects", key: "created_at", name: "x" }] } }] }, [
        { secret_id: "s", created_at: "2023-01-01T00:00:00.000Z" },
      ]),
    ).rejects.toThrow("merge_objects applies to objects only");
  });

  it("merge_objects treats a member named __proto__ as an ordinary one", async () => {
    const merged = await reduce({ operator: "merge_objects", key: "tags.v" }, [
      JSON.parse('{"__proto__":{"x":1}}'),
      { y: 1 },
    ]);

    expect(JSON.stringify(merged)).toBe('{"__proto__":{"x":1},"y":1}');
  });

  it("push makes an object of several keys, without missing ones", async () => {
    const fields = [
      { key: "tags.v", name: "v" },
      { k: "secret_id", n: "id" },
      { key: "schema", name: "s" },
    ];

    expect(await reduce({ operator: "push", fields }, [1, missing])).toEqual([
      { v: 1, id: "0", s: null },
      { id: "1", s: null },
    ]);
    expect(await reduce({ operator: "push", key: "tags.v", fields }, [1, missing])).toEqual([1]);
  });

  it("dates are shown as in lists, wherever they end up", async () => {
    const field = (operator: string, name: string) => ({ operator, key: "created_at", name });
    const fields = [
      field("max", "max"),
      field("min", "min"),
      field("first", "first"),
      field("push", "all"),
      field("add_to_set", "set"),
      field("sum", "sum"),
      { operator: "push", name: "rows", fields: [{ key: "created_at", name: "at" }] },
    ];
    const dates = ["2023-01-02T00:00:00.000Z", "2023-01-01T09:30:15.123Z"];
    const { results } = await runStat(
      { aggregate: [{ group: { fields } }] },
      dates.map((created_at) => ({ secret_id: "s", created_at })),
    );

    expect(results).toEqual([
      {
        max: dates[0],
        min: dates[1],
        first: dates[0],
        all: dates,
        set: dates,
        sum: 0,
        rows: [{ at: dates[0] }, { at: dates[1] }],
      },
    ]);
  });
});

describe("the conditions of a group field select", () => {
  const values = [1, 2, 3, "3", null, missing, [3], true];
  const count = async (...conditions: object[]) => await reduce({ operator: "count", conditions }, values);

  it.each<readonly [string, JsonValue, number]>([
    ["eq", 3, 1],
    ["eq", [3], 1],
    ["eq", { $gt: 0 }, 0],
    ["not", 3, 7],
    ["lt", 3, 4],
    ["lte", 3, 5],
    ["gt", 3, 3],
    ["gte", "3", 3],
    ["gte", false, 1],
  ])("%s %j, across types, with null and missing below numbers", async (operator, value, expected) => {
    expect(await count({ key: "tags.v", operator, value })).toBe(expected);
  });

  it("values that match all of them", async () => {
    expect(await count({ k: "tags.v", o: "gt", v: 1 }, { k: "tags.v", o: "lt", v: "a" })).toBe(3);
    expect(await count()).toBe(8);
  });

  it("only matching values for sum and average", async () => {
    const conditions = [{ key: "tags.v", operator: "gte", value: 2 }];

    expect(await reduce({ operator: "sum", key: "tags.v", conditions }, values)).toBe(5);
    expect(await reduce({ operator: "average", key: "tags.v", conditions }, values)).toBe(2.5);
    expect(await reduce({ operator: "average", key: "tags.v", conditions }, [1])).toBeNull();
  });

  it("dates, which sort after all strings", async () => {
    const rows = [{ secret_id: "s", created_at: "2023-01-01T00:00:00.000Z" }];
    const conditions = [{ key: "created_at", operator: "gt", value: "2030-01-01" }];
    const aggregate = [{ group: { fields: [{ operator: "count", name: "n", conditions }] } }];

    expect((await runStat({ aggregate }, rows)).results).toEqual([{ n: 1 }]);
  });
});
