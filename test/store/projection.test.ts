/** Paths as text for DynamoDB. What comes of them is for the tests on DynamoDB Local. */

import { describe, expect, it } from "vitest";
import type { AttributePath } from "../../lib/query/push-down.ts";
import { toProjection } from "../../lib/store/projection.ts";

describe("toProjection", () => {
  it.each<[string, AttributePath[], ReturnType<typeof toProjection>]>([
    ["nothing: the id", [], { text: "#p0", names: { "#p0": "secret_id" } }],
    [
      "fields and keys, each once",
      [["name"], ["tags", "name"], ["secret_id"], ["name"]],
      { text: "#p0, #p1, #p2.#p1", names: { "#p0": "secret_id", "#p1": "name", "#p2": "tags" } },
    ],
    [
      "a path and what is below it: the path",
      [
        ["tags", "a", "b"],
        ["tags", "a"],
        ["tags", "c"],
      ],
      { text: "#p0, #p1.#p2, #p1.#p3", names: { "#p0": "secret_id", "#p1": "tags", "#p2": "a", "#p3": "c" } },
    ],
    ["an empty key: nothing", [["tags", "a", ""]], { text: "#p0", names: { "#p0": "secret_id" } }],
    [
      "keys that look alike",
      [
        ["tags", "a.b"],
        ["tags", "a", "b"],
      ],
      {
        text: "#p0, #p1.#p2, #p1.#p3.#p4",
        names: { "#p0": "secret_id", "#p1": "tags", "#p2": "a.b", "#p3": "a", "#p4": "b" },
      },
    ],
  ])("of %s", (_, paths, projection) => {
    expect(toProjection(paths)).toEqual(projection);
  });

  it("cuts a path that is too deep", () => {
    const { text } = toProjection([["tags", ...Array<string>(40).fill("k")]]);

    expect(text.split(", ")[1]?.split(".")).toHaveLength(32);
  });

  it("names fields whole where the paths are too many", () => {
    const many = Array.from({ length: 1000 }, (_, index): AttributePath => ["tags", `key-${index}`]);

    expect(toProjection([["name"], ...many])).toEqual({
      text: "#p0, #p1, #p2",
      names: { "#p0": "secret_id", "#p1": "name", "#p2": "tags" },
    });
  });
});
