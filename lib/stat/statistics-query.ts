/** The query of stat, checked: from what was sent to what it means. */

import { findPath, getPath, type Path, shownFields } from "../query/path.ts";
import type { FilterQuery, Page } from "../query/query.ts";
import { type Stage, secretShape } from "./stage.ts";

export interface StatisticsQuery extends FilterQuery {
  readonly aggregation: Aggregation;
  /** `null` for all rows of the answer. */
  readonly page: Page | null;
}

type Aggregation =
  | { readonly kind: "stages"; readonly stages: readonly Stage[] }
  /** `undefined` for a key that names no field. */
  | { readonly kind: "distinct"; readonly path: Path | undefined };

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
