/**
 * Compares aggregation with mingo, another implementation of MongoDB's, on random secrets. The arbitraries leave out
 * cases in which the two are known to differ, and say why.
 */

import fc from "fast-check";
import { aggregate } from "mingo";
import { describe, expect, it } from "vitest";
import { isObject } from "../../lib/base/json.ts";
import { asStored, type Document, flatDocuments, nestedDocuments, tagKey } from "../query/documents.ts";
import { isSame } from "../vectors/compare.ts";
import { runStat } from "./run-stat.ts";

type Pipeline = Parameters<typeof aggregate>[1];

interface RandomStage {
  readonly ours: object;
  readonly theirs: Pipeline[number];
}

/** These fields are never missing. */
const field = fc.constantFrom("provider", "schema", "name");
const key = fc.oneof(
  tagKey.map((tag) => `tags.${tag}`),
  field,
);

const unwind: RandomStage = { ours: { unwind: { path: "tags.a" } }, theirs: { $unwind: "$tags.a" } };
const project: RandomStage = {
  ours: {
    project: {
      fields: [
        { k: "secret_id", n: "id" },
        { k: "tags.a", n: "a" },
        { k: "tags.b.c", n: "c" },
      ],
    },
  },
  theirs: { $project: { _id: 0, id: "$secret_id", a: "$tags.a", c: "$tags.b.c" } },
};
/** Sorts by fields that are scalars in every row, because mingo orders arrays by another rule. */
const sort = fc
  .uniqueArray(fc.record({ key: field, desc: fc.boolean() }), { minLength: 1, selector: (one) => one.key })
  .map(
    (keys): RandomStage => ({
      ours: { sort: { keys } },
      theirs: { $sort: Object.fromEntries(keys.map(({ key: name, desc }) => [name, desc ? -1 : 1])) },
    }),
  );
const cut: fc.Arbitrary<RandomStage> = fc.oneof(
  sort,
  fc.integer({ min: 0, max: 4 }).map((rows) => ({ ours: { skip: rows }, theirs: { $skip: rows } })),
  fc.integer({ min: 1, max: 8 }).map((rows) => ({ ours: { limit: rows }, theirs: { $limit: rows } })),
);

const number = fc.constantFrom<unknown>(0, 1, -2, 2.5, 10, null);

interface Operation {
  readonly ours: { readonly operator: string; readonly fields: readonly unknown[] };
  readonly theirs: object;
}

/** No divisor can be 0, which is an error. */
const { operation } = fc.letrec<{ operation: Operation; operand: { ours: unknown; theirs: unknown } }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("a", "b").map((tag) => ({ ours: `tags.${tag}`, theirs: `$tags.${tag}` })),
    fc.constantFrom(1, 2.5, -3).map((value) => ({ ours: value, theirs: value })),
    tie("operation"),
  ),
  operation: fc
    .tuple(fc.constantFrom("add", "subtract", "multiply", "divide"), tie("operand"), tie("operand"))
    .map(([operator, a, b]) => {
      const second = operator === "divide" ? { ours: 4, theirs: 4 } : b;
      return {
        ours: { operator, fields: [a.ours, second.ours] },
        theirs: { [`$${operator}`]: [a.theirs, second.theirs] },
      };
    }),
}));

/** mingo orders characters beyond the BMP by UTF-16 unit. */
function isInBmp({ name, tags }: Document): boolean {
  return !/[\ud800-\uffff]/.test(JSON.stringify([name, tags]));
}

interface Reducer {
  /** mingo collects missing values as null. MongoDB and this service leave them out. */
  readonly of: fc.Arbitrary<string>;
  readonly toMingo: (key: string) => object;
}

const reducers: { readonly [operator: string]: Reducer } = {
  count: { of: key, toMingo: () => ({ $sum: 1 }) },
  sum: { of: key, toMingo: (of) => ({ $sum: `$${of}` }) },
  average: { of: key, toMingo: (of) => ({ $avg: `$${of}` }) },
  max: { of: key, toMingo: (of) => ({ $max: `$${of}` }) },
  min: { of: key, toMingo: (of) => ({ $min: `$${of}` }) },
  first: { of: key, toMingo: (of) => ({ $first: `$${of}` }) },
  last: { of: key, toMingo: (of) => ({ $last: `$${of}` }) },
  push: { of: field, toMingo: (of) => ({ $push: `$${of}` }) },
  add_to_set: { of: field, toMingo: (of) => ({ $addToSet: `$${of}` }) },
};

const groupField = fc
  .constantFrom(...Object.entries(reducers))
  .chain(([operator, { of, toMingo }]) => of.map((k) => ({ ours: { o: operator, k }, theirs: toMingo(k) })));

/** With one key, mingo groups by the plain value, in which null also stands for missing. */
const group: fc.Arbitrary<RandomStage> = fc
  .record({ by: fc.uniqueArray(key, { minLength: 1, maxLength: 2 }), fields: fc.array(groupField, { maxLength: 3 }) })
  .map(({ by, fields }) => ({
    ours: {
      group: {
        keys: by.map((k, index) => ({ k, n: `k${index}` })),
        fields: fields.map(({ ours }, index) => ({ ...ours, n: `f${index}` })),
      },
    },
    theirs: {
      $group: {
        _id: by.length === 1 ? `$${by[0]}` : Object.fromEntries(by.map((k, index) => [`k${index}`, `$${k}`])),
        ...Object.fromEntries(fields.map(({ theirs }, index) => [`f${index}`, theirs])),
      },
    },
  }));

/** Converts mingo's rows to the service's form: keys beside fields. */
function flatten(row: object): object {
  const { _id: id, ...fields } = row as { readonly _id?: unknown };
  return isObject(id) ? { ...id, ...fields } : { k0: id ?? null, ...fields };
}

async function assertSame(
  stages: readonly RandomStage[],
  documents: readonly Document[],
  adapt = (row: object) => row,
): Promise<void> {
  const { results } = await runStat({ aggregate: stages.map((stage) => stage.ours) }, documents);
  const rows = aggregate(
    documents.map(asStored),
    stages.map((stage) => stage.theirs),
  ).map(adapt);
  // Compared as JSON: with mingo, a missing value is a member that is `undefined`, and 0 may be negative.
  const [ours, theirs]: readonly unknown[] = JSON.parse(JSON.stringify([results, rows]));

  expect({ ours, isSame: isSame(ours, theirs) }).toEqual({ ours: theirs, isSame: true });
}

/** Values that mingo unwinds to no row. MongoDB and this service give one. */
function isEmpty(value: unknown): boolean {
  return value === "" || (isObject(value) && Object.keys(value).length === 0);
}

describe("stages return what mingo returns", () => {
  it("group, in the order in which groups appear", async () => {
    await fc.assert(
      fc.asyncProperty(flatDocuments, group, async (documents, stage) => {
        await assertSame([stage], documents.filter(isInBmp), flatten);
      }),
      { numRuns: 300 },
    );
  });

  it("unwind, sort, skip, limit and project", async () => {
    await fc.assert(
      fc.asyncProperty(
        nestedDocuments,
        fc.array(cut, { maxLength: 4 }),
        fc.boolean(),
        async (documents, cuts, isUnwound) => {
          const comparable = documents.filter((document) => isInBmp(document) && !isEmpty(document.tags["a"]));

          await assertSame([...(isUnwound ? [unwind] : []), ...cuts, project], comparable);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("project's arithmetic", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ a: number, b: number }, { requiredKeys: [] }), { maxLength: 4 }),
        operation,
        async (tags, { ours, theirs }) => {
          const documents = tags.map((one, index) => ({ secret_id: `${index}`, name: "", tags: one }));

          await assertSame(
            [{ ours: { project: { fields: [{ ...ours, name: "x" }] } }, theirs: { $project: { _id: 0, x: theirs } } }],
            documents,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
