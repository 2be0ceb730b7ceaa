/** Runs the examples of docs/query.md, and checks that the page covers the whole language. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bounds } from "../../lib/query/bounds.ts";
import { operators } from "../../lib/query/operators.ts";
import type { Row } from "../../lib/query/path.ts";
import { conversions } from "../../lib/stat/project.ts";
import { reducers } from "../../lib/stat/reducers.ts";
import { runList } from "../query/run-list.ts";
import { runStat } from "../stat/run-stat.ts";

interface Example {
  readonly query: unknown;
  readonly names?: readonly string[];
  readonly results?: readonly unknown[];
  readonly total_count?: number;
  readonly code?: string;
  readonly message?: string;
}

const page = readFileSync(new URL("../../docs/query.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```json (\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text = ""]) => ({ kind, text }));

function examples(kind: string): readonly Example[] {
  return blocks.filter((block) => block.kind === kind).map((block) => JSON.parse(block.text) as Example);
}

const secrets = JSON.parse(blocks.find((block) => block.kind === "secrets")?.text ?? "") as readonly Row[];

describe("the examples of a list", () => {
  it.each(examples("list"))("$query", async ({ query, names, results, total_count }) => {
    const answer = await runList(query, secrets);

    if (names !== undefined) expect(answer.results).toMatchObject(names.map((name) => ({ name })));
    if (results !== undefined) expect(answer.results).toEqual(results);
    if (total_count !== undefined) expect(answer.total_count).toBe(total_count);
  });
});

describe("the examples of statistics", () => {
  it.each(examples("stat"))("$query", async ({ query, results, total_count }) => {
    const answer = await runStat(query, secrets);

    expect(answer).toEqual(total_count === undefined ? { results } : { results, total_count });
  });
});

describe("the examples of errors", () => {
  it.each(examples("error"))("$query", async ({ query, code, message }) => {
    await expect(runList(query, secrets)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message ?? "") }),
    );
  });
});

describe("docs/query.md", () => {
  it("has no examples of other kinds", () => {
    expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(["secrets", "list", "stat", "error"]));
    expect(page.match(/^```/gm)).toHaveLength(2 * blocks.length);
  });

  it.each([
    ["list", "operator", Object.keys(operators)],
    [
      "stat",
      "operator",
      [...Object.keys(reducers), ...Object.keys(conversions), "add", "subtract", "multiply", "divide"],
    ],
  ])("has an example for each of %s's operators", (kind, member, names) => {
    const text = JSON.stringify(examples(kind));
    const isShown = (name: string) => text.includes(`"${member}":"${name}"`);

    expect(names.filter((name) => !isShown(name))).toEqual([]);
  });

  it("has an example for each stage", () => {
    const text = JSON.stringify(examples("stat"));
    const stages = ["unwind", "group", "count", "sort", "project", "limit", "skip"];

    expect(stages.filter((stage) => !text.includes(`{"${stage}":`))).toEqual([]);
  });

  it("states each limit", () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, max, of]) => ({ max: Number(max), of }));

    expect(rows).toEqual(Object.values(bounds).map(({ max, of }) => ({ max, of })));
  });
});
