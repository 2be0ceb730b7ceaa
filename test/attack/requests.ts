/**
 * Every request that an attacker can make about secrets of others, if they know all details: by every method, every
 * form of a query, every field and operator.
 */

import type { Route } from "../../lib/http/routes.ts";
import type { SecretInfo } from "../../lib/secret/secret.ts";

export interface Request {
  readonly route: Route;
  readonly body: object;
}

/** For each operator an operand that, if possible, matches a field with this value. */
const operands: { readonly [operator: string]: (value: unknown) => unknown } = {
  eq: (value) => value,
  not: () => "nothing of the kind",
  in: (value) => [value],
  not_in: () => ["nothing of the kind"],
  lt: () => "\u{10ffff}",
  lte: (value) => value,
  gt: () => "",
  gte: (value) => value,
  contain: (value) => String(value).slice(1, -1),
  not_contain: () => "nothing of the kind",
  contain_in: (value) => [String(value).slice(1)],
  not_contain_in: () => ["nothing of the kind"],
  exists: () => true,
  match: () => ({}),
  regex: () => ".",
  regex_in: () => ["^", "."],
  datetime_lt: () => "2999-01-01",
  datetime_lte: (value) => value,
  datetime_gt: () => "1999-01-01",
  datetime_gte: (value) => value,
  timediff_lt: () => "now + 1d",
  timediff_lte: () => "now + 1d",
  timediff_gt: () => "now - 100w",
  timediff_gte: () => "now - 100w",
};

/** The filter fields of list besides `query`. */
const filterFields = [
  "secret_id",
  "name",
  "secret_type",
  "schema",
  "provider",
  "service_account_id",
  "project_id",
  "trusted_secret_id",
] as const;

/** One field for each way to evaluate a condition: by key, by index, in DynamoDB, in the function. */
const telling = ["secret_id", "name", "project_id", "trusted_secret_id", "created_at", "tags.text"];

interface FieldValue {
  readonly key: string;
  readonly value: unknown;
}

function fieldsOf(secret: SecretInfo): readonly FieldValue[] {
  const tags = Object.entries(secret.tags).map(([key, value]) => ({ key: `tags.${key}`, value }));
  return [...Object.entries(secret).map(([key, value]) => ({ key, value })), ...tags];
}

/** A condition for each operator that, if possible, matches the field. */
function conditionsOn({ key, value }: FieldValue): readonly object[] {
  return Object.entries(operands).map(([operator, operandOf]) => ({ key, operator, value: operandOf(value) }));
}

const everything = { key: "secret_id", operator: "exists", value: true };
const nothing = { ...everything, value: false };

/** Filters with one condition, in `filter` or `filter_or`; and with all conditions on a field. */
function filtersOn(secret: SecretInfo): readonly object[] {
  const fields = fieldsOf(secret);
  const alone = fields.filter(({ key }) => telling.includes(key)).flatMap(conditionsOn);
  return [
    ...alone.map((condition, index) =>
      index % 2 === 0 ? { filter: [condition] } : { filter_or: [condition, nothing] },
    ),
    ...fields.map((field) => ({ filter_or: [...conditionsOn(field).filter(isComparison), everything] })),
  ];
}

/** Whether the condition can be tried on any value. */
function isComparison(condition: object): boolean {
  return !/datetime|timediff|match/.test(String(Reflect.get(condition, "operator")));
}

function lists(secret: SecretInfo): readonly object[] {
  const names = fieldsOf(secret).map(({ key }) => key);
  const fields = filterFields.filter((field) => secret[field] !== null);
  return [
    {},
    ...fields.flatMap((field) => [{ [field]: secret[field] }, { [field]: [secret[field], "CREDENTIALS"] }]),
    ...filtersOn(secret).map((filters) => ({ query: filters })),
    ...filtersOn(secret)
      .filter((_, index) => index % 5 === 0)
      .map((filters) => ({ query: { ...filters, count_only: true } })),
    { query: { count_only: true } },
    { query: { minimal: true, page: { start: 1, limit: 100 } } },
    ...[...secret.name.split("-"), secret.secret_id, secret.schema].map((keyword) => ({ query: { keyword } })),
    ...names.map((key, index) => ({ query: { sort: { key, desc: index % 2 === 0 }, page: { start: 2, limit: 2 } } })),
    { query: { only: names } },
  ];
}

const groupOperators = [
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
];

function statistics(secret: SecretInfo): readonly object[] {
  const names = fieldsOf(secret).map(({ key }) => key);
  const both = [
    { key: "name", name: "name" },
    { key: "tags", name: "tags" },
  ];
  const count = { count: { name: "n" } };
  const stages = [
    count,
    { unwind: { path: "tags.list" } },
    { sort: { key: "name" } },
    { limit: 3 },
    { skip: 1 },
    { project: { fields: [{ key: "tags", name: "x", operator: "object_to_array" }] } },
    { project: { fields: [{ key: "name", name: "x" }], exclude_keys: true } },
    ...groupOperators.map((operator) => ({
      group: { keys: [], fields: [{ name: "all", key: "name", operator, fields: both }] },
    })),
  ];
  return [
    ...names.map((distinct) => ({ distinct })),
    ...names.map((key) => ({
      aggregate: [{ group: { keys: [{ key, name: "k" }], fields: [{ name: "n", operator: "count" }] } }],
    })),
    ...stages.map((stage) => ({ aggregate: [stage, count], page: { start: 1, limit: 5 } })),
    ...stages.map((stage) => ({ aggregate: [stage] })),
    ...filtersOn(secret)
      .filter((_, index) => index % 3 === 0)
      .map((filters) => ({ ...filters, aggregate: [count] })),
    { aggregate: [count], keyword: secret.name },
  ];
}

/** The requests about one secret. */
export function onOne({ secret_id, name }: SecretInfo): readonly Request[] {
  const made = { name: "lure", data: {}, secret_type: "CREDENTIALS" };
  return [
    { route: "get", body: { secret_id } },
    { route: "get", body: { secret_id, only: ["name", "tags"] } },
    { route: "get-data", body: { secret_id } },
    { route: "get-data", body: { secret_id, version: 1 } },
    { route: "get-data", body: { secret_id, version: 2 } },
    { route: "get-data", body: { secret_id, sealed: true } },
    { route: "get-data", body: { secret_id, unless_etag: "1-AAAAAAAAAAAAAAAAAAAAAA" } },
    { route: "get-data", body: { items: [{ secret_id }, { secret_id, version: 1 }, { name }] } },
    {
      route: "get-data",
      body: {
        items: [
          { name, version: 2 },
          { name, unless_etag: "1-AAAAAAAAAAAAAAAAAAAAAA" },
        ],
      },
    },
    { route: "get-data", body: { items: [{ secret_id }], sealed: true } },
    { route: "update", body: { secret_id } },
    { route: "update", body: { secret_id, name: "taken over" } },
    { route: "update", body: { secret_id, name } },
    { route: "update", body: { secret_id, tags: {} } },
    { route: "update-data", body: { secret_id, data: {} } },
    { route: "update-data", body: { secret_id, data: {}, expected_version: 9 } },
    { route: "update-data", body: { secret_id, data: {}, client_token: "theirs" } },
    { route: "delete", body: { secret_id } },
    { route: "create", body: { ...made, trusted_secret_id: secret_id } },
    { route: "create", body: { ...made, project_id: "project-2", trusted_secret_id: secret_id } },
  ];
}

/** The queries that could reveal the secret in an answer about several. */
export function queriesAbout(secret: SecretInfo): readonly Request[] {
  return [
    ...lists(secret).map((body) => ({ route: "list" as const, body })),
    ...statistics(secret).map((query) => ({ route: "stat" as const, body: { query } })),
  ];
}
