/** Finds words and patterns in strings, and limits the time that one query may spend on this. */

import { assertWithin, bounds, queryError } from "./bounds.ts";
import { type FilterQuery, patternsOf } from "./query.ts";

/** Whether a string contains any of the words, all in folded case. */
export type TextSearch = (text: string, words: readonly string[]) => boolean;

/**
 * Makes the search of one query, and adds up its cost. JavaScript compares a word again at every position of a string,
 * so long words that almost match could use up the function's time.
 * @throws ERROR_DB_QUERY (by the search) if the query's words cost too much
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

/** Compiles the patterns of one query for a linear-time engine, and counts their cost together. */
export interface PatternEngine {
  /**
   * @throws ERROR_DB_QUERY for a pattern that RE2 does not accept. The test throws it if the patterns cost too much.
   */
  compile(pattern: string): (text: string) => boolean;
}

/**
 * Loads the engine only if the query has patterns. Most have none.
 * @returns `null` for a query without patterns
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
