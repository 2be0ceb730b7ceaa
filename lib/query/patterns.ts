/**
 * Patterns of callers, run by an engine whose time is linear in the text. The engine is loaded only when a pattern
 * comes: most queries have none.
 */

import { assertWithin, bounds } from "./bounds.ts";
import { queryError } from "./failure.ts";
import type { FilterQuery } from "./query.ts";
import { patternsOf } from "./query.ts";

/** Compiles the patterns of one query, and counts what they cost together. */
export interface PatternEngine {
  /** @throws ERROR_DB_QUERY for a pattern that RE2 does not take; the test also when the query's patterns cost too much */
  compile(pattern: string): (text: string) => boolean;
}

/** @returns `null` where the query has no patterns */
export async function loadPatterns(query: FilterQuery): Promise<PatternEngine | null> {
  if (patternsOf(query).length === 0) return null;
  const { RE2JS } = await import("re2js");
  let work = 0;
  return {
    compile(pattern) {
      const compiled = compileOrFail(() => RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE));
      const size = compiled.programSize();
      assertWithin("patternSize", size);
      return (text) => {
        work += text.length * size;
        if (work > bounds.patternWork.max) assertWithin("patternWork", work);
        return compiled.test(text);
      };
    },
  };
}

function compileOrFail<Compiled>(compile: () => Compiled): Compiled {
  try {
    return compile();
  } catch {
    // The engine's message quotes the pattern, which is a value.
    throw queryError("a pattern is invalid: RE2 syntax, without look-around and back-references");
  }
}
