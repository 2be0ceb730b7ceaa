/** Lists: keywords, sort order, pages, counts, and the shown fields. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Row, shownFields } from "../../lib/query/path.ts";
import { compileSelection, toSelection } from "../../lib/query/selection.ts";
import { sortBy, topRows } from "../../lib/query/sort.ts";
import { parseQuery } from "../../lib/request/list.ts";
import { toInfo } from "../../lib/secret/secret.ts";
import { listIds, runList } from "./run-list.ts";

describe("a keyword", () => {
  const rows: readonly Row[] = [
    { secret_id: "secret-1", name: "AWS prod", provider: "aws", tags: { note: "azure" } },
    { secret_id: "secret-2", name: "ΟΔΟΣ", schema: "azure_client_secret" },
    { secret_id: "secret-3", name: "x", project_id: "azure" },
  ];

  it.each([
    ["PROD", ["secret-1"]],
    ["azure", ["secret-2"]],
    ["οδος", ["secret-2"]],
    ["prod azure", ["secret-1", "secret-2"]],
    ["  secret-3   nothing ", ["secret-3"]],
    ["aws\tprod", []],
    ["", ["secret-1", "secret-3", "secret-2"]],
    ["   ", ["secret-1", "secret-3", "secret-2"]],
  ])("%j finds %j", async (keyword, expected) => {
    expect(await listIds({ keyword }, rows)).toEqual(expected);
  });

  it("narrows the result of filter and filter_or", async () => {
    const either = ["AWS prod", "x"].map((value) => ({ key: "name", value, operator: "eq" }));

    expect(await listIds({ keyword: "secret-3 secret-2", filter_or: either }, rows)).toEqual(["secret-3"]);
    expect(await listIds({ filter: either, keyword: "secret" }, rows)).toEqual([]);
  });
});

describe("the sort order of a list", () => {
  const rows: readonly Row[] = [
    { secret_id: "d", name: "b", tags: { n: 2, a: ["x"] } },
    { secret_id: "c", name: "a", tags: { n: "2", a: { x: 1 } } },
    { secret_id: "b", name: "b", tags: { n: 10, a: true } },
    { secret_id: "a", name: "B", tags: { a: "z" } },
    { secret_id: "f", name: "\uffff", tags: { n: null, a: 5 } },
    { secret_id: "e", name: "😀" },
  ];

  it.each<readonly [string, unknown, string]>([
    ["by name, then id", {}, "acbdfe"],
    ["by name if sort has no key", { sort: { desc: true } }, "acbdfe"],
    ["by name if keys are empty", { sort: { keys: [] } }, "acbdfe"],
    ["by name if the list is empty", { sort: [] }, "acbdfe"],
    ["by one key", { sort: { key: "secret_id" } }, "abcdef"],
    ["descending", { sort: { key: "secret_id", desc: true } }, "fedcba"],
    ["by key, not by keys", { sort: { key: "secret_id", keys: [{ key: "name" }] } }, "abcdef"],
    [
      "by several keys",
      {
        sort: {
          keys: [
            { key: "name", desc: true },
            { key: "secret_id", desc: true },
          ],
        },
      },
      "efdbca",
    ],
    ["by a list of keys", { sort: [{ key: "secret_id", desc: true }] }, "fedcba"],
    ["across types, null and missing alike, then by id", { sort: { key: "tags.n" } }, "aefdbc"],
    ["across all types, an array being one", { sort: { key: "tags.a" } }, "efacdb"],
    ["across types descending, ids still ascending", { sort: { key: "tags.n", desc: true } }, "cbdaef"],
    ["by an index", { sort: [{ key: "tags.a.0", desc: true }] }, "dabcef"],
    ["by id if the key is unknown", { sort: { key: "nope" } }, "abcdef"],
    ["by id if the key begins with a minus", { sort: { key: "-name" } }, "abcdef"],
    [
      "by the other keys, where one is unknown",
      { sort: [{ key: "name.x" }, { key: "secret_id", desc: true }] },
      "fedcba",
    ],
    ["by a field that is equal everywhere", { sort: { key: "encrypted" } }, "abcdef"],
  ])("is %s", async (_, query, expected) => {
    expect((await listIds(query, rows)).join("")).toBe(expected);
  });

  it("is the same across pages", async () => {
    const whole = await listIds({}, rows);
    const pages = [1, 2, 3, 4, 5, 6, 7].map(async (start) => await listIds({ page: { start, limit: 2 } }, rows));

    expect(await Promise.all(pages)).toEqual(
      whole.concat([undefined]).map((_, index) => whole.slice(index, index + 2)),
    );
  });
});

describe("the first items of a sorted list", () => {
  const item = fc.record({ key: fc.constantFrom<unknown>(null, 1, 2, "a", "b", [1], true), id: fc.nat() });
  const orderings = [{ read: ({ key }: { key: unknown }) => key, descending: true }];

  it("are those of the whole sorted list, with equal items in their original order", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (few, count) => {
        // So often that items are dropped before the end.
        const items = Array.from({ length: 60 }, () => few).flat();
        const top = topRows(count, orderings);
        for (const one of items) top.add(one);

        expect(top.items()).toEqual(sortBy(items, orderings).slice(0, count));
      }),
      { numRuns: 50 },
    );
  });
});

describe("pages and counts", () => {
  const rows: readonly Row[] = ["a", "b", "c"].map((name) => ({ secret_id: name, name, secret_type: "CREDENTIALS" }));

  it.each<readonly [unknown, string]>([
    [{}, "abc"],
    [{ start: 2 }, "abc"],
    [{ limit: 0, start: 2 }, "abc"],
    [{ limit: 2 }, "ab"],
    [{ start: 0, limit: 2 }, "ab"],
    [{ start: 1, limit: 2 }, "ab"],
    [{ start: 2, limit: 2 }, "bc"],
    [{ start: "3", limit: "7" }, "c"],
    [{ start: 4, limit: 1 }, ""],
    [{ start: 4294967295, limit: 4294967295 }, ""],
  ])("page %j shows %j of all", async (page, expected) => {
    const { results, total_count } = await runList({ page, only: ["name"] }, rows);

    expect(results.map((row) => (row as Row)["name"]).join("")).toBe(expected);
    expect(total_count).toBe(3);
  });

  it("return no rows if only the count is asked for", async () => {
    expect(await runList({ count_only: true, page: { limit: 1 }, minimal: true }, rows)).toEqual({
      results: [],
      total_count: 3,
    });
  });
});

describe("the fields of a listed secret", () => {
  const row: Row = {
    secret_id: "secret-1",
    name: "one",
    secret_type: "CREDENTIALS",
    provider: "aws",
    domain_id: "domain-1",
    created_at: "2023-01-01T00:00:00.000Z",
    version: 2,
    dependents: 1,
    revision: 3,
    tags: { a: { x: 1, y: 2 }, b: [{ x: 1, z: 2 }, 5, { z: 3 }], c: null, d: "text" },
  };
  const show = async (query: object) => (await runList(query, [row])).results[0];

  it("are all fields of SecretInfo, null if unset", async () => {
    expect(await show({})).toEqual({
      secret_id: "secret-1",
      name: "one",
      secret_type: "CREDENTIALS",
      tags: row["tags"],
      schema: null,
      provider: "aws",
      service_account_id: null,
      project_id: null,
      trusted_secret_id: null,
      domain_id: "domain-1",
      created_at: "2023-01-01T00:00:00.000Z",
      updated_at: null,
      version: 2,
      expires_at: null,
    });
    expect(shownFields.map(({ name }) => name)).toEqual(
      Object.keys(toInfo(row as unknown as Parameters<typeof toInfo>[0])),
    );
  });

  it.each<readonly [object, object]>([
    [{ only: ["provider"] }, { name: "one", provider: "aws" }],
    [{ only: ["schema", "name"] }, { name: "one", schema: null }],
    [
      { only: ["provider"], sort: { key: "version" } },
      { provider: "aws", version: 2 },
    ],
    [{ only: ["provider"], sort: [{ key: "nope" }] }, { provider: "aws" }],
    [
      { only: ["provider"], sort: { key: "tags.c" } },
      { provider: "aws", tags: { c: null } },
    ],
    [{ only: ["encrypted"] }, { name: "one" }],
    [{ only: ["tags"] }, { name: "one", tags: row["tags"] }],
    [{ only: ["tags.a.x", "tags.d"] }, { name: "one", tags: { a: { x: 1 }, d: "text" } }],
    [{ only: ["tags.a.x", "tags.a"] }, { name: "one", tags: { a: { x: 1, y: 2 } } }],
    [{ only: ["tags.nope", "tags.d.x", "tags.c.x"] }, { name: "one", tags: {} }],
    [{ only: ["tags.b.z", "tags.b.x"] }, { name: "one", tags: { b: [{ x: 1, z: 2 }, { z: 3 }] } }],
    [{ only: ["tags.b.x"] }, { name: "one", tags: { b: [{ x: 1 }, {}] } }],
    [
      { minimal: true, only: ["tags"] },
      { secret_id: "secret-1", name: "one", secret_type: "CREDENTIALS" },
    ],
  ])("%j shows %j", async (query, expected) => {
    expect(await show(query)).toEqual(expected);
  });

  it("are only the selected ones", () => {
    const select = compileSelection(toSelection(["tags.a.y", "schema"]));

    expect(select(row)).toEqual({ tags: { a: { y: 2 } }, schema: null });
    expect(select({ secret_id: "x" })).toEqual({ tags: {}, schema: null });
  });

  it("include a tag named __proto__ as an ordinary one", () => {
    const tags: unknown = JSON.parse('{"__proto__":{"x":1},"y":2}');

    expect(JSON.stringify(compileSelection(toSelection(["tags.__proto__.x"]))({ tags }))).toBe(
      '{"tags":{"__proto__":{"x":1}}}',
    );
    expect(compileSelection(toSelection(["tags.constructor.name", "tags.toString"]))({ tags })).toEqual({ tags: {} });
  });

  it.each(["nope", "name.x", "", "tags..x", "__proto__", "dependents"])("an unknown name %j is refused", (name) => {
    expect(() => parseQuery({ only: [name] })).toThrow(
      expect.objectContaining({ code: "ERROR_DB_QUERY", message: expect.stringContaining("unknown field") }),
    );
  });
});
