/** The query of stat, checked: from what was sent to what it means. */

import { SecretError } from "../base/errors.ts";
import { assertWithin } from "../query/bounds.ts";
import { findPath, getPath, type Path, shownFields } from "../query/path.ts";
import type { FilterQuery, Page } from "../query/query.ts";
import type { StatisticsInput } from "./input.ts";
import { type Stage, secretShape } from "./stage.ts";
import { toStage } from "./stages.ts";

export interface StatisticsQuery extends FilterQuery {
  readonly aggregation: Aggregation;
  /** `null` for all rows of the answer. */
  readonly page: Page | null;
}

type Aggregation =
  | { readonly kind: "stages"; readonly stages: readonly Stage[] }
  /** `undefined` for a key that names no field. */
  | { readonly kind: "distinct"; readonly path: Path | undefined };

/** @throws ERROR_REQUIRED_PARAMETER, ERROR_DB_QUERY, ERROR_OPERATOR_… */
export function toStatisticsQuery(input: StatisticsInput): StatisticsQuery {
  const { aggregate, distinct, ...rest } = input;
  if (aggregate.length === 0 && distinct === "")
    throw new SecretError("ERROR_REQUIRED_PARAMETER", { key: "aggregate" });
  assertWithin("stages", aggregate.length);
  const aggregation: Aggregation =
    aggregate.length > 0
      ? { kind: "stages", stages: aggregate.map(toStage) }
      : { kind: "distinct", path: findPath(distinct) };
  return { ...rest, aggregation };
}

/** What `compileStatistics` reads of a row, beside what the filter reads. */
export function readPaths({ aggregation }: StatisticsQuery): readonly Path[] {
  const paths = aggregation.kind === "stages" ? pathsOf(aggregation.stages) : [aggregation.path];
  return paths.filter((path) => path !== undefined);
}

/** Those of the stages up to the first one that makes rows of its own; where none does, secrets are the answer. */
function pathsOf(stages: readonly Stage[]): readonly (Path | undefined)[] {
  const isMaker = (stage: Stage): boolean => stage.output(secretShape) !== secretShape;
  const maker = stages.findIndex(isMaker);
  if (maker === -1) return shownFields.map(({ name }) => getPath(name));
  return stages.slice(0, maker + 1).flatMap(({ reads }) => reads.map(findPath));
}
