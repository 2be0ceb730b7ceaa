/** Which rows a query is about. */

import { compileCondition, type QueryContext } from "./compile-condition.ts";
import type { Condition } from "./condition.ts";
import { keywordFields, type Row } from "./model.ts";
import type { FilterQuery } from "./query.ts";
import { foldCase } from "./text.ts";
import { type TextSearch, textSearch } from "./text-search.ts";

type RowTest = (row: Row) => boolean;

/** @throws ERROR_DB_QUERY for an invalid pattern or a moment out of range */
export function compileFilter(query: FilterQuery, context: QueryContext): RowTest {
  const { filter, filterOr, keywords } = query;
  const search = textSearch();
  const compile = (condition: Condition) => compileCondition(condition, { ...context, search });
  const tests = [...filter].sort(byCost).map(compile);
  if (keywords.length > 0) tests.push(containsKeyword(keywords, search));
  if (filterOr.length > 0) tests.push(some([...filterOr].sort(byCost).map(compile)));
  return every(tests);
}

/** Patterns last: each costs about ten times as much as anything else. */
function byCost(a: Condition, b: Condition): number {
  return Number(a.predicate.kind === "pattern") - Number(b.predicate.kind === "pattern");
}

function containsKeyword(words: readonly string[], search: TextSearch): RowTest {
  return (row) =>
    keywordFields.some((field) => {
      const value = row[field];
      return typeof value === "string" && search(foldCase(value), words);
    });
}

function every(tests: readonly RowTest[]): RowTest {
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return tests.length === 2 ? (row) => first(row) && second(row) : (row) => tests.every((test) => test(row));
}

function some(tests: readonly RowTest[]): RowTest {
  const [first] = tests;
  return tests.length === 1 && first !== undefined ? first : (row) => tests.some((test) => test(row));
}
