/** count: one row that tells how many there were, none where there were none. */

import { setMember } from "../query/value.ts";
import type { CountInput } from "./input.ts";
import { toName } from "./names.ts";
import { madeShape } from "./shape.ts";
import type { Stage } from "./stage.ts";

export function count(input: CountInput): Stage {
  const name = toName(input.name, "count");
  return {
    reads: [],
    output: () => madeShape([]),
    connect(next) {
      let rows = 0;
      return {
        push() {
          rows += 1;
          return true;
        },
        end() {
          const row = {};
          setMember(row, name, rows);
          if (rows > 0) next.push(row);
          next.end();
        },
      };
    },
  };
}
