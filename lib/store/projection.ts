/** Which attributes a read brings, as DynamoDB's projection expression. */

import type { AttributePath } from "../query/push-down.ts";

export interface Projection {
  readonly text: string;
  readonly names: { readonly [placeholder: string]: string };
}

/** DynamoDB's limits. */
const maxLevels = 32;
const maxTextLength = 4096;

/** These paths and the row's id; more than that where the paths are too deep or too many for a request. */
export function toProjection(paths: readonly AttributePath[]): Projection {
  const wanted: readonly AttributePath[] = [["secret_id"], ...paths];
  const exact = render(withoutOverlaps(wanted.map((path) => path.slice(0, maxLevels))));
  return exact.text.length <= maxTextLength ? exact : render(withoutOverlaps(wanted.map(([field]) => [field])));
}

/** DynamoDB refuses a path beside one that it is part of, and empty segments, which lead nowhere. */
function withoutOverlaps(paths: readonly (readonly string[])[]): (readonly string[])[] {
  const distinct = new Map(paths.map((path) => [JSON.stringify(path), path]));
  const isCovered = (path: readonly string[]) =>
    path.some((_, length) => length > 0 && distinct.has(JSON.stringify(path.slice(0, length))));
  return [...distinct.values()].filter((path) => !path.includes("") && !isCovered(path));
}

function render(paths: readonly (readonly string[])[]): Projection {
  const segments = [...new Set(paths.flat())];
  const placeholders = new Map(segments.map((segment, index) => [segment, `#p${index}`]));
  return {
    text: paths.map((path) => path.map((segment) => placeholders.get(segment)).join(".")).join(", "),
    names: Object.fromEntries(segments.map((segment, index) => [`#p${index}`, segment])),
  };
}
