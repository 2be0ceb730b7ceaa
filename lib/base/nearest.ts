/** What a mistyped name was probably meant to be. */

/** Of shorter words too many are alike. */
const minLength = 3;

/** Nothing that we name is as long; bounds the work, which grows with the square. */
const maxLength = 40;

/** `, did you mean "name"?`, or nothing where no name is near. */
export function suggest(word: string, names: Iterable<string>): string {
  const nearest = findNearest(word, names);
  return nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`;
}

/** @returns the name that differs from the word in case or in at most a third of its characters, if there is one */
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

/** Characters to insert, delete, replace, or swap with the next (optimal string alignment). */
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
