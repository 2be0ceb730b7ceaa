/** Which attributes a statistics query reads, so that no others need be fetched. */

import { shownFields } from "../query/model.ts";
import { findPath, getPath, type Path } from "../query/path.ts";
import type { AttributePath } from "../query/pushed-condition.ts";
import { filteredPaths, toAttributes } from "../query/referenced.ts";
import { secretShape } from "./shape.ts";
import type { Stage } from "./stage.ts";
import type { StatisticsQuery } from "./statistics-query.ts";

/** What `compileStatistics` reads of a row. */
export function referencedByStatistics(query: StatisticsQuery): readonly AttributePath[] {
  const { aggregation } = query;
  const aggregated = aggregation.kind === "stages" ? pathsOf(aggregation.stages) : [aggregation.path];
  return toAttributes([...filteredPaths(query), ...aggregated].filter((path) => path !== undefined));
}

/** Those of the stages up to the first one that makes rows of its own; where none does, secrets are the answer. */
function pathsOf(stages: readonly Stage[]): readonly (Path | undefined)[] {
  const isMaker = (stage: Stage): boolean => stage.output(secretShape) !== secretShape;
  const maker = stages.findIndex(isMaker);
  if (maker === -1) return shownFields.map(({ name }) => getPath(name));
  return stages.slice(0, maker + 1).flatMap(({ reads }) => reads.map(findPath));
}
