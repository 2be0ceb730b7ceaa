/** Runs a stat query: rows go in one by one, the answer comes out. */

import { isObject } from "../base/json.ts";
import { assertWithin } from "../query/bounds.ts";
import type { QueryContext } from "../query/filter.ts";
import { compileFilter } from "../query/filter.ts";
import type { Row } from "../query/path.ts";
import { type Path, someValue } from "../query/path.ts";
import type { Page } from "../query/query.ts";
import { compareValues, keyMaker } from "../query/value.ts";
import { type Shape, type Sink, type Stage, secretShape, toResult, type Usage } from "./stage.ts";
import type { StatisticsQuery } from "./statistics-query.ts";

export interface StatisticsResult {
  /** Rows, or the values of `distinct`. */
  readonly results: readonly unknown[];
  /** The number of results before paging; absent without a page. */
  readonly total_count?: number;
}

interface StatisticsRun {
  /** Returns whether further rows can change the answer. */
  add(row: Row): boolean;
  finish(): StatisticsResult;
}

/** Collects the results: rows, or the values of distinct. */
interface Answer<Value> {
  /** Returns whether more values can change the answer. */
  push(value: Value): boolean;
  /** Only the values of the page. */
  readonly values: readonly Value[];
  /** The number of values pushed; `undefined` without a page. */
  totalCount(): number | undefined;
}

interface DistinctValues {
  add(row: Row): void;
  values(): unknown[];
}

/**
 * Rows must have the values that the filter and `readPaths` name.
 * @throws ERROR_DB_QUERY for an invalid pattern or a date out of range. `add` and `finish` throw it for a value that
 *   an operator does not take, and beyond the limits of memory in lib/query/bounds.ts.
 */
export function compileStatistics(query: StatisticsQuery, context: QueryContext): StatisticsRun {
  const matches = compileFilter(query, context);
  const { aggregation, page } = query;
  const run = aggregation.kind === "stages" ? runStages(aggregation.stages, page) : runDistinct(aggregation.path, page);
  return {
    add: (row) => !matches(row) || run.add(row),
    finish: () => run.finish(),
  };
}

function runStages(stages: readonly Stage[], page: Page | null): StatisticsRun {
  const countUsage = usageCounter();
  const shapes: Shape[] = [secretShape];
  for (const stage of stages) shapes.push(stage.output(shapes.at(-1) ?? secretShape));
  const output = shapes.pop() ?? secretShape;
  const answer = collectAnswer<Row>(page, countUsage());
  const end: Sink = { push: (row) => answer.push(row), end() {} };
  const start = stages.reduceRight(
    (next, stage) => stage.connect(next, shapes.pop() ?? secretShape, countUsage()),
    end,
  );
  return {
    add: (row) => start.push(row),
    finish() {
      start.end();
      return toStatisticsResult(answer, output.toResult);
    },
  };
}

function runDistinct(path: Path | undefined, page: Page | null): StatisticsRun {
  const countUsage = usageCounter();
  const distinct = distinctValues(path, countUsage());
  return {
    add(row) {
      distinct.add(row);
      return true;
    },
    finish() {
      const answer = collectAnswer<unknown>(page, countUsage());
      for (const value of distinct.values()) answer.push(value);
      return toStatisticsResult(answer, toResult);
    },
  };
}

function toStatisticsResult<Value>(answer: Answer<Value>, toShown: (value: Value) => unknown): StatisticsResult {
  const totalCount = answer.totalCount();
  return {
    results: answer.values.map(toShown),
    ...(totalCount === undefined ? {} : { total_count: totalCount }),
  };
}

function collectAnswer<Value>(page: Page | null, usage: Usage): Answer<Value> {
  const { skip, limit } = page ?? { skip: 0, limit: Number.POSITIVE_INFINITY };
  const values: Value[] = [];
  let pushed = 0;
  return {
    push(value) {
      pushed += 1;
      if (pushed > skip && pushed <= skip + limit) {
        usage.charge("heldValues", value);
        values.push(value);
      }
      return true;
    },
    values,
    totalCount: () => (page === null ? undefined : pushed),
  };
}

/** `null` is a value, a missing member is not. An unknown key (`undefined`) has no values. */
function distinctValues(path: Path | undefined, usage: Usage): DistinctValues {
  const found = new Map<unknown, unknown>();
  const toKey = keyMaker();
  const take = (value: unknown): void => {
    const key = toKey(value);
    if (value === undefined || found.has(key)) return;
    usage.charge("heldValues", value);
    found.set(key, value);
  };
  const takeAll = (value: unknown): boolean => {
    if (Array.isArray(value)) value.forEach(take);
    else take(value);
    return false;
  };
  return {
    add: path === undefined ? () => {} : someValue(path, takeAll),
    values: () => [...found.values()].sort(compareValues),
  };
}

/** Makes a counter for each stage of a run. Values are limited stage by stage, bytes for all stages together. */
function usageCounter(): () => Usage {
  let bytes = 0;
  return () => {
    const counts = { groups: 0, heldValues: 0, unwoundRows: 0 };
    return {
      charge(as, value) {
        counts[as] += 1;
        assertWithin(as, counts[as]);
        bytes += weigh(value);
        assertWithin("heldBytes", bytes);
      },
      unwind() {
        counts.unwoundRows += 1;
        assertWithin("unwoundRows", counts.unwoundRows);
      },
    };
  };
}

const memberBytes = 24;

/** Estimates the bytes that a value takes in memory. */
function weigh(value: unknown): number {
  if (typeof value === "string") return memberBytes + value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weigh(item), memberBytes);
  if (!isObject(value)) return memberBytes;
  return Object.keys(value).reduce((sum, name) => sum + name.length + weigh(value[name]), memberBytes);
}
