/** Guesses what a mistyped name was meant to be. */

/** Shorter words have too many similar names. */
const minLength = 3;

/** No name here is longer. Bounds the work, which grows with the square of the length. */
const maxLength = 40;

/** Returns `, did you mean "name"?`, or an empty string if no name is similar. */
export function suggest(word: string, names: Iterable<string>): string {
  const nearest = findNearest(word, names);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

/** Returns the closest name that differs in at most a third of the word's characters; case does not count. */
function findNearest(word: string, names: Iterable<string>): string | undefined {
  if (word.length < minLength || word.length > maxLength) return undefined;
  let nearest: string | undefined;
  let least = Math.floor(word.length / 3) + 1;
  for (const name of names) {
    if (name.length < minLength) continue;
    const distance = countEdits(word.toLowerCase(), name);
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** The number of characters to insert, delete, replace or swap with the next (optimal string alignment distance). */
function countEdits(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const edits = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      edits[column] = Math.min(
        at(above, column) + 1,
        at(edits, column - 1) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, above] = [above, edits];
  }
  return at(above, b.length);
}

function at(edits: readonly number[], index: number): number {
  return edits[index] ?? Number.POSITIVE_INFINITY;
}
