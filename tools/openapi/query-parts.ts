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
    description: "Compares with one value, which may be anything but a list; left out, it is `null`.",
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
    description:
      "Looks for a part of a text, in any case. Numbers and booleans are looked for as a whole, below `tags`.",
    operators: ["contain", "not_contain"],
    value: { anyOf: scalars },
  },
  TextsCondition: {
    description: "The same with each of a list.",
    operators: ["contain_in", "not_contain_in"],
    value: listOf({ anyOf: scalars }),
  },
  PatternCondition: {
    description: "Looks for what a pattern (RE2) matches, in any case.",
    operators: ["regex"],
    value: pattern,
  },
  PatternsCondition: {
    description: "The same with each of a list.",
    operators: ["regex_in"],
    value: listOf(pattern, { maxItems: bounds.patterns.max }),
  },
  DateCondition: {
    description: "Compares with a date (ISO 8601, without a zone UTC). A number matches nothing.",
    operators: ["datetime_lt", "datetime_lte", "datetime_gt", "datetime_gte"],
    value: { anyOf: [{ type: "string", pattern: "^\\d{4}" }, number] },
  },
  RelativeDateCondition: {
    description: "Compares with a date relative to now, e.g. `now-7d` or `now/d - 1w`.",
    operators: ["timediff_lt", "timediff_lte", "timediff_gt", "timediff_gte"],
    value: { type: "string", pattern: "^\\s*now(/[dwm])?\\s*([+-]\\s?\\d+[smhdw]\\s?)?\\s*$" },
  },
  ExistsCondition: {
    description: "Asks whether the key is there at all, be it `null`.",
    operators: ["exists"],
    value: bool,
  },
  MatchCondition: {
    description: "Looks in an array for an object that has these members.",
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
  filter: "All of these must hold.",
  filter_or: "One of these must hold, where there are any.",
  keyword: { description: `Words, of which one must be contained in ${inCode(keywordFields)}.`, ...text },
};

export const sortFields: { readonly [field: string]: string } = {
  desc: "The greatest first.",
  keys: "Do not count beside `key`.",
};

const mapNames = pathFields.filter(({ kind }) => kind === "map").map(({ name }) => name);
const scalarNames = pathFields.filter(({ kind }) => kind !== "map").map(({ name }) => name);

/** The keys that a condition may name. */
export const keySchemas: Schemas = {
  Key: described("A field of a secret, or a part of its tags, e.g. `tags.owner.name`.", {
    ...{ type: "string", maxLength: bounds.keyLength.max },
    pattern: `^((${scalarNames.join("|")})|(${mapNames.join("|")})(\\.[\\s\\S]+)?)$`,
    examples: shownFields.map(({ name }) => name),
  }),
  AnyKey: described("A `Key`, or any other, which no secret has.", {
    ...{ type: "string", minLength: 1, maxLength: bounds.keyLength.max },
  }),
};

export const queryParts: Parts = {
  Query: message(listQuery, {
    description: "The language of `list`; docs/query.md tells what it means.",
    fields: {
      ...filterFields,
      only: {
        description: "The fields to show, also parts of tags; the keys of the order are added.",
        items: ref("Key"),
      },
      minimal: `Show just ${inCode(minimalFields)}.`,
      count_only: "Count, and show no rows.",
    },
  }),
  ...Object.fromEntries(Object.entries(conditionKinds).map(([name, kind]) => [name, conditionPart(kind)])),
  Condition: {
    schema: condition,
    tell: () => described("What a secret must be like to be found.", { anyOf: Object.keys(conditionKinds).map(ref) }),
  },
  SortKey: message(sortKey, { fields: { key: ref("AnyKey"), desc: "The greatest first." }, needed: ["key"] }),
  Sort: {
    schema: sort,
    tell: ({ anyOf: [options, keys] }) =>
      described("One key, or several; by name where none is given.", {
        anyOf: [tellOf(options as Derived, { fields: { key: ref("AnyKey"), ...sortFields } }), keys as Derived],
      }),
  },
  Page: message(page, {
    fields: { start: "The first row to show, from 1.", limit: "How many rows to show; 0 shows all." },
  }),
};
