/** The checked form of a stat query. */

import { findPath, getPath, type Path, shownFields } from "../query/path.ts";
import type { FilterQuery, Page } from "../query/query.ts";
import { type Stage, secretShape } from "./stage.ts";

export interface StatisticsQuery extends FilterQuery {
  readonly aggregation: Aggregation;
  /** `null`: all results. */
  readonly page: Page | null;
}

type Aggregation =
  | { readonly kind: "stages"; readonly stages: readonly Stage[] }
  /** `undefined`: the key names no field. */
  | { readonly kind: "distinct"; readonly path: Path | undefined };

/** The paths that `compileStatistics` reads from a row, apart from those of the filter. */
export function readPaths({ aggregation }: StatisticsQuery): readonly Path[] {
  const paths = aggregation.kind === "stages" ? pathsOf(aggregation.stages) : [aggregation.path];
  return paths.filter((path) => path !== undefined);
}

/** After the first stage that makes rows, nothing of the secret is read. If none does, the answer shows the secrets. */
function pathsOf(stages: readonly Stage[]): readonly (Path | undefined)[] {
  const isMaker = (stage: Stage): boolean => stage.output(secretShape) !== secretShape;
  const maker = stages.findIndex(isMaker);
  if (maker === -1) return shownFields.map(({ name }) => getPath(name));
  return stages.slice(0, maker + 1).flatMap(({ reads }) => reads.map(findPath));
}
