/** Cuts what remains of a domain after its first page into ranges of `secret_id` that can be read side by side. */

/** Ids after `after`, up to and including `upTo`; `null`: to the end. */
export interface KeyRange {
  readonly after: string;
  readonly upTo: string | null;
}

const prefix = "secret-";
const hexDigits = 12;
const idSpace = 16 ** hexDigits;

/** What is taken for a page is somewhat less than one, so that few ranges need one request more than planned. */
const pageShare = 1 / 1.2;
const maxRanges = 128;
/** Stands for as many pages as cannot be told: where the service's ids have not even begun. */
const manyPages = 1e6;

/**
 * The ranges after a first page, in key order, without gap or overlap over all ids there can be. The service's own ids
 * are uniform: how far a page got tells how many more there are. Other ids only make ranges uneven.
 */
export function splitRest(lastOfFirstPage: string): KeyRange[] {
  const read = positionOf(lastOfFirstPage);
  const pages = Math.min(manyPages, (1 - read) / read / pageShare);
  const pagesPerRange = Math.max(1, Math.ceil(pages / maxRanges));
  const count = Math.max(1, Math.ceil(pages / pagesPerRange));
  const cuts = Array.from({ length: count - 1 }, (_, index) => idAt(read + ((1 - read) * (index + 1)) / count));
  const starts = [lastOfFirstPage, ...new Set(cuts.filter((cut) => cut > lastOfFirstPage))];
  return starts.map((after, index) => ({ after, upTo: starts[index + 1] ?? null }));
}

/** Where an id lies among those that the service can make, from 0 to 1. */
function positionOf(id: string): number {
  if (!id.startsWith(prefix)) return id < prefix ? 0 : 1;
  const digits = /^[0-9a-f]{0,12}/.exec(id.slice(prefix.length))?.[0] ?? "";
  return Number.parseInt(digits.padEnd(hexDigits, "0"), 16) / idSpace;
}

function idAt(position: number): string {
  return (
    prefix +
    Math.floor(position * idSpace)
      .toString(16)
      .padStart(hexDigits, "0")
  );
}
