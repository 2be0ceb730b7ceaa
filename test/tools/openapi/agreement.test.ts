/**
 * The document's request schemas agree with the parsers: both accept and refuse the same messages, if JSON Schema can.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretError } from "../../../lib/base/errors.ts";
import { isObject } from "../../../lib/base/json.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { openApiDocument } from "../../../tools/openapi/document.ts";
import { requestName } from "../../../tools/openapi/request-parts.ts";
import { messages as fuzzed } from "../../fuzz/messages.ts";
import { type Message, messages, togetherOf } from "../../request/messages.ts";
import { validatorAt } from "./validator.ts";

const routes = Object.keys(fuzzed) as Route[];

/** Fields that count as sent even if they are empty. */
const alwaysSent = new Set(["data", "tags", "query"]);

function isUnset(name: string, value: unknown): boolean {
  const isZero = value === "" || value === 0 || value === false || (name === "secret_type" && value === "NONE");
  return !alwaysSent.has(name) && (isZero || (Array.isArray(value) && value.length === 0));
}

/** The message as the schemas describe it: without fields that count as not sent. The document's `info` says which. */
function sentOf(body: unknown, { fields }: Message): unknown {
  if (!isObject(body)) return body;
  const sent = Object.entries(body).filter(
    ([name, value]) => !(isUnset(name, value) && fields.some((field) => field.name === name)),
  );
  const inside = new Map([
    ["query", sentInQuery],
    ["items", sentInItems],
  ]);
  return Object.fromEntries(sent.map(([name, value]) => [name, inside.get(name)?.(value) ?? value]));
}

/** In an item, the same fields count as not sent as in a message. */
function sentInItems(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => {
    if (!isObject(item)) return item;
    return Object.fromEntries(
      Object.entries(item).filter(([name, member]) => !(itemFields.has(name) && isUnset(name, member))),
    );
  });
}

const itemFields: ReadonlySet<string> = new Set(["secret_id", "name", "version", "unless_etag"]);

const texts = new Set(["key", "k", "name", "n", "operator", "o", "keyword", "distinct", "date_format", "path"]);

/** The names of all fields of all messages. */
const fieldNames = new Set([...JSON.stringify(openApiDocument()).matchAll(/"(\w+)":/g)].map(([, name]) => name));

/** In a query, `null` (unless it is a condition's value) and the empty string count as not sent. */
function sentInQuery(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sentInQuery);
  if (!isObject(value)) return value;
  const sent = Object.entries(value).flatMap(([name, member]) => {
    if (name === "value" || name === "v") return [[name, member]];
    const isUnsetText = member === "" && texts.has(name);
    return (member === null && fieldNames.has(name)) || isUnsetText ? [] : [[name, sentInQuery(member)]];
  });
  return Object.fromEntries(sent);
}

/** The parser's result. Over HTTP, the token gives the domain. */
function mistakeOf(message: Message, body: unknown): SecretError | null {
  const isDomainSent = !isObject(body) || !isUnset("domain_id", body["domain_id"] ?? "");
  try {
    message.parse(isDomainSent ? body : { ...body, domain_id: "domain-1" });
    return null;
  } catch (error) {
    if (error instanceof SecretError) return error;
    throw error;
  }
}

/**
 * The parsers' errors for messages that their schemas accept: rules that JSON Schema cannot express, or not in a
 * readable way. The document has them in its descriptions.
 */
const untold: readonly RegExp[] = [
  // Strings: half a surrogate pair. Some JSON parsers replace it, so a schema never sees it.
  /reason = must (be|hold|have) well-formed Unicode/,
  // Sizes in bytes, levels and members of a whole object.
  /key = (data|tags), reason = (must have at most \d+ bytes as JSON|nests deeper than \d+ levels)/,
  /more than \d+ (levels|members) in one value/,
  /more than \d+ parts in one key/,
  // Keys and numbers anywhere in tags.
  /key = tags, reason = (must have no empty keys|must have no key __proto__|holds a number that DynamoDB cannot hold)/,
  // How a date is written.
  /key = expires_at, reason = must be (never, or )?an ISO 8601 date/,
  /reason = the value of (lt|lte|gt|gte|eq|not|in|not_in|datetime_\w+) on ".*" must be (an ISO 8601 date|a date down)/s,
  // Which values a string may be compared with depends on the key.
  /reason = the value of (not_)?contain(_in)? on ".*" must be a string\)/s,
  // Integers as strings: the exact limit is that of numbers.
  /key = (version|expected_version), reason = must fit into 31 bits/,
  /key = query\.[\w.]+, reason = must be from -?\d+ to \d+/,
  // A part of a key is empty.
  /reason = unknown field "(tags|encrypt_options)\./,
  // Counted over the whole query, or the whole stage.
  /more than \d+ (texts to contain|patterns) in one query/,
  /more than \d+ fields and conditions in one stage/,
  // Lengths: JSON Schema counts code points, the language UTF-16 units.
  /more than \d+ characters in one (text|key|pattern|name or date format)/,
  // A language of its own.
  /reason = unknown date format "/,
];

/** Nested operations of this many levels. */
function nested(levels: number): object {
  return { operator: "add", fields: [levels > 1 ? nested(levels - 1) : 1] };
}

function grouped(...fields: readonly object[]): object {
  return { aggregate: [{ group: { keys: [{ key: "name", name: "k" }], fields } }] };
}

function projected(...fields: readonly object[]): object {
  return { aggregate: [{ project: { fields } }] };
}

const sum = { operator: "add", fields: ["n", 1, { o: "divide", fields: ["n", 2] }] };

/** Queries that the arbitraries seldom make. */
const rareQueries: { readonly [Name in Route]?: readonly object[] } = {
  list: [
    { page: { start: "2", limit: "4294967295" } },
    { page: { start: 4294967296 } },
    { page: { start: -1 } },
    { filter: [{ key: "name", operator: "eq" }] },
    { filter: [{ k: "name", operator: "eq", v: null }] },
    { filter: [{ key: "name", k: "name", operator: "eq" }] },
    { filter: [{ key: "name", operator: "eq", value: null, v: null }] },
    { filter: [{ key: "name", operator: "in" }] },
    { filter: Array.from({ length: 201 }, () => ({ key: "name", operator: "eq" })) },
    { sort: { key: "name", keys: [{}] } },
    { sort: { desc: true } },
    { sort: {} },
    { only: Array.from({ length: 101 }, () => "name") },
    { only: ["name", "tags.a\\.b", "nane"] },
    { page: { start: "-1" } },
    { page: { start: "00000000000000007", limit: "12345678901" } },
    ...["contain", "not_contain", "regex", "datetime_lt", "timediff_gte", "eq", "exists", "match"].flatMap((operator) =>
      [7, "now-1d", "2026", true, [], {}, null].map((value) => ({ filter: [{ key: "tags.a", operator, value }] })),
    ),
    ...["in", "contain_in", "not_contain_in", "regex_in"].flatMap((operator) =>
      [[], ["a"], [1], [true], [null], [["a"]], [{}], "a"].map((value) => ({
        filter_or: [{ k: "tags.a", o: operator, v: value }],
      })),
    ),
    ...["now", " now ", "now/w", "now / d", "now+1w ", "now - 1 d", "now-1", "now/x", "\u3000now"].map((value) => ({
      filter: [{ key: "created_at", operator: "timediff_lt", value }],
    })),
    ...[
      "nane",
      "tags",
      "tags.a",
      "tags.",
      "name.a",
      "tags.\n",
      "",
      "encrypted",
      "encrypt_options.a",
      "domain_id",
    ].flatMap((key) => ["eq", "regex"].map((operator) => ({ filter: [{ key, operator, value: "" }] }))),
  ],
  stat: [
    {},
    { distinct: "name", aggregate: [] },
    { aggregate: [{ limit: "3" }, { skip: "0" }] },
    { aggregate: [{ limit: 0 }] },
    { aggregate: [{ limit: 1, skip: 1 }] },
    { aggregate: [{}] },
    { aggregate: [{ sort: {} }] },
    { aggregate: [{ group: { keys: [], fields: [] } }] },
    { aggregate: [{ group: { fields: [{ name: "n", operator: "count", key: "$x", fields: [{}] }] } }] },
    {
      aggregate: [
        {
          project: {
            fields: [
              { k: "name", n: "x", fields: [1] },
              { name: "y", ...sum },
            ],
          },
        },
      ],
    },
    { aggregate: [{ project: { fields: [{ name: "x", operator: "subtract", fields: [1] }] } }] },
    { aggregate: [{ count: { name: "a.b" } }] },
    ...[0, "0", 1, "1", "01", -1, "-1", "-0", 2 ** 31, "1".repeat(11)].flatMap((rows) => [
      { aggregate: [{ limit: rows }] },
      { aggregate: [{ skip: rows }] },
    ]),
    ...["name", "a.b", "a\\.b", "a\\", "\\.", "a\\.$b", "a.$b", "$a", "a..b", ".", "a\\\\.b"].map((path) => ({
      aggregate: [{ unwind: { path } }, { sort: [{ key: path }] }],
    })),
    ...["count", "sum", "max", "push", "other"].flatMap((operator) => [
      grouped({ name: "n", operator }),
      grouped({ name: "n", operator, key: "version" }),
      grouped({ n: "n", o: operator, k: "$version" }),
      grouped({ name: "n", operator, key: "version", fields: [{}], conditions: [] }),
      grouped({ name: "n", operator, fields: [{ key: "name", name: "n" }] }),
      grouped({ name: "n", operator, fields: [{ key: "name" }] }),
      grouped({ name: "n", operator, key: "version", conditions: [{ key: "version", operator: "gt", value: 1 }] }),
      grouped({ name: "n", operator, key: "version", k: "version" }),
    ]),
    { aggregate: [{ sort: { desc: true } }] },
    { aggregate: [{ sort: { keys: [{ key: "$a" }] } }] },
    { aggregate: [{ sort: { key: "name", keys: [{ key: "$a" }] } }] },
    ...[1, 15, 16, 17].map((levels) => projected({ name: "x", ...nested(levels) })),
    ...[0, 1, 2, 3].flatMap((count) =>
      ["add", "divide", "size"].map((operator) => {
        const fields = Array.from({ length: count }, () => "version");
        return projected(
          { name: "x", operator, fields },
          { name: "y", operator: "add", fields: [{ operator, fields }] },
        );
      }),
    ),
  ],
};

/**
 * The least numbers of messages that each schema must have accepted and refused, so that the comparison is meaningful.
 */
const leastSeen = 30;

describe.each(routes)("the schema of %s", (route) => {
  const message = messages[route.replaceAll("-", "_")];
  if (message === undefined) throw new Error(`no message of ${route}`);
  const validate = validatorAt("components", "schemas", requestName(route));
  const seen = { taken: 0, refused: 0 };

  function assertAgreement(body: unknown): void {
    const faults = validate(sentOf(body, message as Message));
    const mistake = mistakeOf(message as Message, body);
    const said = mistake === null ? "" : `${mistake.code}: ${mistake.message}`;
    if (mistake === null) expect(faults).toBeNull();
    else if (faults === null) expect(untold.some((rule) => rule.test(said)) || said).toBe(true);
    seen.taken += mistake === null ? 1 : 0;
    seen.refused += faults === null ? 0 : 1;
  }

  it("accepts and refuses the same messages as the parser", () => {
    fc.assert(
      fc.property(fuzzed[route], (body) => assertAgreement(JSON.parse(JSON.stringify(body)))),
      { numRuns: 1500 },
    );

    expect(seen.taken).toBeGreaterThan(leastSeen);
    expect(seen.refused).toBeGreaterThan(leastSeen);
  });

  it.each(message.fields)("agrees with the parser on every value of $name", (tested) => {
    const { name, kind } = tested;
    const whole = Object.fromEntries(
      togetherOf(message.fields, tested).map((field) => [field.name, field.kind.taken[0]?.sent]),
    );
    const values = [...kind.taken, ...kind.refused].map(({ sent }) => sent).concat(kind.wrongTypes, kind.unset);

    for (const value of values) assertAgreement({ ...whole, [name]: value });
  });

  it("agrees with the parser on all fields at once", () => {
    assertAgreement(Object.fromEntries(message.fields.map((field) => [field.name, field.kind.taken[0]?.sent])));
  });

  it.each((rareQueries[route] ?? []).map((query) => ({ query })))("agrees with the parser on $query", (body) =>
    assertAgreement(body),
  );

  it.each([null, [], "{}", 1, true])("refuses %j", (body) => assertAgreement(body));
});
