/** The documented formula of DynamoDB's write units. */

import { describe, expect, it } from "vitest";
import { itemBytes, writeUnits } from "../../../tools/bench/counting/counting-proxy.ts";
import type { Attributes } from "../../../tools/bench/stub/attribute-values.ts";
import type { TableDefinition } from "../../../tools/local/deployment.ts";

describe("itemBytes", () => {
  it.each<[string, Attributes, number]>([
    ["text, as UTF-8, and its name", { id: { S: "é" } }, 4],
    ["a number, a byte for two digits and one more", { n: { N: "12345" } }, 5],
    ["a number without the zeros at its ends", { n: { N: "-1200" } }, 3],
    ["binary, decoded", { b: { B: "AAECAw==" } }, 5],
    ["a truth value and a null", { t: { BOOL: true }, u: { NULL: true } }, 4],
    ["a list, with one for each element", { l: { L: [{ S: "ab" }, { S: "c" }] } }, 9],
    ["a map, with one for each member", { m: { M: { k: { S: "ab" } } } }, 8],
  ])("counts %s", (_title, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });
});

describe("writeUnits", () => {
  const create = {
    TableName: "table",
    AttributeDefinitions: [],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by_project",
        KeySchema: [{ AttributeName: "project", KeyType: "HASH" as const }],
        Projection: { ProjectionType: "ALL" as const },
      },
    ],
  };
  const table: TableDefinition = { create, expiresBy: undefined };
  const small: Attributes = { id: { S: "1" } };
  const large: Attributes = { id: { S: "1" }, text: { S: "x".repeat(2000) } };
  const inProject = (item: Attributes, project: string): Attributes => ({ ...item, project: { S: project } });

  it.each<[string, Attributes | undefined, Attributes | undefined, number]>([
    ["two for a small item", undefined, small, 2],
    ["two for an item that does not exist", undefined, undefined, 2],
    ["two for each KB that was begun", undefined, large, 4],
    ["by the larger of before and after", large, small, 4],
    ["one more for an index that gains the item", small, inProject(small, "a"), 3],
    ["one more for an index that loses the item", inProject(small, "a"), undefined, 3],
    ["one more for an index whose item changes", inProject(small, "a"), inProject({ ...small, n: { N: "1" } }, "a"), 3],
    ["two more for an index in which the item moves", inProject(small, "a"), inProject(small, "b"), 4],
  ])("counts %s", (_title, before, after, units) => {
    expect(writeUnits([{ table, before, after }])).toBe(units);
  });
});
