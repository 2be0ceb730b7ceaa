/** Running a query of stat: rows go in one by one, the answer comes out. */

import type { QueryContext } from "../query/compile-condition.ts";
import { compileFilter } from "../query/filter.ts";
import type { Row } from "../query/model.ts";
import type { Path } from "../query/path.ts";
import type { Page } from "../query/query.ts";
import { type Answer, collectAnswer } from "./answer.ts";
import { distinctValues } from "./distinct.ts";
import { toResult } from "./result.ts";
import { type Shape, secretShape } from "./shape.ts";
import type { Sink, Stage } from "./stage.ts";
import type { StatisticsQuery } from "./statistics-query.ts";
import { usageCounter } from "./usage.ts";

export interface StatisticsResult {
  /** Objects, or the values of `distinct`. */
  readonly results: readonly unknown[];
  /** Rows of the answer before paging; only with a page. */
  readonly total_count?: number;
}

interface StatisticsRun {
  /** Whether further rows can change the answer. */
  add(row: Row): boolean;
  finish(): StatisticsResult;
}

/**
 * Rows must have the attributes of `referencedByStatistics`.
 * @throws ERROR_DB_QUERY for an invalid pattern or a moment out of range; `add` and `finish` for a value that an
 *   operator does not take, and when too much would have to be held
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
