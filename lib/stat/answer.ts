/** The end of a statistics query: its page is kept, and all are counted. */

import type { Page } from "../query/query.ts";
import type { Usage } from "./usage.ts";

/** Collects rows, or the values of distinct. */
export interface Answer<Value> {
  /** Whether more can change the answer. */
  push(value: Value): boolean;
  /** Those of the page. */
  readonly values: readonly Value[];
  /** All that were pushed; `undefined` without a page. */
  totalCount(): number | undefined;
}

export function collectAnswer<Value>(page: Page | null, usage: Usage): Answer<Value> {
  const { skip, limit } = page ?? { skip: 0, limit: Number.POSITIVE_INFINITY };
  const values: Value[] = [];
  let pushed = 0;
  return {
    push(value) {
      pushed += 1;
      if (pushed > skip && pushed <= skip + limit) {
        usage.hold("heldValues", value);
        values.push(value);
      }
      return true;
    },
    values,
    totalCount: () => (page === null ? undefined : pushed),
  };
}
