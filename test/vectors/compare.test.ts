/** The comparison of answers with test vectors must be able to fail. */

import { describe, expect, it } from "vitest";
import { findDifferences, secrets, type Outcome, type Vector } from "./compare.ts";

const [first, second] = secrets;
const ids = [first, second].map((secret) => String(secret?.["secret_id"]));

function vector(parts: Partial<Vector>): Vector {
  return { id: "v", method: "list", request: {}, expect: {}, ordered: true, ...parts };
}

describe("an answer matches the expected one", () => {
  it.each<readonly [string, Partial<Vector>, Outcome]>([
    [
      "with just the rows",
      { expect: { secret_ids: ids, total_count: 2 } },
      { results: [first, second], total_count: 2 },
    ],
    [
      "with unset fields in any form",
      { expect: { results: [{ name: "a" }] } },
      { results: [{ name: "a", schema: null, provider: "", tags: {} }] },
    ],
    ["in any order, if the order is free", { expect: { secret_ids: ids }, ordered: false }, { results: [second, first] }],
    [
      "with numbers that adding in another order gives",
      { method: "stat", expect: { results: [{ n: 0.3 }] } },
      { results: [{ n: 0.1 + 0.2 }] },
    ],
    [
      "with arrays in any order, where that is free",
      { method: "stat", expect: { results: [{ a: [1, 2] }] }, unordered_arrays: ["a"] },
      { results: [{ a: [2, 1] }] },
    ],
    [
      "sorted by what is sorted at least",
      { expect: { results: [{ p: null }, { p: "a" }] }, ordered: false, order_keys: [["p", 1]] },
      { results: [{}, { p: "a" }] },
    ],
    ["with the error", { expect: { error: "ERROR_DB_QUERY" } }, { code: "ERROR_DB_QUERY" }],
    ["with any error of the caller's", { expect: { error: "*" } }, { code: "ERROR_INVALID_PARAMETER" }],
  ])("%s", (_, parts, outcome) => {
    expect(findDifferences(vector(parts), outcome)).toEqual([]);
  });
});

describe("an answer does not match the expected one", () => {
  it.each<readonly [string, Partial<Vector>, Outcome]>([
    ["with a row too few", { expect: { secret_ids: ids } }, { results: [first] }],
    ["with a row too many", { expect: { secret_ids: [] } }, { results: [first] }],
    ["in a different order", { expect: { secret_ids: ids } }, { results: [second, first] }],
    ["with one row twice instead of two", { expect: { secret_ids: ids }, ordered: false }, { results: [first, first] }],
    ["with a different value", { expect: { secret_ids: ids } }, { results: [{ ...first, name: "x" }, second] }],
    ["with a value too many", { expect: { secret_ids: ids } }, { results: [{ ...first, version: 1 }, second] }],
    ["with a different count", { expect: { secret_ids: [], total_count: 1 } }, { results: [], total_count: 0 }],
    ["without a count", { expect: { secret_ids: [], total_count: 0 } }, { results: [] }],
    [
      "with null for what is absent in statistics",
      { method: "stat", expect: { results: [{}] } },
      { results: [{ a: null }] },
    ],
    ["with a string instead of a number", { method: "stat", expect: { results: [{ a: 1 }] } }, { results: [{ a: "1" }] }],
    ["with a number that is off", { method: "stat", expect: { results: [{ a: 1 }] } }, { results: [{ a: 1.000001 }] }],
    [
      "with an array in another order",
      { method: "stat", expect: { results: [{ a: [1, 2] }] } },
      { results: [{ a: [2, 1] }] },
    ],
    [
      "unsorted",
      { expect: { results: [{ p: "a" }, { p: null }] }, ordered: false, order_keys: [["p", 1]] },
      { results: [{ p: "a" }, {}] },
    ],
    ["with an error", { expect: { secret_ids: [] } }, { code: "ERROR_DB_QUERY" }],
    ["with a different error", { expect: { error: "ERROR_DB_QUERY" } }, { code: "ERROR_NOT_FOUND" }],
    ["with an error that is not the caller's", { expect: { error: "*" } }, { code: "ERROR_NOT_FOUND" }],
    ["with rows instead of an error", { expect: { error: "*" } }, { results: [] }],
  ])("%s", (_, parts, outcome) => {
    expect(findDifferences(vector(parts), outcome)).not.toEqual([]);
  });
});
