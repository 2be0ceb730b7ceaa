/** The stages by kind. */

import { count } from "./count.ts";
import { group } from "./group.ts";
import type { StageInput } from "./input.ts";
import { limit, skip } from "./limit.ts";
import { project } from "./project.ts";
import { sort } from "./sort.ts";
import type { Stage } from "./stage.ts";
import { unwind } from "./unwind.ts";

/** @throws ERROR_DB_QUERY */
export function toStage(input: StageInput): Stage {
  switch (input.kind) {
    case "unwind":
      return unwind(input.options);
    case "group":
      return group(input.options);
    case "count":
      return count(input.options);
    case "sort":
      return sort(input.options);
    case "project":
      return project(input.options);
    case "limit":
      return limit(input.options);
    case "skip":
      return skip(input.options);
  }
}
