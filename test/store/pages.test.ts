/** Ranges of keys: no key is left out or read twice, and each range is about a page. */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeyRange, splitRest } from "../../lib/store/pages.ts";

/** The order of DynamoDB's keys. */
const isAfter = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other)) > 0;
const holds = ({ after, upTo }: KeyRange, id: string) => isAfter(id, after) && (upTo === null || !isAfter(id, upTo));

const anyId = fc.oneof(
  fc.stringMatching(/^secret-[0-9a-f]{12}$/),
  fc.stringMatching(/^secret-[0-9a-f]{0,3}[^0-9a-f]?.{0,3}$/),
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom("secret-", "secret-000000000000", "secret-000000000001", "secret-ffffffffffff", "a", "z", "𐐀"),
);

describe("splitRest", () => {
  it("returns ranges with every id after the first page once, and none before", () => {
    fc.assert(
      fc.property(anyId, fc.array(anyId, { minLength: 1, maxLength: 50 }), (last, ids) => {
        const ranges = splitRest(last);

        expect(ids.map((id) => ranges.filter((range) => holds(range, id)).length)).toEqual(
          ids.map((id) => (isAfter(id, last) ? 1 : 0)),
        );
      }),
    );
  });

  it("returns adjacent ranges in key order", () => {
    fc.assert(
      fc.property(anyId, (last) => {
        const ranges = splitRest(last);

        expect(ranges.map(({ after }) => after)).toEqual([last, ...ranges.slice(0, -1).map(({ upTo }) => upTo)]);
        expect(ranges.at(-1)?.upTo).toBeNull();
        expect(ranges.every(({ after, upTo }) => upTo === null || isAfter(upTo, after))).toBe(true);
      }),
    );
  });

  it.each([
    ["secret-ffffffffffff", 1],
    ["secret-e00000000000", 1],
    ["secret-800000000000", 2],
    ["secret-400000000000", 4],
    ["secret-080000000000", 38],
    ["secret-020000000000", 77],
    ["secret-000000000000", 128],
    ["a", 128],
    ["z", 1],
  ])("after %s returns %d ranges", (last, count) => {
    expect(splitRest(last)).toHaveLength(count);
  });

  it.each([2, 3, 9, 20, 64, 100, 130, 400])("reads %d pages of uniform ids with few extra requests", (pages) => {
    const rowsPerPage = 300;
    const ids = Array.from(
      { length: pages * rowsPerPage },
      (_, index) => `secret-${createHash("sha256").update(String(index)).digest("hex").slice(0, 12)}`,
    ).toSorted();

    const ranges = splitRest(ids[rowsPerPage - 1] ?? "");
    // The ids are ASCII and sorted, so the end of a range gives the number of its ids.
    const ends = ranges.map(({ upTo }) => (upTo === null ? ids.length : ids.findLastIndex((id) => id <= upTo) + 1));
    const requests = ends.map((end, index) => Math.ceil((end - (ends[index - 1] ?? rowsPerPage)) / rowsPerPage) || 1);

    expect(requests.reduce((sum, count) => sum + count, 1)).toBeLessThanOrEqual(Math.ceil(pages * 1.35) + 1);
    // Sixteen at a time, the longest chain is shorter than with eight perfect ranges.
    expect(1 + Math.ceil(ranges.length / 16) * Math.max(...requests)).toBeLessThanOrEqual(Math.max(2, 1 + pages / 8));
  });
});
