/** Arbitraries of messages for all methods. They are mostly valid, so that they get far; any part may be wrong. */

import fc from "fast-check";
import type { Route } from "../../lib/http/routes.ts";
import { operators } from "../../lib/query/operators.ts";

/** Placeholders for ids of existing secrets; see `fillIn`. */
const placeholders = ["$own", "$own", "$trusted", "$dependent", "$foreign"] as const;

/** A string in the data of every secret, and of every message with data. */
export const dataMarker = "data-marker-9c41";

type Json = fc.Arbitrary<unknown>;

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom(
    "",
    " ",
    "__proto__",
    "constructor",
    "toString",
    "$where",
    "\u0000",
    "\ud800",
    "\u2028",
    "x".repeat(300),
  ),
);

const anyNumber = fc.oneof(
  fc.integer({ min: -2, max: 12 }),
  fc.constantFrom(0.5, -0, 2 ** 31, 2 ** 53, 1e21, 1e300, 5e-324),
);

const anyJson: Json = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 2, arbitrary: anyNumber },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom([], {}, [[]], [{}], { $gt: "" }, { $regex: "." }, [null]) },
);

/** Usually a valid value. */
function mostly(right: Json): Json {
  return fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: anyJson });
}

/** Some of the fields; required ones are rarely missing. */
function message(fields: { readonly [name: string]: Json }, required: readonly string[] = []): Json {
  const parts = Object.entries(fields).map(([name, value]) => {
    const isSent = required.includes(name) ? 19 : 6;
    return fc.oneof(
      { weight: isSent, arbitrary: mostly(value).map((it) => [[name, it]]) },
      { weight: 20 - isSent, arbitrary: fc.constant([]) },
    );
  });
  const extra = fc.oneof(
    { weight: 60, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(anyText, anyJson).map((entry) => [entry]) },
  );
  return fc.tuple(...parts, extra).map((entries) => Object.fromEntries(entries.flat() as [string, unknown][]));
}

const secretId = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...placeholders) },
  { weight: 1, arbitrary: fc.constantFrom("secret-000000000000", "secret", "a/b") },
);
const name = fc.constantFrom("own", "trusted", "dependent", "n-1", "n-2", "n-3", "é", "a b");
const id = fc.constantFrom("project-1", "project-2", "sa-1", "aws_access_key", "aws");
const version = fc.constantFrom(1, 2, 3, 9, "1");
const domainId = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("$domain", "") },
  { weight: 1, arbitrary: fc.constant("domain-foreign") },
);

const tagKey = fc.oneof(fc.constantFrom("env", "n", "list", "map", "a.b"), anyText);
const tags = fc.oneof(
  fc.dictionary(tagKey, anyJson, { maxKeys: 4 }),
  fc.record({ env: fc.constantFrom("prod", "dev"), n: anyNumber, list: fc.array(anyJson, { maxLength: 4 }) }),
);
const data = fc
  .dictionary(anyText, anyJson, { maxKeys: 4 })
  .map((members) => ({ [dataMarker]: dataMarker, ...members }));

const path = fc.oneof(
  fc.constantFrom(
    "secret_id",
    "name",
    "tags",
    "tags.env",
    "tags.n",
    "tags.list",
    "tags.map.a",
    "created_at",
    "project_id",
  ),
  fc.constantFrom(
    "version",
    "schema",
    "provider",
    "trusted_secret_id",
    "domain_id",
    "encrypted",
    "updated_at",
    "expires_at",
    "k",
    "f",
  ),
  anyText,
  anyText.map((text) => `tags.${text}`),
);

const operand = fc.oneof(
  name,
  secretId,
  id,
  anyNumber,
  fc.constantFrom(true, "prod", "2026-01-01", "now", "now-7d", "now/d - 1w", "2026-13-01", "(", "a*", "[a-z]+$", "^."),
  fc.array(fc.oneof(name, anyJson), { maxLength: 4 }),
  fc.dictionary(tagKey, anyJson, { maxKeys: 3 }),
);

function aliased(fields: { readonly [name: string]: readonly [alias: string, value: Json] }): Json {
  const named = message(
    Object.fromEntries(Object.entries(fields).map(([field, [, value]]) => [field, value])),
    Object.keys(fields),
  );
  const short = message(
    Object.fromEntries(Object.values(fields)),
    Object.values(fields).map(([alias]) => alias),
  );
  return fc.oneof({ weight: 3, arbitrary: named }, short);
}

const operator = fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...Object.keys(operators)) }, anyText);
const condition = aliased({ key: ["k", path], value: ["v", operand], operator: ["o", operator] });
const conditions = fc.array(mostly(condition), { maxLength: 3 });
const sortKey = message({ key: path, desc: fc.boolean() }, ["key"]);
const sort = fc.oneof(
  sortKey,
  fc.array(sortKey, { maxLength: 3 }),
  fc.record({ keys: fc.array(sortKey, { maxLength: 3 }) }),
);
const page = message({ start: anyNumber, limit: anyNumber });

const query = message({
  filter: conditions,
  filter_or: conditions,
  sort,
  page,
  minimal: fc.boolean(),
  count_only: fc.boolean(),
  only: fc.array(path, { maxLength: 4 }),
  keyword: fc.oneof(name, anyText),
});

const groupOperator = fc.constantFrom(
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
);
const projectOperator = fc.constantFrom(
  "size",
  "sum",
  "array_to_object",
  "object_to_array",
  "add",
  "subtract",
  "multiply",
  "divide",
);
const column = fc.oneof(fc.constantFrom("k", "f", "x"), anyText);
const namedKey = aliased({ key: ["k", path], name: ["n", column] });
const groupKey = message({ key: path, name: column, date_format: fc.constantFrom("year", "day", "%Y-%m", "%q", "%") }, [
  "key",
  "name",
]);
const groupField = message(
  { key: path, name: column, operator: groupOperator, fields: fc.array(namedKey, { maxLength: 3 }), conditions },
  ["key", "name", "operator"],
);

const { expression } = fc.letrec((tie) => ({
  expression: fc.oneof(
    { depthSize: "small" },
    path,
    anyNumber,
    message({ operator: projectOperator, fields: fc.array(tie("expression"), { maxLength: 3 }) }, [
      "operator",
      "fields",
    ]),
  ),
}));
const projectField = message(
  { key: path, name: column, operator: projectOperator, fields: fc.array(expression, { maxLength: 3 }) },
  ["key", "name"],
);

const stage = fc.oneof(
  fc.record({ unwind: message({ path }, ["path"]) }),
  fc.record({
    group: message({ keys: fc.array(groupKey, { maxLength: 3 }), fields: fc.array(groupField, { maxLength: 3 }) }, [
      "keys",
      "fields",
    ]),
  }),
  fc.record({ count: message({ name: column }, ["name"]) }),
  fc.record({ sort }),
  fc.record({
    project: message({ fields: fc.array(projectField, { maxLength: 3 }), exclude_keys: fc.boolean() }, ["fields"]),
  }),
  fc.record({ limit: anyNumber }),
  fc.record({ skip: anyNumber }),
);

const statistics = fc.oneof(
  {
    weight: 4,
    arbitrary: message(
      {
        aggregate: fc.array(mostly(stage), { maxLength: 4 }),
        filter: conditions,
        filter_or: conditions,
        keyword: name,
        page,
      },
      ["aggregate"],
    ),
  },
  { weight: 1, arbitrary: message({ distinct: path, filter: conditions, page }, ["distinct"]) },
);

function oneOrMany(value: Json): Json {
  return fc.oneof(value, fc.array(value, { maxLength: 3 }));
}

/** Items for existing and other secrets; some come twice. */
const items = fc.array(
  fc.oneof(
    message({ secret_id: secretId, version, unless_etag: anyText }, ["secret_id"]),
    message({ name, version, unless_etag: anyText }, ["name"]),
  ),
  { maxLength: 5 },
);

export const messages: { readonly [Name in Route]: Json } = {
  create: message(
    {
      name,
      data,
      secret_type: fc.constant("CREDENTIALS"),
      tags,
      schema: id,
      service_account_id: id,
      project_id: id,
      trusted_secret_id: secretId,
      domain_id: domainId,
      client_token: fc.constantFrom("t-1", "t-2"),
    },
    ["name", "data", "secret_type"],
  ),
  update: message(
    { secret_id: secretId, name, tags, project_id: id, domain_id: domainId, release_project: fc.boolean() },
    ["secret_id"],
  ),
  delete: message({ secret_id: secretId, domain_id: domainId, permanently: fc.boolean() }, ["secret_id"]),
  "update-data": message(
    {
      secret_id: secretId,
      data,
      domain_id: domainId,
      schema: id,
      expected_version: version,
      client_token: fc.constantFrom("t-1", "t-2"),
    },
    ["secret_id", "data"],
  ),
  "get-data": fc.oneof(
    {
      weight: 2,
      arbitrary: message(
        { secret_id: secretId, name, domain_id: domainId, version, sealed: fc.boolean(), unless_etag: anyText },
        ["secret_id"],
      ),
    },
    { weight: 1, arbitrary: message({ items, domain_id: domainId, sealed: fc.boolean() }, ["items"]) },
  ),
  get: message({ secret_id: secretId, name, domain_id: domainId, only: fc.array(path, { maxLength: 4 }) }, [
    "secret_id",
  ]),
  list: message({
    query,
    secret_id: oneOrMany(secretId),
    name: oneOrMany(name),
    secret_type: oneOrMany(fc.constant("CREDENTIALS")),
    schema: oneOrMany(id),
    provider: oneOrMany(id),
    service_account_id: oneOrMany(id),
    project_id: oneOrMany(id),
    trusted_secret_id: oneOrMany(secretId),
    domain_id: domainId,
  }),
  stat: message({ query: statistics, domain_id: domainId }, ["query"]),
};
