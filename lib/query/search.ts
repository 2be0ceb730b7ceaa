/** Finding words and patterns in strings, with bounds on what one query may make of it. */

import { assertWithin, bounds, queryError } from "./bounds.ts";
import { type FilterQuery, patternsOf } from "./query.ts";

/** Whether a text contains any of the words, all in folded case. */
export type TextSearch = (text: string, words: readonly string[]) => boolean;

/**
 * The searches of one query, whose cost is counted together: the engine compares a word anew at every place of a text,
 * so that long words which almost match could take the function's time.
 * @throws ERROR_DB_QUERY (by the search) when they cost too much
 */
export function textSearch(): TextSearch {
  let work = 0;
  return (text, words) =>
    words.some((word) => {
      work += word.length * Math.max(0, text.length - word.length);
      if (work > bounds.textWork.max) assertWithin("textWork", work);
      return text.includes(word);
    });
}

/** Compiles the patterns of one query for an engine whose time is linear in the text, and counts their cost together. */
export interface PatternEngine {
  /** @throws ERROR_DB_QUERY for a pattern that RE2 does not take; the test also when the query's patterns cost too much */
  compile(pattern: string): (text: string) => boolean;
}

/**
 * The engine is loaded only when a pattern comes: most queries have none.
 * @returns `null` where the query has no patterns
 */
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
