/** Compiles checked conditions into one test of rows. */

import { isObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { resolveDate } from "./date.ts";
import type { Comparison } from "./operator-name.ts";
import type { Predicate } from "./operators.ts";
import { keywordFields, type Row, someMember, someValue, type ValueTest } from "./path.ts";
import type { Condition, FilterQuery } from "./query.ts";
import { type PatternEngine, type TextSearch, textSearch } from "./search.ts";
import { compareValues, foldCase, rankOf, relations, toCanonicalText } from "./value.ts";

export interface QueryContext {
  /** The moment that timediff operators count from. */
  readonly now: Date;
  /** From `loadPatterns` of the same query. */
  readonly patterns: PatternEngine | null;
}

/** All conditions of a query share one search, which adds up their cost. */
interface FilterContext extends QueryContext {
  readonly search: TextSearch;
}

type RowTest = (row: Row) => boolean;

/** @throws ERROR_DB_QUERY for an invalid pattern or a date out of range */
export function compileFilter(query: FilterQuery, context: QueryContext): RowTest {
  const { filter, filterOr, keywords } = query;
  const search = textSearch();
  const compile = (condition: Condition) => compileCondition(condition, { ...context, search });
  const tests = [...filter].sort(byCost).map(compile);
  if (keywords.length > 0) tests.push(containsKeyword(keywords, search));
  if (filterOr.length > 0) tests.push(some([...filterOr].sort(byCost).map(compile)));
  return every(tests);
}

/** Patterns come last: each costs about ten times as much as any other condition. */
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

function compileCondition(condition: Condition, context: FilterContext): RowTest {
  const { path, predicate, negated } = condition;
  const test = compilePredicate(predicate, context);
  if (path === null || isTextOnDate(condition)) return () => negated;
  const matches = someValue(path, test);
  return negated ? (row) => !matches(row) : matches;
}

/** No substring or pattern matches a date: dates are strings in rows only. */
function isTextOnDate({ path, predicate }: Condition): boolean {
  return path?.field.kind === "date" && (predicate.kind === "text" || predicate.kind === "pattern");
}

function compilePredicate(predicate: Predicate, context: FilterContext): ValueTest {
  switch (predicate.kind) {
    case "equal":
      return orElement(equalTo(predicate.values));
    case "order":
      return orElement(ordered(predicate.comparison, predicate.value));
    case "relative date":
      return ordered(predicate.comparison, resolveDate(predicate.date, context.now).toISOString());
    case "text":
      return orElement(containing(predicate, context.search));
    case "pattern":
      return orElement(found(predicate.patterns, context.patterns));
    case "exists":
      return (value) => value !== undefined;
    case "element":
      return withElement(predicate.members);
  }
}

/** An array is tested as a whole and element by element. */
function orElement(test: ValueTest): ValueTest {
  return (value) => (Array.isArray(value) && value.some(test)) || test(value);
}

function equalTo(values: readonly JsonValue[]): ValueTest {
  const scalars = new Set<unknown>(values.filter((value) => !isContainer(value)));
  if (scalars.has(null)) scalars.add(undefined);
  const [only] = scalars;
  const isScalar: ValueTest = scalars.size === 1 ? (value) => value === only : (value) => scalars.has(value);
  const containers = new Set(values.filter(isContainer).map(toCanonicalText));
  if (containers.size === 0) return isScalar;
  return (value) => (isContainer(value) ? containers.has(toCanonicalText(value)) : isScalar(value));
}

function isContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function ordered(comparison: Comparison, operand: JsonValue): ValueTest {
  const holds = relations[comparison];
  const rank = rankOf(operand);
  return (value) => rankOf(value) === rank && holds(compareValues(value, operand));
}

function containing({ words, values }: Extract<Predicate, { kind: "text" }>, search: TextSearch): ValueTest {
  const folded = words.map(foldCase);
  const whole: readonly unknown[] = values;
  return (value) => (typeof value === "string" ? search(foldCase(value), folded) : whole.includes(value));
}

function found(patterns: readonly string[], engine: PatternEngine | null): ValueTest {
  const tests = patterns.map((pattern) => {
    if (engine === null) throw new TypeError("a query with patterns is compiled without loadPatterns");
    return engine.compile(pattern);
  });
  return (value) => typeof value === "string" && tests.some((test) => test(value));
}

function withElement(members: JsonObject): ValueTest {
  const tests = Object.entries(members).map(([key, value]) => someMember(key, orElement(equalTo([value]))));
  return (value) => Array.isArray(value) && value.some((item) => isObject(item) && tests.every((test) => test(item)));
}
