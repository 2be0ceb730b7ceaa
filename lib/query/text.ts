/** Strings as the language compares them: by code point, and without regard to case. */

const beyondSurrogates = /[\ud800-\uffff]/;
const everyBeyondSurrogates = /[\ud800-\uffff]/g;

/**
 * A text whose order by UTF-16 unit, which is the engine's fast one, is the order of the given text by code point.
 *
 * The two differ only where a surrogate meets a unit above the surrogates: these two ranges change places.
 */
export function toSortable(text: string): string {
  return beyondSurrogates.test(text) ? text.replace(everyBeyondSurrogates, swapRanges) : text;
}

function swapRanges(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** Order by code point. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return toSortable(a) < toSortable(b) ? -1 : 1;
}

/** The form in which two texts are equal when they differ in case only: lower case, every sigma alike. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}
