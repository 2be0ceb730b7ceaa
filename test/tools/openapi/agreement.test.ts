/** The document's request schemas against the parsers: they must not refuse what is taken, nor take what they could refuse. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretError } from "../../../lib/base/errors.ts";
import { isObject } from "../../../lib/base/json.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { openApiDocument } from "../../../tools/openapi/document.ts";
import { requestName } from "../../../tools/openapi/request-schemas.ts";
import { messages as fuzzed } from "../../fuzz/messages.ts";
import { type Message, messages } from "../../request/messages.ts";
import { validatorAt } from "./validator.ts";

const routes = Object.keys(fuzzed) as Route[];

/** Fields that are sent also when they are empty. */
const alwaysSent = new Set(["data", "tags", "query"]);

function isUnset(name: string, value: unknown): boolean {
  const isZero = value === "" || value === 0 || value === false || (name === "secret_type" && value === "NONE");
  return !alwaysSent.has(name) && (isZero || (Array.isArray(value) && value.length === 0));
}

/** The message as the schemas speak of it: without what counts as not sent, which the document tells in its `info`. */
function sentOf(body: unknown, { fields }: Message): unknown {
  if (!isObject(body)) return body;
  const sent = Object.entries(body).filter(
    ([name, value]) => !(isUnset(name, value) && fields.some((field) => field.name === name)),
  );
  return Object.fromEntries(sent.map(([name, value]) => [name, name === "query" ? sentInQuery(value) : value]));
}

const texts = new Set(["key", "k", "name", "n", "operator", "o", "keyword", "distinct", "date_format", "path"]);

/** The names of all fields that any message has. */
const fieldNames = new Set([...JSON.stringify(openApiDocument()).matchAll(/"(\w+)":/g)].map(([, name]) => name));

/** In a query it is `null`, but as the value of a condition, and the empty text. */
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

/** What the parser says; over HTTP the domain is filled in from the token. */
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
 * What the parsers say of a message that its schema takes: the rules that JSON Schema has no words for, or none that a
 * reader would understand. The document tells of them in its descriptions.
 */
const untold: readonly RegExp[] = [
  // Texts: half a surrogate pair. Some readers of JSON replace it, and a schema never sees it.
  /reason = must (be|hold|have) well-formed Unicode/,
  // Sizes in bytes, levels and members, all over an object.
  /key = (data|tags), reason = (must have at most \d+ bytes as JSON|nests deeper than \d+ levels)/,
  /more than \d+ (levels|members) in one value/,
  /more than \d+ (parts in one key|levels in one project field)/,
  // Keys and numbers anywhere in tags.
  /key = tags, reason = (must have no empty keys|must have no key __proto__|holds a number that DynamoDB cannot hold)/,
  // How a date is written.
  /key = expires_at, reason = must be (never, or )?an ISO 8601 date/,
  // Integers as text: bounds are those of numbers.
  /key = (version|expected_version), reason = must (be at least 1|fit into 31 bits)/,
  /key = query\.[\w.]+, reason = must be from -?\d+ to \d+/,
  /reason = (limit must be above 0|skip must not be below 0)/,
  // Keys are looked up in the table of fields, unless the operator is one of patterns.
  /reason = unknown field "/,
  // What a value must be depends on its operator, and for dates on the key.
  /reason = the value of \w+ on ".*" must be /s,
  // Counted over the whole query, or the whole stage.
  /more than \d+ (texts to contain|patterns) in one query/,
  /more than \d+ (values in one list|fields and conditions in one stage)/,
  // Lengths: JSON Schema counts code points, the language UTF-16 units.
  /more than \d+ characters in one (text|key|pattern|name or date format)/,
  // Which of a group field's members count depends on its operator.
  /reason = (a group field with \w+|a field of push) (requires a|has an invalid) (key|name)/,
  /reason = a group field with \w+ takes no conditions/,
  // Lists that do not count, for what is beside them, are read all the same.
  /key = query\.(aggregate\.\d+\.)?(sort\.keys|project\.fields\.\d+\.fields)\./,
  // A language of its own.
  /reason = unknown date format "/,
];

const sum = { operator: "add", fields: ["n", 1, { o: "divide", fields: ["n", 2] }] };

/** What the arbitrary queries seldom are. */
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
  ],
};

/** Least that each schema must have taken and refused, so that the comparison says something. */
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

  it("takes whatever the parser takes, and refuses what the parser refuses", () => {
    fc.assert(
      fc.property(fuzzed[route], (body) => assertAgreement(JSON.parse(JSON.stringify(body)))),
      { numRuns: 1500 },
    );

    expect(seen.taken).toBeGreaterThan(leastSeen);
    expect(seen.refused).toBeGreaterThan(leastSeen);
  });

  it.each(message.fields)("agrees on every value of $name that is taken or refused", ({ name, kind }) => {
    const whole = Object.fromEntries(message.fields.map((field) => [field.name, field.kind.taken[0]?.sent]));
    const values = [...kind.taken, ...kind.refused].map(({ sent }) => sent).concat(kind.wrongTypes, kind.unset);

    for (const value of values) assertAgreement({ ...whole, [name]: value });
  });

  it.each((rareQueries[route] ?? []).map((query) => ({ query })))("agrees on $query", (body) => assertAgreement(body));

  it.each([null, [], "{}", 1, true])("refuses %j", (body) => assertAgreement(body));
});
