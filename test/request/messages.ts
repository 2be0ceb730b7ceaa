/** The messages field by field (docs/api.md). The tests of all parsers are generated from this table. */

import { JsonText } from "../../lib/base/json-text.ts";
import { parseList, parseQuery } from "../../lib/request/list.ts";
import type { Parse } from "../../lib/request/message.ts";
import {
  parseCreate,
  parseDelete,
  parseGet,
  parseGetData,
  parseUpdate,
  parseUpdateData,
} from "../../lib/request/messages.ts";
import { parseStat, parseStatisticsQuery } from "../../lib/request/stat.ts";

/** What a kind of field accepts and refuses. */
export interface Kind {
  /** The type's name in errors. */
  readonly type: string;
  readonly wrongTypes: readonly unknown[];
  /** Values that mean "not sent". */
  readonly unset: readonly unknown[];
  readonly taken: readonly { readonly sent: unknown; readonly read: unknown }[];
  readonly refused: readonly { readonly sent: unknown; readonly reason: string; readonly at?: string }[];
}

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly isRequired: boolean;
  /** The parsed value if it is not sent. */
  readonly absent: unknown;
  /** The required field that it replaces. */
  readonly insteadOf?: string;
  /** Fields that cannot be sent together with it. */
  readonly excludes?: readonly string[];
}

export interface Message {
  readonly parse: Parse<object>;
  /** In the order of the message. */
  readonly fields: readonly Field[];
}

const zeros = [null, "", 0, false, []] as const;

function same(...values: readonly unknown[]): Kind["taken"] {
  return values.map((value) => ({ sent: value, read: value }));
}

function text(max: number): Kind {
  const reason = `must have at most ${max} characters`;
  return {
    type: "string",
    wrongTypes: [1, true, {}, ["text"]],
    unset: zeros,
    taken: same("a", " a ", "NONE", "x".repeat(max), "é".repeat(max), "😀".repeat(max), "../x", "a/b"),
    refused: [
      ...["x", "é", "😀"].map((char) => ({ sent: char.repeat(max + 1), reason })),
      { sent: "x".repeat(1_000_000), reason },
      { sent: "a\ud800", reason: "must be well-formed Unicode" },
    ],
  };
}

const id = text(40);
const domainId = text(255);
const clientToken = text(64);

const name: Kind = {
  ...text(255),
  refused: [
    ...text(255).refused,
    ...[" ", "\t\n", "\u3000\u00a0"].map((sent) => ({ sent, reason: "must not be only whitespace" })),
  ],
};

const secretType: Kind = {
  type: "SecretType",
  wrongTypes: [1, true, {}, ["CREDENTIALS"]],
  unset: [...zeros, "NONE"],
  taken: same("CREDENTIALS"),
  refused: ["credentials", "CREDENTIALS ", "OTHER", "toString"].map((sent) => ({
    sent,
    reason: "must be CREDENTIALS",
  })),
};

const bool: Kind = { type: "bool", wrongTypes: ["true", 1, {}, [true]], unset: zeros, taken: same(true), refused: [] };

const version: Kind = {
  type: "int32",
  wrongTypes: ["one", "1.0", "-1", " 1", "1e3", "0x1", true, {}, [1]],
  unset: zeros,
  taken: [...same(1, 2 ** 31 - 1), { sent: "12", read: 12 }, { sent: 3.0, read: 3 }],
  refused: [
    { sent: -1, reason: "must be at least 1" },
    { sent: 1.5, reason: "must be a whole number" },
    { sent: 2 ** 31, reason: "must fit into 31 bits" },
    { sent: "2147483648", reason: "must fit into 31 bits" },
    { sent: 1e300, reason: "must fit into 31 bits" },
  ],
};

const expiry: Kind = {
  type: "string",
  wrongTypes: [1, true, {}, ["2030-01-01"]],
  unset: zeros,
  taken: [
    { sent: "2030-01-02", read: "2030-01-02T00:00:00.000Z" },
    { sent: "2030-01-02T03:04:05.6789", read: "2030-01-02T03:04:05.678Z" },
    { sent: "20300102T030405+0900", read: "2030-01-01T18:04:05.000Z" },
  ],
  refused: ["2030", "2030-01", "tomorrow", "2030-02-30", "now+30d", "Never", " 2030-01-02"].map((sent) => ({
    sent,
    reason: "must be an ISO 8601 date, down to the day at least",
  })),
};

const expiryOrNever: Kind = {
  ...expiry,
  taken: [...expiry.taken, ...same("never")],
  refused: expiry.refused.map(({ sent, reason }) => ({ sent, reason: reason.replace("must be", "must be never, or") })),
};

const names: Kind = {
  type: "list",
  wrongTypes: ["name", 1, true, {}],
  unset: zeros,
  taken: same(
    ["name"],
    ["tags.a.b", "nope"],
    Array.from({ length: 1000 }, () => "name"),
  ),
  refused: [
    { sent: Array.from({ length: 1001 }, () => "name"), reason: "must name at most 1000 values" },
    { sent: ["name", "x".repeat(256)], reason: "must have at most 255 characters", at: "1" },
  ],
};

const item = { secret_id: null, name: null, version: null, unless_etag: null };

const items: Kind = {
  type: "list",
  wrongTypes: ["name", 1, true, {}],
  unset: zeros,
  taken: [
    {
      sent: [
        { secret_id: "secret-1", version: "2" },
        { name: "n", secret_id: null, unless_etag: "e" },
      ],
      read: [
        { ...item, secret_id: "secret-1", version: 2 },
        { ...item, name: "n", unless_etag: "e" },
      ],
    },
    { sent: Array(50).fill({ name: "n" }), read: Array(50).fill({ ...item, name: "n" }) },
  ],
  refused: [
    { sent: Array(51).fill({ name: "n" }), reason: "must name at most 50 secrets" },
    { sent: [{ name: "n", secret_id: "s" }], reason: "cannot be given beside secret_id", at: "0.name" },
    {
      sent: [{ name: "n" }, { secret_id: "x".repeat(41) }],
      reason: "must have at most 40 characters",
      at: "1.secret_id",
    },
    { sent: [{ name: "n", nam: 1 }], reason: 'unknown field, did you mean "name"?', at: "0.nam" },
  ],
};

const data: Kind = {
  type: "Struct",
  wrongTypes: ["text", "", 1, 0, true, false, [], [{}]],
  unset: [null],
  taken: [
    { sent: {}, read: new JsonText("{}") },
    { sent: { a: [1, null, { b: "é" }] }, read: new JsonText('{"a":[1,null,{"b":"é"}]}') },
    { sent: new JsonText('{"b":1.0,"1":2}'), read: new JsonText('{"b":1.0,"1":2}') },
  ],
  refused: [],
};

const tags: Kind = {
  type: "Struct",
  wrongTypes: ["text", "", 1, 0, true, false, [], [{}]],
  unset: [null],
  taken: same({}, { env: "prod", list: [1, null, { deep: true }], $set: 1, "a.b": 2, " ": "" }),
  refused: [],
};

/** A filter: one value of the kind, or a list of values. */
function oneOrMany(kind: Kind): Kind {
  return {
    ...kind,
    wrongTypes: kind.wrongTypes.filter((value) => !Array.isArray(value)),
    taken: [
      ...kind.taken.map(({ sent, read }) => ({ sent, read: [read] })),
      { sent: kind.taken.map(({ sent }) => sent), read: kind.taken.map(({ read }) => read) },
    ],
    refused: [
      ...kind.refused,
      ...kind.refused.map(({ sent, reason }) => ({ sent: ["CREDENTIALS", sent], reason, at: "1" })),
      { sent: Array.from({ length: 1001 }, () => "CREDENTIALS"), reason: "must name at most 1000 values" },
    ],
  };
}

/** Only checks that it is an object; its content has its own tests. */
function query(...taken: Kind["taken"]): Kind {
  return { type: "Struct", wrongTypes: data.wrongTypes, unset: [null], taken, refused: [] };
}

const wholeQuery = parseQuery({});
const byName = { distinct: "name" };

function required(fieldName: string, kind: Kind): Field {
  return { name: fieldName, kind, isRequired: true, absent: null };
}

function optional(fieldName: string, kind: Kind, absent: unknown = null): Field {
  return { name: fieldName, kind, isRequired: false, absent };
}

function alternative(fieldName: string, kind: Kind, insteadOf: string, excludes: readonly string[] = []): Field {
  return { ...optional(fieldName, kind), insteadOf, excludes };
}

/** The fields that can be sent together. Of alternatives: `wanted`, or the first. */
export function togetherOf(fields: readonly Field[], wanted?: Field): readonly Field[] {
  const kept = wanted?.insteadOf;
  return fields.filter((field) => {
    if (wanted?.excludes?.includes(field.name)) return false;
    if (field === wanted || field.insteadOf === undefined) return field.name !== kept;
    return !fields.some(({ name }) => name === field.insteadOf);
  });
}

export const messages: { readonly [method: string]: Message } = {
  create: {
    parse: parseCreate,
    fields: [
      required("name", name),
      required("data", data),
      required("secret_type", secretType),
      optional("tags", tags),
      optional("schema", id),
      optional("service_account_id", id),
      optional("project_id", id),
      optional("trusted_secret_id", id),
      required("domain_id", domainId),
      optional("client_token", clientToken),
      optional("expires_at", expiry),
    ],
  },
  update: {
    parse: parseUpdate,
    fields: [
      required("secret_id", id),
      optional("name", name),
      optional("tags", tags),
      optional("merge_tags", bool),
      optional("project_id", id),
      required("domain_id", domainId),
      optional("release_project", bool),
      optional("expires_at", expiryOrNever),
    ],
  },
  delete: {
    parse: parseDelete,
    fields: [required("secret_id", id), required("domain_id", domainId), optional("permanently", bool)],
  },
  update_data: {
    parse: parseUpdateData,
    fields: [
      required("secret_id", id),
      required("data", data),
      required("domain_id", domainId),
      optional("schema", id),
      optional("expected_version", version),
      optional("client_token", clientToken),
      optional("expires_at", expiry),
    ],
  },
  get_data: {
    parse: parseGetData,
    fields: [
      required("secret_id", id),
      alternative("name", name, "secret_id"),
      alternative("items", items, "secret_id", ["version", "unless_etag"]),
      required("domain_id", domainId),
      optional("version", version),
      optional("sealed", bool),
      optional("unless_etag", id),
    ],
  },
  get: {
    parse: parseGet,
    fields: [
      required("secret_id", id),
      alternative("name", name, "secret_id"),
      required("domain_id", domainId),
      optional("only", names),
    ],
  },
  list: {
    parse: parseList,
    fields: [
      optional("query", query({ sent: {}, read: wholeQuery }), wholeQuery),
      optional("secret_id", oneOrMany(id)),
      optional("name", oneOrMany(name)),
      optional("secret_type", oneOrMany(secretType)),
      optional("schema", oneOrMany(id)),
      optional("provider", oneOrMany(id)),
      optional("service_account_id", oneOrMany(id)),
      optional("project_id", oneOrMany(id)),
      optional("trusted_secret_id", oneOrMany(id)),
      required("domain_id", domainId),
    ],
  },
  stat: {
    parse: parseStat,
    fields: [
      required("query", query({ sent: byName, read: parseStatisticsQuery(byName) })),
      required("domain_id", domainId),
    ],
  },
};
