import { describe, expect, it } from "vitest";
import { suggest } from "../../lib/base/nearest.ts";

const names = ["secret_id", "name", "tags", "project_id", "k"];

describe("a mistyped name", () => {
  it.each([
    ["secret_idd", "secret_id"],
    ["secretId", "secret_id"],
    ["nmae", "name"],
    ["NAME", "name"],
    ["tag", "tags"],
    ["projectid", "project_id"],
  ])("%s is corrected to %s", (word, name) => {
    expect(suggest(word, names)).toBe(`, did you mean "${name}"?`);
  });

  it.each(["nope", "x", "na", "kk", "", "__proto__", "tags.env", "x".repeat(1_000_000)])(
    "%.20s is corrected to nothing",
    (word) => {
      expect(suggest(word, names)).toBe("");
    },
  );
});
