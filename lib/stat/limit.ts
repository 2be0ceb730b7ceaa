/** limit and skip. */

import { queryError } from "../query/failure.ts";
import { type Stage, sameShape } from "./stage.ts";

export function limit(rows: number): Stage {
  if (rows <= 0) throw queryError("limit must be above 0");
  return {
    reads: [],
    output: sameShape,
    connect(next) {
      let left = rows;
      return {
        push(row) {
          if (left === 0) return false;
          left -= 1;
          return next.push(row) && left > 0;
        },
        end: () => next.end(),
        wants: rows,
      };
    },
  };
}

export function skip(rows: number): Stage {
  if (rows < 0) throw queryError("skip must not be below 0");
  return {
    reads: [],
    output: sameShape,
    connect(next) {
      let left = rows;
      return {
        push(row) {
          if (left === 0) return next.push(row);
          left -= 1;
          return true;
        },
        end: () => next.end(),
        ...(next.wants === undefined ? {} : { wants: next.wants + rows }),
      };
    },
  };
}
