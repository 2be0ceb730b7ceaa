/** The language of list as schemas: its operators and bounds are those of lib/query's tables. */

import type { JsonObject } from "../../lib/base/json.ts";
import { bounds } from "../../lib/query/bounds.ts";
import { operators } from "../../lib/query/operators.ts";
import { keywordFields, minimalFields, shownFields } from "../../lib/query/path.ts";
import { aliased, bool, integer } from "./query-forms.ts";
import { anyObject, closed, described, listOf, ref, type Schema, type Schemas } from "./schema.ts";

type Operand = (typeof operators)[keyof typeof operators]["operand"];

interface OperandRow {
  readonly name: string;
  readonly description: string;
  readonly value: Schema;
  /** Whether a missing value, which is `null`, is one. */
  readonly mayMiss: boolean;
}

/** The kinds of condition, by the kind of value that their operators take. */
const conditionKinds: { readonly [Kind in Operand]: OperandRow } = {
  scalar: {
    name: "ValueCondition",
    description: "Compares with one value, which may be anything but a list; left out, it is `null`.",
    value: { type: ["string", "number", "boolean", "object", "null"], additionalProperties: true },
    mayMiss: true,
  },
  list: {
    name: "ListCondition",
    description: "Compares with each value of a list.",
    value: listOf({}, { maxItems: bounds.listValues.max }),
    mayMiss: false,
  },
  boolean: {
    name: "ExistsCondition",
    description: "Asks whether the key is there at all, be it `null`.",
    value: bool,
    mayMiss: false,
  },
  object: {
    name: "MatchCondition",
    description: "Looks in an array for an object that has these members.",
    value: { ...anyObject, maxProperties: bounds.members.max },
    mayMiss: false,
  },
};

const key = ref("Key");

function conditionSchema([operand, { description, value, mayMiss }]: readonly [string, OperandRow]): Schema {
  const names = Object.entries(operators).filter(([, operator]) => operator.operand === operand);
  const operator = { type: "string", enum: names.map(([name]) => name) };
  return {
    description,
    ...(mayMiss
      ? aliased({ needed: { key, operator }, optional: { value } })
      : aliased({ needed: { key, operator, value } })),
  };
}

const kinds = Object.entries(conditionKinds);

const conditions: JsonObject = listOf(ref("Condition"), { maxItems: bounds.conditions.max });

/** The fields that list and stat share. */
export const filterFields: Schemas = {
  filter: described("All of these must hold.", conditions),
  filter_or: described("One of these must hold, where there are any.", conditions),
  keyword: described(`Words, of which one must be contained in ${inCode(keywordFields)}.`, {
    ...{ type: "string", maxLength: bounds.textLength.max },
  }),
  page: ref("Page"),
};

export const querySchemas: Schemas = {
  Query: described("The language of `list`; docs/query.md tells what it means.", {
    ...closed({
      ...filterFields,
      sort: ref("Sort"),
      only: described("The fields to show, also parts of tags; the keys of the order are added.", {
        ...listOf(key, { maxItems: bounds.only.max }),
      }),
      minimal: described(`Show just ${inCode(minimalFields)}.`, bool),
      count_only: described("Count, and show no rows.", bool),
    }),
  }),
  Key: described("A field of a secret, or a part of its tags, e.g. `tags.owner.name`.", {
    ...{ type: "string", maxLength: bounds.keyLength.max, examples: shownFields.map(({ name }) => name) },
  }),
  Condition: described("What a secret must be like to be found.", { anyOf: kinds.map(([, { name }]) => ref(name)) }),
  ...Object.fromEntries(kinds.map((kind) => [kind[1].name, conditionSchema(kind)])),
  Sort: described("One key, or several; by name where none is given.", sortSchema(key)),
  Page: closed({
    start: described("The first row to show, from 1.", integer(0, 2 ** 32 - 1)),
    limit: described("How many rows to show; 0 shows all.", integer(0, 2 ** 32 - 1)),
  }),
};

/** With at least so many keys. */
export function sortSchema(sortKey: Schema, minItems = 0): Schema {
  const desc = described("The greatest first.", bool);
  const keys = listOf(closed({ key: sortKey, desc }, ["key"]), { minItems, maxItems: bounds.sortKeys.max });
  const ignoredKeys = described("Do not count beside `key`.", keys);
  const ignoredDesc = described("Counts beside `key` only.", bool);
  return {
    anyOf: [
      closed({ key: sortKey, desc, keys: ignoredKeys }, ["key"]),
      closed({ keys, desc: ignoredDesc }, minItems > 0 ? ["keys"] : []),
      keys,
    ],
  };
}

function inCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
