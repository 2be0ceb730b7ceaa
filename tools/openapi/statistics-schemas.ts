/** The language of stat as schemas: its operators and bounds are those of lib/stat's and lib/query's tables. */

import { bounds } from "../../lib/query/bounds.ts";
import { relations } from "../../lib/query/value.ts";
import type { ReducerName } from "../../lib/stat/operator-name.ts";
import { arithmetic, conversions } from "../../lib/stat/project.ts";
import { reducers } from "../../lib/stat/reducers.ts";
import { aliased, bool, integer, text } from "./query-forms.ts";
import { filterFields, sortSchema } from "./query-schemas.ts";
import { closed, described, listOf, ref, type Schema, type Schemas } from "./schema.ts";

const key = ref("RowKey");
const name = ref("RowName");

function oneOfNames(table: object): Schema {
  return { type: "string", enum: Object.keys(table) };
}

function reducersThat(does: (reducer: (typeof reducers)[ReducerName]) => boolean): string {
  const rows = Object.entries(reducers).filter(([, reducer]) => does(reducer));
  return rows.map(([reducer]) => `\`${reducer}\``).join(", ");
}

const stageFields = { maxItems: bounds.stageFields.max } as const;

/** What each kind of stage takes. */
const stages: { readonly [kind: string]: Schema } = {
  unwind: described("A row for each element of the array at `path`.", closed({ path: key }, ["path"])),
  group: ref("Group"),
  count: described("One row with the number of rows.", closed({ name }, ["name"])),
  sort: described("One key, or several; rows that are equal stay as they came.", sortSchema(key, 1)),
  project: described("Rows of computed values; the keys of the last group stay, unless excluded.", {
    ...closed({ fields: listOf(ref("ProjectField"), { minItems: 1, ...stageFields }), exclude_keys: bool }, ["fields"]),
  }),
  limit: described("The first rows alone.", integer(1, 2 ** 31 - 1)),
  skip: described("Without the first rows.", integer(0, 2 ** 31 - 1)),
};

const ignored = described("Does not count here.", text);
const operation = described("An operation of `fields`.", oneOfNames(arithmetic));

/** Objects that compute, each with the operators that take as many operands. */
function computations(make: (operator: Schema, fields: Schemas) => Schema): readonly Schema[] {
  const byCount = Map.groupBy(
    Object.entries(arithmetic),
    ([
      ,
      {
        operands: { max },
      },
    ]) => max,
  );
  return [...byCount].map(([max, rows]) => {
    const [[, { operands }] = ["", { operands: { min: 1 } }]] = rows;
    const count = { minItems: operands.min, ...(Number.isFinite(max) && { maxItems: max }) };
    return make({ ...operation, enum: rows.map(([operator]) => operator) }, { fields: listOf(ref("Operand"), count) });
  });
}

/** One of the fields is there and has something in it. */
function oneNotEmpty(fields: { readonly [name: string]: "minItems" | "minLength" }): Schema {
  const anyOf = Object.entries(fields).map(([field, least]) => ({
    required: [field],
    properties: { [field]: { [least]: 1 } },
  }));
  return { anyOf };
}

export const statisticsSchemas: Schemas = {
  StatisticsQuery: described("The language of `stat`; docs/query.md tells what it means.", {
    ...closed({
      ...filterFields,
      aggregate: described("Stages that the rows run through, in their order.", {
        ...listOf(ref("Stage"), { maxItems: bounds.stages.max }),
      }),
      distinct: described("The key whose different values are answered; does not count beside `aggregate`.", text),
    }),
    ...oneNotEmpty({ aggregate: "minItems", distinct: "minLength" }),
  }),
  RowKey: described("A key of the rows that come into a stage.", {
    // No part is empty, or begins an expression.
    ...{ type: "string", pattern: "^(?!\\$)[^.]+(\\.(?!\\$)[^.]+)*$", maxLength: bounds.keyLength.max },
  }),
  RowName: described("What a value is called in the rows that come out of a stage.", {
    ...{ type: "string", pattern: "^(?!\\$)[^.]+$", maxLength: bounds.nameLength.max },
  }),
  Stage: described("One step; its one member tells the kind.", {
    oneOf: Object.entries(stages).map(([kind, options]) => ({ title: kind, ...closed({ [kind]: options }, [kind]) })),
  }),
  Group: described("A row for each combination of `keys`.", {
    ...closed({
      keys: listOf(ref("GroupKey"), { maxItems: bounds.groupKeys.max }),
      fields: listOf(ref("GroupField"), stageFields),
    }),
    ...oneNotEmpty({ keys: "minItems", fields: "minItems" }),
  }),
  GroupKey: aliased({
    needed: { key, name },
    others: {
      date_format: described("`year`, `month`, `day`, or a text with conversions such as `%Y-%m`.", {
        ...{ type: "string", maxLength: bounds.nameLength.max },
      }),
    },
  }),
  GroupField: aliased({
    needed: { name, operator: described("What is computed.", oneOfNames(reducers)) },
    optional: {
      key: described(`What is read of each row; not by ${reducersThat(({ takes }) => takes === "nothing")}.`, text),
    },
    others: {
      fields: described(
        `Of ${reducersThat(({ takes }) => takes === "key or fields")}, for a key: an object's members.`,
        {
          ...listOf(aliased({ optional: { key: text, name: text } })),
        },
      ),
      conditions: described(`Which rows are taken in; by ${reducersThat(({ isConditional }) => isConditional)}.`, {
        ...listOf(ref("GroupCondition")),
      }),
    },
  }),
  GroupCondition: aliased({
    needed: {
      key,
      operator: oneOfNames(relations),
      value: { type: ["string", "number", "boolean", "object", "array"], additionalProperties: true, items: {} },
    },
  }),
  ProjectField: described("A value that is copied, converted or computed.", {
    anyOf: [
      aliased({
        needed: { key, name },
        optional: { operator: described("Converts the value.", oneOfNames(conversions)) },
        others: { fields: described("Do not count here.", listOf(ref("Operand"))) },
      }),
      ...computations((operator, others) =>
        aliased({ needed: { name, operator }, optional: { key: ignored }, others, required: ["fields"] }),
      ),
    ],
  }),
  Operation: described("An operation inside another.", {
    anyOf: computations((operator, others) => aliased({ needed: { operator }, others, required: ["fields"] })),
  }),
  Operand: described(`A key, a number, or an operation, up to ${bounds.expressionDepth.max} levels deep.`, {
    anyOf: [key, { type: "number" }, ref("Operation")],
  }),
};
