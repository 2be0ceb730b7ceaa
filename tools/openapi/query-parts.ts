/** The schemas of the list query. Everything beyond fields and types comes from the tables of lib/query. */

import { bounds } from "../../lib/query/bounds.ts";
import type { OperatorName } from "../../lib/query/operator-name.ts";
import { operators } from "../../lib/query/operators.ts";
import { keywordFields, minimalFields, pathFields, shownFields } from "../../lib/query/path.ts";
import { listQuery } from "../../lib/request/list.ts";
import { condition, page, sort, sortKey } from "../../lib/request/query.ts";
import { type Derived, message, type Part, type Parts, tellOf } from "./derive.ts";
import { anyObject, described, inCode, listOf, ref, type Schema, type Schemas } from "./schema.ts";

const text: Schema = { type: "string", maxLength: bounds.textLength.max };
const number: Schema = { type: "number" };
const bool: Schema = { type: "boolean" };
const scalars: readonly Schema[] = [text, number, bool];
const pattern: Schema = { type: "string", maxLength: bounds.patternLength.max };

interface ConditionKind {
  readonly description: string;
  readonly operators: readonly OperatorName[];
  readonly value: Schema;
  /** The value may be missing, which means `null`. */
  readonly mayMiss?: true;
}

/** Conditions by the kind of value that their operators take. */
const conditionKinds: { readonly [name: string]: ConditionKind } = {
  ValueCondition: {
    description: "Compares with one value, which may be anything except a list. The default is `null`.",
    operators: ["eq", "not", "lt", "lte", "gt", "gte"],
    value: { anyOf: [...scalars, anyObject, { type: "null" }] },
    mayMiss: true,
  },
  ListCondition: {
    description: "Compares with each value of a list.",
    operators: ["in", "not_in"],
    value: listOf({}, { maxItems: bounds.listValues.max }),
  },
  TextCondition: {
    description: "Searches for a substring, ignoring case. Below `tags`, numbers and booleans are compared as a whole.",
    operators: ["contain", "not_contain"],
    value: { anyOf: scalars },
  },
  TextsCondition: {
    description: "The same, with each value of a list.",
    operators: ["contain_in", "not_contain_in"],
    value: listOf({ anyOf: scalars }),
  },
  PatternCondition: {
    description: "Matches a pattern (RE2 syntax), ignoring case.",
    operators: ["regex"],
    value: pattern,
  },
  PatternsCondition: {
    description: "The same, with each value of a list.",
    operators: ["regex_in"],
    value: listOf(pattern, { maxItems: bounds.patterns.max }),
  },
  DateCondition: {
    description: "Compares with a date: ISO 8601, in UTC if it has no zone. A number matches nothing.",
    operators: ["datetime_lt", "datetime_lte", "datetime_gt", "datetime_gte"],
    value: { anyOf: [{ type: "string", pattern: "^\\d{4}" }, number] },
  },
  RelativeDateCondition: {
    description: "Compares with a date relative to now, for example `now-7d` or `now/d - 1w`.",
    operators: ["timediff_lt", "timediff_lte", "timediff_gt", "timediff_gte"],
    value: { type: "string", pattern: "^\\s*now(/[dwm])?\\s*([+-]\\s?\\d+[smhdw]\\s?)?\\s*$" },
  },
  ExistsCondition: {
    description: "Tests whether the key exists, even if its value is `null`.",
    operators: ["exists"],
    value: bool,
  },
  MatchCondition: {
    description: "Searches an array for an object with these members.",
    operators: ["match"],
    value: { ...anyObject, maxProperties: bounds.members.max },
  },
};

function conditionPart({ description, operators: names, value, mayMiss }: ConditionKind): Part {
  const key = ref(names.every((name) => operators[name].resolvesKey) ? "Key" : "AnyKey");
  return message(condition, {
    description,
    fields: { key, operator: { type: "string", enum: names }, value },
    needed: ["key", "operator", ...(mayMiss ? [] : ["value"])],
  });
}

/** The fields that list and stat share. */
export const filterFields: { readonly [field: string]: string | Schema } = {
  filter: "Conditions that must all match.",
  filter_or: "Conditions of which at least one must match, if there are any.",
  keyword: { description: `Words, at least one of which must occur in ${inCode(keywordFields)}.`, ...text },
};

export const sortFields: { readonly [field: string]: string } = {
  desc: "The greatest first.",
  keys: "Ignored if there is a `key`.",
};

const mapNames = pathFields.filter(({ kind }) => kind === "map").map(({ name }) => name);
const scalarNames = pathFields.filter(({ kind }) => kind !== "map").map(({ name }) => name);

/** The keys that a condition may name. */
export const keySchemas: Schemas = {
  Key: described("A field of a secret, or a part of its tags, for example `tags.owner.name`.", {
    ...{ type: "string", maxLength: bounds.keyLength.max },
    pattern: `^((${scalarNames.join("|")})|(${mapNames.join("|")})(\\.[\\s\\S]+)?)$`,
    examples: shownFields.map(({ name }) => name),
  }),
  AnyKey: described("A `Key`, or any other key, which no secret has.", {
    ...{ type: "string", minLength: 1, maxLength: bounds.keyLength.max },
  }),
};

export const queryParts: Parts = {
  Query: message(listQuery, {
    description: "The query language of `list`; docs/query.md explains it.",
    fields: {
      ...filterFields,
      only: {
        description: "The fields to return. Parts of tags are allowed, and the sort keys are added.",
        items: ref("Key"),
      },
      minimal: `Returns only ${inCode(minimalFields)}.`,
      count_only: "Returns only the count, and no rows.",
    },
  }),
  ...Object.fromEntries(Object.entries(conditionKinds).map(([name, kind]) => [name, conditionPart(kind)])),
  Condition: {
    schema: condition,
    tell: () => described("A condition that a secret must match.", { anyOf: Object.keys(conditionKinds).map(ref) }),
  },
  SortKey: message(sortKey, { fields: { key: ref("AnyKey"), desc: "The greatest first." }, needed: ["key"] }),
  Sort: {
    schema: sort,
    tell: ({ anyOf: [options, keys] }) =>
      described("One sort key, or several. The default is the name.", {
        anyOf: [tellOf(options as Derived, { fields: { key: ref("AnyKey"), ...sortFields } }), keys as Derived],
      }),
  },
  Page: message(page, {
    fields: {
      start: "The first row to return, counted from 1.",
      limit: "The number of rows to return; 0 returns all.",
    },
  }),
};
