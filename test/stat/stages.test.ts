/** The rows that each stage makes. */

import { describe, expect, it } from "vitest";
import type { Row } from "../../lib/query/path.ts";
import { runStat } from "./run-stat.ts";

const rows: readonly Row[] = [
  {
    secret_id: "s1",
    name: "a",
    provider: "aws",
    created_at: "2023-01-05T10:00:00.000Z",
    dependents: 7,
    tags: {
      n: 3,
      list: ["x", "y"],
      object: { p: 1 },
      members: [{ role: "r", hours: 1 }, { role: "w" }],
      mixed: "text",
    },
  },
  {
    secret_id: "s2",
    name: "b",
    provider: "aws",
    created_at: "2023-02-05T10:00:00.500Z",
    tags: { n: "4", list: [], object: { p: 2, q: null }, members: [{ role: "r", hours: 5 }], mixed: null },
  },
  { secret_id: "s3", name: "c", created_at: "2024-01-05T23:59:59.999Z", tags: { n: 2.5, list: "z", mixed: 1 } },
  { secret_id: "s4", name: "d", provider: "gcp", created_at: "2022-12-31T00:00:00.000Z" },
];

async function results(...aggregate: object[]): Promise<readonly unknown[]> {
  return (await runStat({ aggregate }, rows)).results;
}

const names = { project: { fields: [{ key: "name", name: "n" }] } };
const byProvider = [{ key: "provider", name: "p" }];

describe("unwind", () => {
  const unwound = async (path: string, key = path) =>
    await results(
      { unwind: { path } },
      {
        project: {
          fields: [
            { key: "name", name: "n" },
            { key, name: "v" },
          ],
        },
      },
    );

  it("makes a row per element, one for a non-array, none for null, missing and empty arrays", async () => {
    expect(await unwound("tags.list")).toEqual([
      { n: "a", v: "x" },
      { n: "a", v: "y" },
      { n: "c", v: "z" },
    ]);
    expect(await unwound("tags.mixed")).toEqual([
      { n: "a", v: "text" },
      { n: "c", v: 1 },
    ]);
    expect(await unwound("provider")).toHaveLength(3);
    expect(await unwound("nope")).toEqual([]);
    expect(await unwound("tags.nope.x")).toEqual([]);
  });

  it("replaces the array by the element, and keeps the rest of the row", async () => {
    expect(await unwound("tags.members", "tags.members.role")).toEqual([
      { n: "a", v: "r" },
      { n: "a", v: "w" },
      { n: "b", v: "r" },
    ]);
    expect(
      await results({ unwind: { path: "tags.list" } }, { unwind: { path: "tags.members" } }, { count: { name: "n" } }),
    ).toEqual([{ n: 4 }]);
    expect(rows[0]).toHaveProperty("tags.list", ["x", "y"]);
  });

  it("does not unwind a field inside of an array", async () => {
    expect(await unwound("tags.members.role")).toEqual([]);
  });

  it("unwinds fields and keys that a group made", async () => {
    const group = { group: { keys: [{ key: "tags.list", name: "k" }], fields: [{ operator: "count", name: "n" }] } };

    expect(await results(group, { unwind: { path: "k" } })).toEqual([
      { k: "x", n: 1 },
      { k: "y", n: 1 },
      { k: "z", n: 1 },
    ]);
  });

  it("returns whole secrets if no stage makes rows of its own", async () => {
    const { results: whole } = await runStat({ aggregate: [{ unwind: { path: "tags.list" } }, { limit: 1 }] }, rows);

    expect(whole).toMatchObject([{ secret_id: "s1", tags: { list: "x" }, created_at: "2023-01-05T10:00:00.000Z" }]);
    expect(whole[0]).not.toHaveProperty("dependents");
  });
});

describe("group", () => {
  it("by one key puts null and missing into one group", async () => {
    expect(await results({ group: { keys: [{ key: "tags.mixed", name: "m" }] } })).toEqual([
      { m: "text" },
      { m: null },
      { m: 1 },
    ]);
  });

  it("by several keys leaves a missing key out, separate from null", async () => {
    const keys = [...byProvider, { key: "tags.mixed", name: "m" }];

    expect(await results({ group: { keys } })).toEqual([
      { p: "aws", m: "text" },
      { p: "aws", m: null },
      { p: null, m: 1 },
      { p: "gcp" },
    ]);
  });

  it("separates keys of different types, and puts equal objects and arrays together", async () => {
    const { results: groups } = await runStat(
      { aggregate: [{ group: { keys: [{ key: "tags.k", name: "k" }], fields: [{ operator: "count", name: "n" }] } }] },
      [1, "1", true, [1], { a: 1, b: 2 }, { b: 2, a: 1 }, [1], ["1"], 1].map((k, index) => ({
        secret_id: `${index}`,
        tags: { k },
      })),
    );

    expect(groups).toEqual([
      { k: 1, n: 2 },
      { k: "1", n: 1 },
      { k: true, n: 1 },
      { k: [1], n: 2 },
      { k: { a: 1, b: 2 }, n: 2 },
      { k: ["1"], n: 1 },
    ]);
  });

  it("without keys makes one row, or none without input", async () => {
    const count = { group: { fields: [{ operator: "count", name: "n" }] } };

    expect(await results(count)).toEqual([{ n: 4 }]);
    expect((await runStat({ aggregate: [count] }, [])).results).toEqual([]);
  });

  it("by dates shows them as in lists, or in a format", async () => {
    const keys = [
      { key: "created_at", name: "at" },
      { key: "created_at", name: "year", date_format: "year" },
      { key: "updated_at", name: "never", date_format: "%Y" },
      { key: "tags.nope", name: "none", date_format: "month" },
    ];

    expect((await results({ group: { keys } }))[1]).toEqual({
      at: "2023-02-05T10:00:00.500Z",
      year: 2023,
      never: null,
      none: null,
    });
    await expect(results({ group: { keys: [{ key: "name", name: "n", date_format: "year" }] } })).rejects.toThrow(
      expect.objectContaining({ code: "ERROR_DB_QUERY", message: expect.stringContaining("applies to dates only") }),
    );
  });

  it("a second time reads keys and fields that the first group made", async () => {
    const first = {
      group: {
        keys: [...byProvider, { key: "name", name: "n" }],
        fields: [{ operator: "sum", key: "tags.n", name: "sum" }],
      },
    };
    const second = {
      group: {
        keys: [{ key: "p", name: "q" }],
        fields: [
          { operator: "push", key: "sum", name: "sums" },
          {
            operator: "push",
            name: "rows",
            fields: [
              { key: "n", name: "n" },
              { key: "provider", name: "gone" },
            ],
          },
        ],
      },
    };

    expect(await results(first, second)).toEqual([
      { q: "aws", sums: [3, 0], rows: [{ n: "a" }, { n: "b" }] },
      { q: null, sums: [2.5], rows: [{ n: "c" }] },
      { q: "gcp", sums: [0], rows: [{ n: "d" }] },
    ]);
  });

  it("prefers a field to a key of the same name", async () => {
    expect(await results({ group: { keys: byProvider, fields: [{ operator: "count", name: "p" }] } })).toEqual([
      { p: 2 },
      { p: 1 },
      { p: 1 },
    ]);
  });

  it("reads only the fields of a secret", async () => {
    const keys = [
      { key: "dependents", name: "d" },
      { key: "constructor.name", name: "c" },
      { key: "__proto__", name: "e" },
    ];

    expect(await results({ group: { keys } })).toEqual([{}]);
  });

  it("accepts any name for keys and fields", async () => {
    const named = await results({
      group: { keys: [{ key: "encrypted", name: "__proto__" }], fields: [{ operator: "count", name: "toString" }] },
    });

    expect(JSON.stringify(named)).toBe('[{"__proto__":false,"toString":4}]');
  });
});

describe("sort, skip and limit", () => {
  it("apply in the order in which they are given", async () => {
    const descending = { sort: { key: "name", desc: true } };

    expect(await results(descending, { limit: 2 }, names)).toEqual([{ n: "d" }, { n: "c" }]);
    expect(await results({ limit: 2 }, descending, names)).toEqual([{ n: "b" }, { n: "a" }]);
    expect(await results(descending, { skip: 1 }, { limit: 2 }, names)).toEqual([{ n: "c" }, { n: "b" }]);
    expect(await results(descending, { limit: 3 }, { skip: 2 }, names)).toEqual([{ n: "b" }]);
    expect(await results({ skip: "9" }, names)).toEqual([]);
    expect(await results({ skip: 0 }, { limit: 2000 }, descending, names)).toHaveLength(4);
  });

  it("sort by several keys, null and missing first, equal rows in their original order", async () => {
    expect(await results({ sort: [{ key: "provider" }, { key: "created_at", desc: true }] }, names)).toEqual([
      { n: "c" },
      { n: "b" },
      { n: "a" },
      { n: "d" },
    ]);
    expect(await results({ sort: { key: "nope" } }, names)).toEqual([{ n: "a" }, { n: "b" }, { n: "c" }, { n: "d" }]);
    expect(await results({ sort: { keys: [{ key: "tags.n" }] } }, names)).toEqual([
      { n: "d" },
      { n: "c" },
      { n: "a" },
      { n: "b" },
    ]);
  });

  it("read no more rows than they need", async () => {
    function* endless(): Generator<Row> {
      for (let index = 0; ; index += 1) yield { secret_id: `${index}`, name: `${index}` };
    }

    const { results: few } = await runStat({ aggregate: [{ skip: 1 }, { limit: 2 }, names] }, endless());

    expect(few).toEqual([{ n: "1" }, { n: "2" }]);
  });
});

describe("count", () => {
  it("returns the number of rows, or nothing without rows", async () => {
    expect(await results({ limit: 3 }, { count: { name: "rows" } })).toEqual([{ rows: 3 }]);
    expect(await results({ count: { name: "rows" } }, { count: { name: "rows" } })).toEqual([{ rows: 1 }]);
    expect(await results({ skip: 9 }, { count: { name: "rows" } })).toEqual([]);
  });
});

describe("project", () => {
  const projected = async (...fields: object[]) => (await results({ limit: 1 }, { project: { fields } }))[0];

  it("copies present values, and leaves out missing ones", async () => {
    expect(
      await projected(
        { k: "tags.object", n: "o" },
        { k: "tags.nope", n: "x" },
        { k: "schema", n: "s" },
        { k: "created_at", n: "at" },
      ),
    ).toEqual({
      o: { p: 1 },
      s: null,
      at: "2023-01-05T10:00:00.000Z",
    });
  });

  it("keeps the keys of a group unless they are excluded", async () => {
    const group = { group: { keys: byProvider, fields: [{ operator: "count", name: "n" }] } };
    const fields = [{ key: "n", name: "rows" }];

    expect(await results(group, { limit: 1 }, { project: { fields } })).toEqual([{ p: "aws", rows: 2 }]);
    expect(
      await results(
        group,
        { limit: 1 },
        { project: { fields } },
        { project: { fields: [{ key: "rows", name: "r" }] } },
      ),
    ).toEqual([{ p: "aws", r: 2 }]);
    expect(await results(group, { limit: 1 }, { project: { fields, exclude_keys: true } })).toEqual([{ rows: 2 }]);
  });

  it.each<readonly [object, unknown]>([
    [{ operator: "size", key: "tags.list" }, 2],
    [{ operator: "sum", key: "tags.members.hours" }, 1],
    [{ operator: "sum", key: "tags.n" }, 3],
    [{ operator: "sum", key: "name" }, 0],
    [{ operator: "sum", key: "tags.nope" }, 0],
    [{ operator: "object_to_array", key: "tags.object" }, [{ k: "p", v: 1 }]],
    [{ operator: "object_to_array", key: "schema" }, null],
    [{ operator: "object_to_array", key: "tags.nope" }, null],
    [{ operator: "array_to_object", key: "schema" }, null],
    [{ operator: "add", fields: ["tags.n", 1, 2.5] }, 6.5],
    [{ operator: "add", fields: ["tags.n"] }, 3],
    [{ operator: "add", fields: ["tags.n", "tags.nope"] }, null],
    [{ operator: "multiply", fields: ["tags.n", "schema"] }, null],
    [{ operator: "subtract", fields: ["tags.n", 5] }, -2],
    [{ operator: "multiply", fields: ["tags.n", 2, -1] }, -6],
    [{ operator: "divide", fields: ["tags.n", 2] }, 1.5],
    [{ o: "divide", fields: [{ o: "add", fields: ["tags.n", { operator: "multiply", fields: [3, 3] }] }, 4] }, 3],
    [{ operator: "subtract", fields: ["created_at", "created_at"] }, 0],
    [{ operator: "subtract", fields: ["created_at", 86_400_000] }, "2023-01-04T10:00:00.000Z"],
    [{ operator: "add", fields: [1000, "created_at"] }, "2023-01-05T10:00:01.000Z"],
    [{ operator: "", key: "name" }, "a"],
  ])("computes %j as %j", async (field, expected) => {
    expect(await projected({ ...field, name: "x" })).toEqual({ x: expected });
  });

  it.each<readonly [object, string]>([
    [{ operator: "size", key: "name" }, "size applies to arrays only"],
    [{ operator: "size", key: "tags.nope" }, "size applies to arrays only"],
    [{ operator: "object_to_array", key: "tags.list" }, "object_to_array applies to objects only"],
    [{ operator: "object_to_array", key: "created_at" }, "object_to_array applies to objects only"],
    [{ operator: "array_to_object", key: "name" }, "array_to_object applies to arrays only"],
    [{ operator: "array_to_object", key: "tags.list" }, "array_to_object takes elements {k, v} or [k, v]"],
    [{ operator: "add", fields: ["name", 1] }, "add applies to numbers only"],
    [{ operator: "add", fields: ["created_at", "created_at"] }, "add takes one date only"],
    [{ operator: "subtract", fields: [1, "created_at"] }, "subtract takes no date from a number"],
    [{ operator: "multiply", fields: ["created_at", 2] }, "multiply applies to numbers only"],
    [{ operator: "divide", fields: ["created_at", 2] }, "divide applies to numbers only"],
    [{ operator: "divide", fields: ["tags.n", 0] }, "divide by 0"],
    [{ operator: "add", fields: ["created_at", 1e300] }, "a computed date is out of range"],
  ])("refuses %j", async (field, message) => {
    await expect(projected({ ...field, name: "x" })).rejects.toThrow(
      expect.objectContaining({ code: "ERROR_DB_QUERY", message: expect.stringContaining(message) }),
    );
  });

  it("splits an object into pairs and makes an object of pairs", async () => {
    const apart = { project: { fields: [{ key: "tags", name: "kv", operator: "object_to_array" }] } };
    const together = { project: { fields: [{ key: "kv", name: "tags", operator: "array_to_object" }] } };

    expect(await results({ limit: 1 }, apart, together)).toEqual([{ tags: rows[0]?.["tags"] }]);
  });

  it("makes an object of pairs, in which the last pair of a key wins", async () => {
    const tags: unknown = JSON.parse('{"pairs":[["a",1],["__proto__",{"x":1}],{"k":"a","v":2}]}');
    const { results: made } = await runStat(
      { aggregate: [{ project: { fields: [{ key: "tags.pairs", name: "o", operator: "array_to_object" }] } }] },
      [{ secret_id: "s", tags }],
    );

    expect(JSON.stringify(made)).toBe('[{"o":{"a":2,"__proto__":{"x":1}}}]');
  });
});
