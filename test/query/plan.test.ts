import { describe, expect, it } from "vitest";
import { planPages, planRows, type RowPlan } from "../../lib/query/plan.ts";
import { compileSelection, toSelection } from "../../lib/query/selection.ts";
import { parseQuery } from "../../lib/request/list.ts";
import { now, runList } from "./run-list.ts";

const page = { limit: 1 };

function planOf(query: unknown): RowPlan {
  return planRows(parseQuery(query), now);
}

function attributesOf(query: object): unknown {
  const plan = planOf(query);
  return plan.kind === "pages" ? plan.attributes : plan.kind;
}

describe("the attributes that a query reads", () => {
  it.each<readonly [object, readonly (readonly string[])[] | null]>([
    [{ page }, [["secret_id"], ["name"]]],
    [{ only: ["schema", "tags.x.y"] }, [["secret_id"], ["name"], ["schema"], ["tags", "x"]]],
    [{ minimal: true }, [["secret_id"], ["name"], ["secret_type"]]],
    [{}, null],
    [{ page, only: ["schema"] }, [["secret_id"], ["name"]]],
    [{ page, sort: { key: "nope" } }, [["secret_id"]]],
    [
      { keyword: "x", sort: { key: "tags.a.b" }, count_only: true },
      [["secret_id"], ["name"], ["schema"], ["provider"]],
    ],
    [
      {
        page,
        filter: [
          { k: "tags.a.b", v: 1, o: "eq" },
          { k: "encrypted", v: false, o: "eq" },
        ],
        filter_or: [
          { k: "tags.a", o: "eq" },
          { k: "nope", v: "x", o: "regex" },
        ],
        sort: [{ key: "tags.c.0" }],
      },
      [["tags", "a"], ["tags", "c"], ["secret_id"]],
    ],
    [
      {
        filter: [
          { k: "tags", v: {}, o: "eq" },
          { k: "tags.x", o: "eq" },
        ],
        count_only: true,
      },
      [["tags"]],
    ],
  ])("%j", (query, expected) => {
    expect(attributesOf(query)).toEqual(expected);
  });

  it("are all tags if many of them are named", () => {
    const keys = Array.from({ length: 21 }, (_, index) => `tags.t${index}`);
    const attributes = (names: readonly string[]) => planPages(parseQuery({}), toSelection(names), now).attributes;

    expect(attributes(keys)).toEqual([["tags"]]);
    expect(attributes(keys.slice(1))).toHaveLength(20);
  });

  it("are sufficient: the other attributes do not change the answer", async () => {
    const query = { filter: [{ k: "tags.a.x", v: 1, o: "eq" }], sort: { key: "tags.b" }, only: ["tags.a"] };
    const rows = [
      { secret_id: "1", name: "n", tags: { a: [{ x: 1 }], b: 2, c: 3 }, provider: "aws" },
      { secret_id: "2", name: "n", tags: { a: { x: 1 }, b: 1, c: 3 }, provider: "aws" },
      { secret_id: "3", name: "n", tags: { a: { x: 2 }, b: 0, c: 3 }, provider: "aws" },
    ];
    const plan = planOf(query);
    const read = plan.kind === "pages" ? (plan.attributes ?? []) : [];
    const pick = compileSelection(toSelection(read.map((path) => path.join("."))));

    expect(await runList(query, rows.map(pick))).toEqual(await runList(query, rows));
  });
});

const byProject = (...values: string[]) => ({ k: "project_id", o: "in", v: values });
const domain = { index: null, condition: null };
const inProject = (value: string) => ({ index: { field: "project_id", value }, condition: null });

describe("the requests for the rows of a query", () => {
  it.each<readonly [string, object, object]>([
    ["a whole domain", {}, { kind: "pages", ranges: [domain], attributes: null, firstPageWhole: false }],
    ["a page of it, of which the first page read may be all", { page }, { kind: "pages", firstPageWhole: true }],
    ["an index for each value", { filter: [byProject("p1", "p2")] }, { ranges: [inProject("p1"), inProject("p2")] }],
    ["the domain for many values", { filter: [byProject(..."123456789")] }, { ranges: [{ index: null }] }],
    [
      "the domain for null, which no index has",
      { filter: [{ k: "project_id", o: "eq" }] },
      { ranges: [{ index: null }] },
    ],
    [
      "ids before names before indexes",
      { filter: [byProject("p1"), { k: "name", o: "eq", v: "n" }, { k: "secret_id", o: "in", v: ["s1", "s1", 5] }] },
      { kind: "keys", field: "secret_id", values: ["s1"] },
    ],
    [
      "names, and what to read where they lead nowhere",
      { filter: [byProject("p1"), { k: "name", o: "eq", v: "n" }] },
      { kind: "keys", field: "name", values: ["n"], otherwise: { kind: "pages", ranges: [inProject("p1")] } },
    ],
    [
      "the database's own count",
      { count_only: true, filter: [byProject("p1")] },
      { kind: "count", ranges: [inProject("p1")] },
    ],
    [
      "rows, to count what is found by its key",
      { count_only: true, filter: [{ k: "name", o: "eq", v: "n" }] },
      { kind: "keys" },
    ],
    [
      "rows, to count what the database cannot",
      { count_only: true, keyword: "x" },
      { kind: "pages", ranges: [domain] },
    ],
    [
      "rows of an index, whose keys the database does not filter by",
      { count_only: true, filter: [byProject("p1"), { k: "name", o: "not", v: "n" }] },
      { kind: "pages", ranges: [inProject("p1")] },
    ],
  ])("is %s", (_, query, expected) => {
    expect(planOf(query)).toMatchObject(expected);
  });
});
