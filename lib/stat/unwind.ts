/** unwind: a row for each element of an array. */

import { isObject } from "../base/json.ts";
import type { Row } from "../query/model.ts";
import { splitKey } from "../query/path.ts";
import type { UnwindInput } from "./input.ts";
import { toKey } from "./names.ts";
import { type Stage, sameShape } from "./stage.ts";

/** A value that is no array counts as one element; without a value, or with an empty array, there is no row. */
export function unwind({ path }: UnwindInput): Stage {
  const key = toKey(path, "unwind");
  const parts = splitKey(key);
  return {
    reads: [key],
    output: sameShape,
    connect(next, input, usage) {
      const read = input.reader(key);
      return {
        push(row) {
          const value = isReachable(row, parts) ? (read(row) ?? []) : [];
          if (!Array.isArray(value)) return next.push(row);
          return value.every((item) => {
            usage.unwind();
            return next.push(withValue(row, parts, item) as Row);
          });
        },
        end: () => next.end(),
      };
    },
  };
}

/** An array on the way has no one place to put an element. */
function isReachable(row: Row, parts: readonly string[]): boolean {
  let value: unknown = row;
  return parts.slice(0, -1).every((part) => {
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    return !Array.isArray(value);
  });
}

/** A copy of the objects on the way, the rest is shared. */
function withValue(holder: unknown, [part, ...below]: readonly string[], value: unknown): unknown {
  if (part === undefined || !isObject(holder)) return value;
  return { ...holder, [part]: withValue(holder[part], below, value) };
}
