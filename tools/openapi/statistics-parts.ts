/** The schemas of the stat query. Everything beyond fields and types comes from the tables of lib/stat. */

import { bounds } from "../../lib/query/bounds.ts";
import { relations } from "../../lib/query/value.ts";
import { sortKey } from "../../lib/request/query.ts";
import {
  groupCondition,
  groupField,
  groupKey,
  groupOptions,
  namedKey,
  operands,
  projectField,
  stage,
  statisticsQuery,
} from "../../lib/request/stat.ts";
import { arithmetic, conversions } from "../../lib/stat/project.ts";
import { reducers } from "../../lib/stat/reducers.ts";
import { type Derived, message, type Part, type Parts, tellOf } from "./derive.ts";
import { filterFields, sortFields } from "./query-parts.ts";
import { anyObject, closed, decimal, described, listOf, present, ref, type Schema, type Schemas } from "./schema.ts";

const key = ref("RowKey");
const name = ref("RowName");
const ignored = "Ignored here.";
const part = "(?!\\$)([^.\\\\]|\\\\[.\\\\]|\\\\(?![.\\\\]))+";
const max31 = 2 ** 31 - 1;

function oneOf(names: readonly string[]): Schema {
  return { type: "string", enum: names };
}

/** One of the fields is present and not empty. */
function oneNotEmpty(fields: { readonly [name: string]: "minItems" | "minLength" }): Schema {
  const anyOf = Object.entries(fields).map(([field, least]) => ({
    required: [field],
    properties: { [field]: { [least]: 1 } },
  }));
  return { anyOf };
}

/** What is added about each kind of stage, beyond fields and types. */
const stages: { readonly [kind: string]: (derived: Derived) => Schema } = {
  unwind: (derived) =>
    tellOf(derived, {
      description: "Makes a row for each element of the array at `path`.",
      fields: { path: key },
      needed: ["path"],
    }),
  count: (derived) =>
    tellOf(derived, { description: "Makes one row with the number of rows.", fields: { name }, needed: ["name"] }),
  sort: ({ anyOf: [options, keys] }) =>
    described("One sort key, or several. Equal rows keep their order.", {
      anyOf: [
        tellOf(options as Derived, {
          fields: { ...sortFields, key },
          also: [oneOfThese(["key"], { keys: rowSortKeys })],
        }),
        { ...(keys as Derived), ...rowSortKeys },
      ],
    }),
  project: (derived) =>
    tellOf(derived, {
      description: "Makes rows of computed values. The keys of the last group are kept unless they are excluded.",
      fields: { fields: { minItems: 1 } },
      needed: ["fields"],
    }),
  limit: () => described("Keeps only the first rows.", decimal(1, max31)),
  skip: () => described("Skips the first rows.", decimal(0, max31)),
};

const rowSortKeys: Schema = { items: ref("RowSortKey"), minItems: 1 };

/** One of the names is present, or else this list. */
function oneOfThese(names: readonly string[], list: Schemas): Schema {
  const [instead = ""] = Object.keys(list);
  return { anyOf: [...names.map((name) => present(name)), { required: [instead], properties: list }] };
}

type Reducer = (typeof reducers)[keyof typeof reducers];

interface GroupFieldKind {
  readonly description: string;
  readonly takes: Reducer["takes"];
  readonly isConditional: boolean;
}

/** Group fields by what their operators read from a row, and whether they may have conditions. */
const groupFieldKinds: { readonly [name: string]: GroupFieldKind } = {
  CountField: { description: "Counts rows.", takes: "nothing", isConditional: true },
  NumberField: { description: "Computes a number from values.", takes: "key", isConditional: true },
  ValueField: { description: "Chooses or collects values.", takes: "key", isConditional: false },
  PushField: {
    description: "Collects values, or objects whose members are `fields`.",
    takes: "key or fields",
    isConditional: false,
  },
};

function groupFieldPart({ description, takes, isConditional }: GroupFieldKind): Part {
  const rows = Object.entries(reducers).filter(
    ([, reducer]) => reducer.takes === takes && reducer.isConditional === isConditional,
  );
  const fields = {
    name,
    operator: oneOf(rows.map(([operator]) => operator)),
    key: takes === "nothing" ? ignored : key,
    fields: takes === "key or fields" ? "The members of objects, if there is no key." : ignored,
    conditions: isConditional ? "Conditions for the rows to include." : { description: "Must be empty.", maxItems: 0 },
  };
  const needed = ["name", "operator", ...(takes === "key" ? ["key"] : [])];
  const keyOrFields = oneOfThese(["key", "k"], { fields: { items: ref("NamedKey"), minItems: 1 } });
  return message(groupField, { description, fields, needed, also: takes === "key or fields" ? [keyOrFields] : [] });
}

/** Only the number of operands that each operation takes. */
function operationSchema(): Schema {
  const byCount = Map.groupBy(Object.entries(arithmetic), ([, { operands }]) => operands);
  const anyOf = [...byCount].map(([{ min, max }, rows]) => {
    const operator = oneOf(rows.map(([name]) => name));
    const fields = { minItems: min, ...(Number.isFinite(max) && { maxItems: max }) };
    return { properties: { operator, o: operator, fields } };
  });
  return described("The number of fields that each operation takes.", { anyOf });
}

/** Describes an object with an operation on `fields`. */
function tellOperation(derived: Derived, fields: Schemas, needed: readonly string[]): Schema {
  const operator = described("An operation of `fields`.", oneOf(Object.keys(arithmetic)));
  const all = [...needed, "operator", "fields"];
  return tellOf(derived, { fields: { ...fields, operator }, needed: all, also: [ref("Operation")] });
}

/** One schema for each level, as in the parser: client generators cannot handle a schema that contains itself. */
const operandParts: Parts = Object.fromEntries(
  operands.map((schema, index): [name: string, part: Part] => [
    index === 0 ? "Operand" : `Operand${index + 1}`,
    {
      schema,
      tell: ({ anyOf: [, number, operation] }) => {
        const isLast = index === operands.length - 1;
        const operations = isLast ? [] : [tellOperation(operation as Derived, {}, [])];
        return described(isLast ? "A key or a number." : "A key, a number, or an operation.", {
          anyOf: [key, number as Derived, ...operations],
        });
      },
    },
  ]),
);

export const statisticsSchemas: Schemas = {
  RowKey: described("A key of a stage's input rows.", {
    // No part is empty or begins with `$`. A dot within a part has a backslash before it.
    type: "string",
    pattern: `^${part}(\\.${part})*$`,
    maxLength: bounds.keyLength.max,
  }),
  RowName: described("The name of a value in a stage's output rows.", {
    ...{ type: "string", pattern: "^(?!\\$)[^.]+$", maxLength: bounds.nameLength.max },
  }),
  Operation: operationSchema(),
};

export const statisticsParts: Parts = {
  StatisticsQuery: message(statisticsQuery, {
    description: "The query language of `stat`; docs/query.md explains it.",
    fields: {
      ...filterFields,
      aggregate: "Stages that process the rows in this order.",
      distinct: "The key whose distinct values are returned. Ignored if there is an `aggregate`.",
    },
    also: [oneNotEmpty({ aggregate: "minItems", distinct: "minLength" })],
  }),
  Stage: {
    schema: stage,
    tell: ({ properties }) =>
      described("One stage. Its only member says which kind.", {
        oneOf: Object.entries(properties).map(([kind, options]) => ({
          title: kind,
          ...closed({ [kind]: stages[kind]?.(options as Derived) ?? options }, [kind]),
        })),
      }),
  },
  RowSortKey: message(sortKey, { fields: { key, desc: "The greatest first." }, needed: ["key"] }),
  Group: message(groupOptions, {
    description: "Makes a row for each combination of `keys`.",
    also: [oneNotEmpty({ keys: "minItems", fields: "minItems" })],
  }),
  GroupKey: message(groupKey, {
    fields: {
      key,
      name,
      date_format: {
        description: "`year`, `month`, `day`, or a format such as `%Y-%m`.",
        maxLength: bounds.nameLength.max,
      },
    },
    needed: ["key", "name"],
  }),
  ...Object.fromEntries(Object.entries(groupFieldKinds).map(([kind, row]) => [kind, groupFieldPart(row)])),
  GroupField: {
    schema: groupField,
    tell: () => described("A value computed from a group's rows.", { anyOf: Object.keys(groupFieldKinds).map(ref) }),
  },
  NamedKey: message(namedKey, { fields: { key, name }, needed: ["key", "name"] }),
  IgnoredKey: message(namedKey, { description: "Accepted and ignored." }),
  GroupCondition: message(groupCondition, {
    fields: {
      key,
      operator: oneOf(Object.keys(relations)),
      value: { anyOf: [...["string", "number", "boolean"].map((type) => ({ type })), anyObject, listOf({})] },
    },
    needed: ["key", "operator", "value"],
  }),
  CopiedField: message(projectField, {
    description: "A value of the rows, unchanged or converted.",
    fields: { key, name, operator: described("Converts the value.", oneOf(Object.keys(conversions))), fields: ignored },
    needed: ["key", "name"],
  }),
  ComputedField: {
    schema: projectField,
    tell: (derived) =>
      described(
        "A value computed from other values.",
        tellOperation(derived, { key: { description: ignored }, name }, ["name"]),
      ),
  },
  ProjectField: {
    schema: projectField,
    tell: () => ({ anyOf: [ref("CopiedField"), ref("ComputedField")] }),
  },
  ...operandParts,
};
