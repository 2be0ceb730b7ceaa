/** What one run holds in memory, counted against the bounds. */

import { isObject } from "../base/json.ts";
import { assertWithin } from "../query/bounds.ts";

/** Counts what one stage holds. */
export interface Usage {
  /** @throws ERROR_DB_QUERY */
  hold(as: "groups" | "heldValues", value: unknown): void;
  /** @throws ERROR_DB_QUERY */
  unwind(): void;
}

/** Makes the counters of the stages of one run: values are counted stage by stage, bytes for all of them. */
export function usageCounter(): () => Usage {
  let bytes = 0;
  return () => {
    const counts = { groups: 0, heldValues: 0, unwoundRows: 0 };
    return {
      hold(as, value) {
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

/** Roughly the bytes of a value; texts count most. */
function weigh(value: unknown): number {
  if (typeof value === "string") return memberBytes + value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weigh(item), memberBytes);
  if (!isObject(value)) return memberBytes;
  return Object.keys(value).reduce((sum, name) => sum + name.length + weigh(value[name]), memberBytes);
}
