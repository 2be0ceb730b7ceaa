/** distinct, pages, filters, the attributes that are read, and limits of memory. */

import { describe, expect, it } from "vitest";
import type { Row } from "../../lib/query/path.ts";
import { planPages } from "../../lib/query/plan.ts";
import type { AttributePath } from "../../lib/query/push-down.ts";
import { compileSelection, toSelection } from "../../lib/query/selection.ts";
import { parseStatisticsQuery } from "../../lib/request/stat.ts";
import { readPaths } from "../../lib/stat/statistics-query.ts";
import { now } from "../query/run-list.ts";
import { runStat } from "./run-stat.ts";

const rows: readonly Row[] = [
  {
    secret_id: "s1",
    name: "a",
    created_at: "2023-01-02T00:00:00.000Z",
    tags: { v: "x", list: ["b", "a", 2], members: [{ r: 2 }, { r: 1 }] },
  },
  {
    secret_id: "s2",
    name: "b",
    created_at: "2023-01-01T00:00:00.000Z",
    tags: { v: 1, list: [], members: [{ r: [1, 3] }] },
  },
  { secret_id: "s3", name: "c", created_at: "2023-01-01T00:00:00.000Z", schema: "s", tags: { v: null, list: "a" } },
  { secret_id: "s4", name: "d", created_at: "2023-01-01T00:00:00.000Z", tags: { v: true, list: ["a", ["a"]] } },
];

function attributesOf(query: unknown): readonly AttributePath[] {
  const parsed = parseStatisticsQuery(query);
  return planPages(parsed, readPaths(parsed), now).attributes ?? [];
}

describe("distinct", () => {
  it.each<readonly [string, readonly unknown[]]>([
    ["name", ["a", "b", "c", "d"]],
    ["schema", [null, "s"]],
    ["tags.v", [null, 1, "x", true]],
    ["tags.list", [2, "a", "b", ["a"]]],
    ["tags.members.r", [1, 2, 3]],
    ["tags.members.0.r", [1, 2, 3]],
    ["tags.nope", []],
    ["nope", []],
    ["dependents", []],
    ["constructor.name", []],
    ["encrypted", [false]],
    ["created_at", ["2023-01-01T00:00:00.000Z", "2023-01-02T00:00:00.000Z"]],
  ])("of %s returns %j, in order", async (distinct, expected) => {
    expect(await runStat({ distinct }, rows)).toEqual({ results: expected });
  });
});

describe("a page", () => {
  const names = { aggregate: [{ sort: { key: "name" } }, { project: { fields: [{ key: "name", name: "n" }] } }] };

  it.each<readonly [object, string, number | undefined]>([
    [{ limit: 2 }, "ab", 4],
    [{ start: 3, limit: 5 }, "cd", 4],
    [{ start: 0, limit: 1 }, "a", 4],
    [{ start: 9, limit: 1 }, "", 4],
    [{ start: 3 }, "abcd", undefined],
    [{ start: 3, limit: 0 }, "abcd", undefined],
  ])("%j limits the result of the stages, and counts it", async (page, expected, count) => {
    const answer = await runStat({ ...names, page }, rows);

    expect(answer.results.map((row) => (row as { n: string }).n).join("")).toBe(expected);
    expect(answer.total_count).toBe(count);
    expect("total_count" in answer).toBe(count !== undefined);
  });

  it("limits distinct values, too", async () => {
    expect(await runStat({ distinct: "name", page: { start: 2, limit: 2 } }, rows)).toEqual({
      results: ["b", "c"],
      total_count: 4,
    });
  });
});

it("stat reads only the rows that match filter, filter_or and keyword", async () => {
  const filter = [{ key: "name", value: "d", operator: "lt" }];
  const filter_or = ["a", "d", "c"].map((value) => ({ key: "name", value, operator: "eq" }));

  expect(await runStat({ distinct: "name", filter, filter_or, keyword: "s1 s2" }, rows)).toEqual({ results: ["a"] });
  expect(await runStat({ aggregate: [{ count: { name: "n" } }], filter, filter_or }, rows)).toEqual({
    results: [{ n: 2 }],
  });
});

describe("the attributes that a query reads", () => {
  const group = {
    group: {
      keys: [{ key: "provider", name: "p" }],
      fields: [
        { operator: "sum", key: "tags.cost.x", name: "c", conditions: [{ key: "schema", value: "s", operator: "eq" }] },
        { operator: "push", name: "r", fields: [{ key: "tags.env", name: "e" }] },
      ],
    },
  };

  it.each<readonly [object, readonly (readonly string[])[]]>([
    [{ distinct: "tags.a.b" }, [["tags", "a"]]],
    [{ distinct: "nope" }, []],
    [{ distinct: "encrypted" }, []],
    [{ aggregate: [{ count: { name: "n" } }] }, []],
    [
      { aggregate: [{ unwind: { path: "tags.l" } }, { count: { name: "n" } }], filter: [{ k: "name", o: "eq" }] },
      [["name"], ["tags", "l"]],
    ],
    [
      { aggregate: [group, { sort: { key: "p" } }, { project: { fields: [{ key: "name", name: "n" }] } }] },
      [["provider"], ["tags", "cost"], ["tags", "env"], ["schema"]],
    ],
    [
      {
        aggregate: [
          { sort: { key: "created_at" } },
          { limit: 1 },
          {
            project: {
              fields: [{ name: "n", operator: "add", fields: ["version", { operator: "add", fields: ["tags.n"] }] }],
            },
          },
        ],
      },
      [["created_at"], ["version"], ["tags", "n"]],
    ],
    [
      { aggregate: [{ sort: { key: "created_at" } }, { limit: 1 }] },
      [
        "secret_id",
        "name",
        "secret_type",
        "tags",
        "schema",
        "provider",
        "service_account_id",
        "project_id",
        "trusted_secret_id",
        "domain_id",
        "created_at",
        "updated_at",
        "version",
        "expires_at",
      ].map((name) => [name]),
    ],
  ])("%j", (query, expected) => {
    expect(attributesOf(query)).toEqual(expected);
  });

  it("are sufficient: the other attributes do not change the answer", async () => {
    const query = {
      aggregate: [
        { unwind: { path: "tags.members" } },
        {
          group: {
            keys: [{ key: "tags.members.r", name: "r" }],
            fields: [{ operator: "push", key: "name", name: "n" }],
          },
        },
      ],
      filter: [{ k: "tags.v", v: null, o: "not" }],
    };
    const read = attributesOf(query).map((path) => path.join("."));

    expect(await runStat(query, rows.map(compileSelection(toSelection(read))))).toEqual(await runStat(query, rows));
  });
});

describe("the limit on what a statistics query holds in memory", () => {
  const many = (count: number, make: (index: number) => object): Row[] =>
    Array.from({ length: count }, (_, index) => ({ secret_id: `s${index}`, name: `n${index}`, tags: make(index) }));
  const tooMuch = async (query: object, from: readonly Row[]) =>
    await runStat(query, from).then(
      () => "an answer",
      (error: Error) => error.message,
    );
  const push = (key: string) => ({ aggregate: [{ group: { fields: [{ operator: "push", key, name: "all" }] } }] });
  const by = (key: string) => ({ aggregate: [{ group: { keys: [{ key, name: "k" }] } }, { count: { name: "n" } }] });

  it("is 100,000 rows, values or groups", async () => {
    const enough = many(100_000, () => ({}));
    const more = [...enough, { secret_id: "x", name: "x" }];
    const sorted = { aggregate: [{ sort: { key: "name" } }, { count: { name: "n" } }] };

    expect(await tooMuch(by("name"), more)).toContain("more than 100000 groups: filter, or group by fewer keys");
    expect(await tooMuch(push("name"), more)).toContain("more than 100000 rows or values held in memory");
    expect(await tooMuch(sorted, more)).toContain("more than 100000 rows or values held in memory");
    expect((await runStat(by("name"), enough)).results).toEqual([{ n: 100_000 }]);
    expect((await runStat(by("schema"), more)).results).toEqual([{ n: 1 }]);
    expect((await runStat(sorted, enough)).results).toEqual([{ n: 100_000 }]);
    expect(
      (
        await runStat(
          {
            aggregate: [
              { sort: { key: "name", desc: true } },
              { limit: 1 },
              { project: { fields: [{ key: "name", name: "n" }] } },
            ],
          },
          more,
        )
      ).results,
    ).toEqual([{ n: "x" }]);
  });

  it("is 100 MB", async () => {
    const text = "x".repeat(16_000);

    expect(
      await tooMuch(
        push("tags"),
        many(7_000, () => ({ text })),
      ),
    ).toContain("more than 100000000 bytes held in memory");
  });

  it("is 1,000,000 rows out of unwind", async () => {
    const list = Array.from({ length: 1_001 }, () => 1);
    const aggregate = [{ unwind: { path: "tags.a" } }, { unwind: { path: "tags.b" } }, { count: { name: "n" } }];

    expect(
      await tooMuch(
        { aggregate },
        many(1, () => ({ a: list, b: list })),
      ),
    ).toContain("more than 1000000 rows out of unwind");
  });
});
