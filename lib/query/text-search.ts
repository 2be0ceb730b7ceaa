/** Finding words in texts, with a bound on what one query may make of it. */

import { assertWithin, bounds } from "./bounds.ts";

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
