/** The Query message: its shape, absent fields, and mistakes of shape. */

import { describe, expect, it } from "vitest";
import { parseQuery } from "../../lib/request/list.ts";

const byName = [{ key: "name", descending: false }];
const empty = {
  filter: [],
  filterOr: [],
  keywords: [],
  sort: byName,
  page: null,
  minimal: false,
  countOnly: false,
  only: null,
};

describe("a value that counts as not sent", () => {
  it.each([
    undefined,
    null,
    {},
    { filter: [], filter_or: [], only: [] },
    {
      filter: null,
      filter_or: null,
      sort: null,
      page: null,
      minimal: null,
      count_only: null,
      only: null,
      keyword: null,
    },
    { keyword: "", minimal: false, count_only: false },
    { page: {}, sort: {} },
    { page: { start: 0, limit: 0 }, sort: { key: "", desc: false, keys: [] } },
    { page: { start: null, limit: null }, sort: { key: null, desc: null, keys: null } },
    { sort: [] },
  ])("%j", (query) => {
    expect(parseQuery(query)).toEqual(empty);
  });
});

describe("a value that counts as sent", () => {
  it("keeps its meaning", () => {
    expect(
      parseQuery({
        filter: [{ key: "name", value: "x", operator: "eq" }],
        filter_or: [{ k: "provider", v: ["aws"], o: "in" }],
        keyword: " Some  WORDS ",
        sort: { keys: [{ key: "created_at", desc: true }, { key: "tags.a" }] },
        page: { start: 11, limit: 10 },
        minimal: true,
        count_only: true,
        only: ["tags.a"],
      }),
    ).toEqual({
      filter: [expect.objectContaining({ operator: "eq" })],
      filterOr: [expect.objectContaining({ operator: "in" })],
      keywords: ["some", "words"],
      sort: [
        { key: "created_at", descending: true },
        { key: "tags.a", descending: false },
      ],
      page: { skip: 10, limit: 10 },
      minimal: true,
      countOnly: true,
      only: [expect.objectContaining({ key: "tags.a" })],
    });
  });

  it.each<readonly [object, unknown]>([
    [{ key: "schema", operator: "eq" }, [null]],
    [{ key: "schema", operator: "eq", value: null }, [null]],
    [{ key: "schema", operator: "eq", v: null }, [null]],
    [{ key: "schema", operator: "eq", value: "" }, [""]],
    [{ key: "schema", operator: "eq", value: 0 }, [0]],
    [{ key: "schema", operator: "eq", value: false }, [false]],
    [{ key: "schema", operator: "eq", value: {} }, [{}]],
    [{ key: "schema", k: null, operator: "eq", o: null, value: 1 }, [1]],
    [{ k: "schema", operator: "in", v: [] }, []],
  ])("keeps the value of %j", (condition, values) => {
    expect(parseQuery({ filter: [condition] }).filter).toMatchObject([{ predicate: { kind: "equal", values } }]);
  });

  it.each([
    [
      { start: "2", limit: "3" },
      { skip: 1, limit: 3 },
    ],
    [
      { start: 2.0, limit: 1e3 },
      { skip: 1, limit: 1000 },
    ],
    [
      { start: 0, limit: 4294967295 },
      { skip: 0, limit: 4294967295 },
    ],
  ])("accepts the numbers of %j", (page, expected) => {
    expect(parseQuery({ page }).page).toEqual(expected);
  });
});

const wrongType = "ERROR_INVALID_PARAMETER_TYPE";
const invalid = "ERROR_INVALID_PARAMETER";

describe("a malformed query is refused with the path of its mistake", () => {
  it.each<readonly [unknown, string, string]>([
    [[], wrongType, "(key = query, type = Struct)"],
    ["", wrongType, "(key = query, type = Struct)"],
    [5, wrongType, "(key = query, type = Struct)"],
    [{ foo: 1 }, invalid, "(key = query.foo, reason = unknown field)"],
    [{ unwind: {} }, invalid, "(key = query.unwind, reason = unknown field)"],
    [JSON.parse('{"__proto__":{}}'), invalid, "(key = query.__proto__, reason = unknown field)"],
    [{ constructor: {} }, invalid, "(key = query.constructor, reason = unknown field)"],
    [{ ["x".repeat(200)]: 1 }, invalid, `(key = query.${"x".repeat(80)}, reason = unknown field)`],
    [{ filter: { key: "name" } }, wrongType, "(key = query.filter, type = list)"],
    [{ filter: "" }, wrongType, "(key = query.filter, type = list)"],
    [{ filter: [null] }, wrongType, "(key = query.filter.0, type = Struct)"],
    [{ filter: [[]] }, wrongType, "(key = query.filter.0, type = Struct)"],
    [
      { filter: [{ k: "name", o: "eq" }, { extra: 1 }] },
      invalid,
      "(key = query.filter.1.extra, reason = unknown field)",
    ],
    [{ filter: [{ key: 5 }] }, wrongType, "(key = query.filter.0.key, type = string)"],
    [{ filter_or: [{ o: ["eq"] }] }, wrongType, "(key = query.filter_or.0.o, type = string)"],
    [{ filter: [{ key: "name", k: "name" }] }, invalid, "(key = query.filter.0.k, reason = is another name of key)"],
    [
      { filter: [{ operator: "", o: "eq" }] },
      invalid,
      "(key = query.filter.0.o, reason = is another name of operator)",
    ],
    [{ filter: [{ value: null, v: 1 }] }, invalid, "(key = query.filter.0.v, reason = is another name of value)"],
    [{ sort: "name" }, wrongType, "(key = query.sort, type = Struct)"],
    [{ sort: { key: ["name"] } }, wrongType, "(key = query.sort.key, type = string)"],
    [{ sort: { keys: { key: "name" } } }, wrongType, "(key = query.sort.keys, type = list)"],
    [
      { sort: { keys: [{ key: "name", asc: true }] } },
      invalid,
      "(key = query.sort.keys.0.asc, reason = unknown field)",
    ],
    [
      { sort: [{ key: "name", keys: [] }] },
      invalid,
      '(key = query.sort.0.keys, reason = unknown field, did you mean "key"?)',
    ],
    [{ sort: { key: "name", desc: "true" } }, wrongType, "(key = query.sort.desc, type = bool)"],
    [{ page: [] }, wrongType, "(key = query.page, type = Struct)"],
    [{ page: { limit: 2.5 } }, invalid, "(key = query.page.limit, reason = must be a whole number)"],
    [{ page: { start: -1 } }, invalid, "(key = query.page.start, reason = must be from 0 to 4294967295)"],
    [{ page: { start: "-1" } }, invalid, "(key = query.page.start, reason = must be from 0 to 4294967295)"],
    [{ page: { limit: 4294967296 } }, invalid, "(key = query.page.limit, reason = must be from 0 to 4294967295)"],
    [{ page: { limit: "3.0" } }, wrongType, "(key = query.page.limit, type = uint32)"],
    [{ page: { limit: "" } }, wrongType, "(key = query.page.limit, type = uint32)"],
    [{ page: { limit: true } }, wrongType, "(key = query.page.limit, type = uint32)"],
    [{ page: { size: 1 } }, invalid, "(key = query.page.size, reason = unknown field)"],
    [{ minimal: 1 }, wrongType, "(key = query.minimal, type = bool)"],
    [{ count_only: "false" }, wrongType, "(key = query.count_only, type = bool)"],
    [{ only: "name" }, wrongType, "(key = query.only, type = list)"],
    [{ only: ["name", null] }, wrongType, "(key = query.only.1, type = string)"],
    [{ keyword: ["a"] }, wrongType, "(key = query.keyword, type = string)"],
  ])("%j", (query, code, message) => {
    expect(() => parseQuery(query)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message.replace(/[().?]/g, "\\$&")) }),
    );
  });
});

it("of several mistakes, the first one in the message is reported", () => {
  const query = { page: { limit: "x" }, filter: [{ key: "name", operator: "nope" }] };

  expect(() => parseQuery(query)).toThrow('unknown operator "nope"');
});

describe("a sort without a key", () => {
  it.each([{ keys: [{}] }, { keys: [{ key: "" }] }, [{ desc: true }], { desc: true, keys: [{ desc: true }] }])(
    "%j is refused",
    (sort) => {
      expect(() => parseQuery({ sort })).toThrow("Database query failed. (reason = a sort requires a key)");
    },
  );
});
