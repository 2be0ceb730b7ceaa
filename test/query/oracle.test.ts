/**
 * Compares the language with mingo, another implementation of MongoDB's, on random secrets. The arbitraries and guards
 * leave out cases in which the two are known to differ, and say why.
 */

import fc from "fast-check";
import { Query as MingoQuery } from "mingo";
import { describe, expect, it } from "vitest";
import { isObject, type JsonValue } from "../../lib/base/json.ts";
import {
  asStored,
  type Document,
  flatDocuments,
  nestedDocuments,
  scalar,
  tagKey,
  tagObject,
  tagValue,
} from "./documents.ts";
import { listIds } from "./run-list.ts";

const path: fc.Arbitrary<string> = fc.oneof(
  fc.array(tagKey, { minLength: 1, maxLength: 3 }).map((parts) => ["tags", ...parts].join(".")),
  fc.constantFrom("name", "provider", "schema"),
);
const single = fc.oneof(scalar, tagObject);
/** mingo orders characters beyond the BMP by UTF-16 unit, orders objects by another rule, and never orders null. */
const orderable = scalar.filter((value) => value !== null && !/[\ud800-\uffff]/.test(String(value)));
const text = fc.constantFrom("", "a", "A", "b", "é", "É", "가", "😀", "x y");
/** With an array, mingo compares a list's arrays only with its elements. */
const list = fc.array(single, { maxLength: 3 });

interface Operator {
  readonly operand: fc.Arbitrary<unknown>;
  readonly toMingo: (value: unknown) => object;
}

/** No string here has a special character of patterns. */
const anyCase = (value: unknown) => ({ $regex: String(value), $options: "i" });

const operators: { readonly [name: string]: Operator } = {
  eq: { operand: single, toMingo: (value) => ({ $eq: value }) },
  not: { operand: single, toMingo: (value) => ({ $ne: value }) },
  in: { operand: list, toMingo: (value) => ({ $in: value }) },
  not_in: { operand: list, toMingo: (value) => ({ $nin: value }) },
  lt: { operand: orderable, toMingo: (value) => ({ $lt: value }) },
  lte: { operand: orderable, toMingo: (value) => ({ $lte: value }) },
  gt: { operand: orderable, toMingo: (value) => ({ $gt: value }) },
  gte: { operand: orderable, toMingo: (value) => ({ $gte: value }) },
  exists: { operand: fc.boolean(), toMingo: (value) => ({ $exists: value }) },
  contain: { operand: text, toMingo: anyCase },
  not_contain: { operand: text, toMingo: (value) => ({ $not: anyCase(value) }) },
  match: {
    operand: fc.dictionary(tagKey, tagValue, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    toMingo: (value) => ({
      $elemMatch: Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, { $eq: v }])),
    }),
  },
};
const operatorNames = Object.keys(operators);

interface RandomCondition {
  readonly key: string;
  readonly operator: string;
  readonly value: JsonValue;
}

const condition = (operator: string): fc.Arbitrary<RandomCondition> =>
  fc.record({
    key: path,
    operator: fc.constant(operator),
    value: (operators[operator]?.operand ?? scalar) as fc.Arbitrary<JsonValue>,
  });

const anyCondition = fc.constantFrom(...operatorNames).chain(condition);

function toMingo({ key, operator, value }: RandomCondition): { readonly [key: string]: unknown } {
  return { [key]: operators[operator]?.toMingo(value) };
}

/** Operators that mingo also applies to arrays inside an array's objects. */
const crossing = new Set(["eq", "not", "contain", "not_contain"]);

/**
 * Whether the two agree on the condition. Inside an array, mingo does not see missing keys and, for most operators, the
 * elements of inner arrays. Its $elemMatch treats scalar elements as objects.
 */
function isComparable({ key, operator, value }: RandomCondition, document: Document): boolean {
  const isCrossing = crossesArray(document.tags, key.split(".").slice(1, -1));
  if (isCrossing && (value === null || !crossing.has(operator))) return false;
  if (operator !== "match") return true;
  return (
    [document.tags, ...valuesIn(document.tags)].every((item) => !Array.isArray(item) || item.every(isObject)) &&
    !JSON.stringify(value).includes("null")
  );
}

function crossesArray(value: unknown, parts: readonly string[]): boolean {
  const [part, ...below] = parts;
  if (part === undefined || !isObject(value)) return false;
  const member = value[part];
  return Array.isArray(member) || crossesArray(member, below);
}

function valuesIn(value: unknown): unknown[] {
  const members = typeof value === "object" && value !== null ? Object.values(value) : [];
  return members.flatMap((member: unknown) => [member, ...valuesIn(member)]);
}

function mingoIds(query: { readonly [key: string]: unknown }, documents: readonly Document[]): string[] {
  const mingo = new MingoQuery(query);
  return documents.filter((document) => mingo.test(asStored(document))).map(({ secret_id: id }) => id);
}

const byId = { key: "secret_id" };

describe("a condition matches what mingo matches", () => {
  it.each(operatorNames)("%s", async (operator) => {
    await fc.assert(
      fc.asyncProperty(nestedDocuments, condition(operator), async (documents, one) => {
        const comparable = documents.filter((document) => isComparable(one, document));

        expect(await listIds({ filter: [one], sort: byId }, comparable)).toEqual(mingoIds(toMingo(one), comparable));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a whole query matches what mingo matches", () => {
  const conditions = fc.array(anyCondition, { maxLength: 3 });

  it("whole queries with filter and filter_or match what mingo matches", async () => {
    await fc.assert(
      fc.asyncProperty(nestedDocuments, conditions, conditions, async (documents, filter, filterOr) => {
        const all = [...filter, ...filterOr];
        const comparable = documents.filter((document) => all.every((one) => isComparable(one, document)));
        const theirs = {
          $and: [{}, ...filter.map(toMingo), ...(filterOr.length > 0 ? [{ $or: filterOr.map(toMingo) }] : [])],
        };

        expect(await listIds({ filter, filter_or: filterOr, sort: byId }, comparable)).toEqual(
          mingoIds(theirs, comparable),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("a list is in the order of mingo's sort", () => {
  /** mingo orders characters beyond the BMP by UTF-16 unit. */
  const isInBmp = ({ name, tags }: Document) => !/[\ud800-\uffff]/.test(JSON.stringify([name, tags]));
  const sortKey = fc.record({ key: path.filter((key) => key.split(".").length < 3), desc: fc.boolean() });

  it("by several keys, across types", async () => {
    await fc.assert(
      fc.asyncProperty(
        flatDocuments,
        fc.uniqueArray(sortKey, { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
        async (documents, keys) => {
          const comparable = documents.filter(isInBmp);
          const theirs = new MingoQuery({})
            .find<Document>(comparable.map(asStored))
            .sort({ ...Object.fromEntries(keys.map(({ key, desc }) => [key, desc ? -1 : 1])), secret_id: 1 })
            .all();

          expect(await listIds({ sort: keys }, comparable)).toEqual(theirs.map(({ secret_id: id }) => id));
        },
      ),
      { numRuns: 300 },
    );
  });
});
