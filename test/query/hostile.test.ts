/** Malicious queries: each soon gets an answer or an error of the API. */

import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import type { Row } from "../../lib/query/path.ts";
import { listIds, runList } from "./run-list.ts";

/** JSON nested so deeply that only an iterative reader can read it. */
function nested(levels: number, open: string, close: string): unknown {
  return JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);
}

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

const rows: readonly Row[] = [
  { secret_id: "a", name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", tags: JSON.parse('{"__proto__":{"x":1},"k":"v"}') },
  { secret_id: "b", name: "b", tags: { text: "a".repeat(16_000), list: times(4000, { a: [1] }) } },
];

async function outcome(query: unknown): Promise<unknown> {
  try {
    return await listIds(query, rows);
  } catch (error) {
    if (error instanceof SecretError) return error.message;
    throw error;
  }
}

/** Each costs about 64 million steps in the row with the long text. */
const nearMisses = Array.from({ length: 100 }, (_, index) => `${"a".repeat(7900)}z${index}`);

const eq = { key: "name", value: "x", operator: "eq" };
const isBound = (text: string) => expect.stringContaining(`more than ${text}`);

describe("a query that asks for too much is refused, with advice to narrow it", () => {
  it.each<readonly [string, () => unknown, string]>([
    ["20,000 conditions", () => ({ filter: times(20_000, eq) }), "200 conditions in one list: use in"],
    [
      "long texts that almost match, in many rows",
      () => ({ filter: [{ key: "tags.text", operator: "contain_in", value: nearMisses }] }),
      "5000000000 steps of searching texts: search for shorter texts",
    ],
    ["20,000 alternatives", () => ({ filter_or: times(20_000, eq) }), "200 conditions in one list"],
    [
      "a list of 100,000",
      () => ({ filter: [{ ...eq, operator: "in", value: times(100_000, "x") }] }),
      "10000 values in one list",
    ],
    ["words without end", () => ({ keyword: "a ".repeat(5_000) }), "200 texts to contain"],
    ["a keyword without end", () => ({ keyword: "a".repeat(100_000) }), "16384 characters in one text"],
    ["an endless string", () => ({ filter: [{ ...eq, value: "x".repeat(100_000) }] }), "16384 characters in one text"],
    [
      "texts to contain in many lists",
      () => ({ filter: times(3, { key: "name", operator: "contain_in", value: times(100, "x") }) }),
      "200 texts to contain",
    ],
    [
      "many patterns",
      () => ({ filter: [{ key: "name", operator: "regex_in", value: times(17, "x") }] }),
      "16 patterns",
    ],
    [
      "a long pattern",
      () => ({ filter: [{ key: "name", operator: "regex", value: "x".repeat(1_001) }] }),
      "1000 characters in one pattern",
    ],
    [
      "a pattern that unfolds",
      () => ({ filter: [{ key: "name", operator: "regex", value: "x{1000}y{100}" }] }),
      "1000 steps in one compiled pattern",
    ],
    [
      "an object 10,000 levels deep",
      () => ({ filter: [{ ...eq, value: nested(10_000, '{"a":', "}") }] }),
      "16 levels in one value",
    ],
    [
      "an array 10,000 levels deep",
      () => ({ filter: [{ ...eq, operator: "in", value: [nested(10_000, "[", "]")] }] }),
      "16 levels in one value",
    ],
    [
      "a wide object",
      () => ({ filter: [{ ...eq, value: Object.fromEntries(times(9_000, 0).map((_, i) => [i, i])) }] }),
      "8192 members in one value",
    ],
    [
      "a wide match",
      () => ({ filter: [{ ...eq, operator: "match", value: Object.fromEntries(times(51, 0).map((_, i) => [i, i])) }] }),
      "50 members in one value of match",
    ],
    [
      "a key without end",
      () => ({ filter: [{ ...eq, key: `tags.${"a".repeat(100_000)}` }] }),
      "1024 characters in one key",
    ],
    [
      "a key 10,000 levels deep",
      () => ({ filter: [{ ...eq, key: `tags${".a".repeat(500)}` }] }),
      "32 parts in one key",
    ],
    [
      "a deep key in match",
      () => ({ filter: [{ ...eq, operator: "match", value: { ["a.".repeat(40)]: 1 } }] }),
      "32 parts in one key",
    ],
    ["1,000 sort keys", () => ({ sort: { keys: times(1_000, { key: "name" }) } }), "16 sort keys"],
    ["a sort key without end", () => ({ sort: { key: `tags${".a".repeat(500)}` } }), "32 parts in one key"],
    ["1,000 names in only", () => ({ only: times(1_000, "name") }), "100 names in only"],
  ])("%s", async (_, query, expected) => {
    expect(await outcome(query())).toEqual(isBound(expected));
  });

  it("several patterns that take too much work together", async () => {
    const many = times(300, rows[1] as Row);
    // About 1,000 instructions on 16,000 characters, 16 times per row. The engine sees at once that there is no b.
    const filter = [{ key: "tags.text", operator: "regex_in", value: times(16, "b{990}") }];

    await expect(runList({ filter }, many)).rejects.toThrow(
      expect.objectContaining({ code: "ERROR_DB_QUERY", message: isBound("1000000000 steps of matching patterns") }),
    );
  });
});

describe("a pattern that would stall a backtracking engine gets an answer", () => {
  it.each([
    ["(a+)+$", []],
    ["(a|a)*b", ["b"]],
    ["(a|aa)+!?$", ["a"]],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", []],
    ["(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x", []],
  ])("%s", async (value, expected) => {
    expect(await outcome({ filter: [{ key: "name", operator: "regex", value }] })).toEqual(expected);
  });

  it.each(["(", "[a", "a{2,1}", "(?=a)", "(?<=a)b", "(a)\\1", "(?P<n>a)(?P=n)", "\\k<n>", "*", "a**", "x{1001}", "\\"])(
    "the pattern %s is refused, without quoting it",
    async (value) => {
      const message =
        "Database query failed. (reason = a pattern is invalid: RE2 syntax, without look-around and back-references)";

      expect(await outcome({ filter: [{ key: "name", operator: "regex", value }] })).toBe(message);
      expect(await outcome({ filter: [{ key: "nope", operator: "regex", value }] })).toBe(message);
      expect(await outcome({ filter_or: [{ key: "created_at", operator: "regex_in", value: ["a", value] }] })).toBe(
        message,
      );
    },
  );
});

describe("nothing in a query is executed", () => {
  it.each<readonly [string, unknown, unknown]>([
    ["an operator as a value", { filter: [{ ...eq, value: { $ne: "" } }] }, []],
    ["an operator as a value, negated", { filter: [{ ...eq, operator: "not", value: { $regex: ".*" } }] }, ["a", "b"]],
    ["a where clause", { filter: [{ ...eq, value: { $where: "sleep(1000)" } }] }, []],
    ["operators in match", { filter: [{ key: "tags.list", operator: "match", value: { $or: [{}] } }] }, []],
    ["a member of Object.prototype", { filter: [{ key: "tags.constructor", operator: "exists", value: true }] }, []],
    [
      "a member of it, by another way",
      { filter: [{ key: "tags.k.constructor.name", value: "String", operator: "eq" }] },
      [],
    ],
    ["an array's own member", { filter: [{ key: "tags.list.length", value: 4000, operator: "eq" }] }, []],
    ["a tag named __proto__", { filter: [{ key: "tags.__proto__.x", value: 1, operator: "eq" }] }, ["a"]],
    [
      "a value with that name",
      { filter: [{ key: "tags", value: JSON.parse('{"__proto__":{"x":1},"k":"v"}'), operator: "eq" }] },
      ["a"],
    ],
    ["a value without it", { filter: [{ key: "tags", value: { k: "v" }, operator: "eq" }] }, []],
    [
      "__proto__ in match",
      { filter: [{ key: "tags.list", operator: "match", value: JSON.parse('{"__proto__":null}') }] },
      ["b"],
    ],
    ["an expression as a key of sort", { sort: { key: "$where" } }, ["a", "b"]],
    ["Object.prototype's members as keys of sort", { sort: [{ key: "toString" }, { key: "__proto__" }] }, ["a", "b"]],
  ])("%s", async (_, query, expected) => {
    expect(await outcome(query)).toEqual(expected);
  });

  it("a query does not change the prototype of objects", async () => {
    await runList(
      { only: ["tags.__proto__.x", "tags.__proto__"], filter: [{ ...eq, key: "tags.__proto__.x", value: 1 }] },
      rows,
    );

    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
