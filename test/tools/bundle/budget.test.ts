/** Limits on the size and content of the bundles, because every byte makes a cold start slower. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Route } from "../../../lib/http/routes.ts";
import { type Bundle, buildFunction, commandsOf, functionNames } from "../../../tools/bench/bundle/build.ts";

/** Thousands of bytes, minified: the current sizes, and a little more. */
const budgets: { readonly [Name in Route]: number } = {
  create: 250,
  update: 220,
  delete: 217,
  "update-data": 250,
  "get-data": 248,
  get: 216,
  list: 390,
  stat: 400,
};

/** The linear-time engine for patterns, by far the largest library. */
const withPatterns: ReadonlySet<Route> = new Set(["list", "stat"]);

const bundles = new Map<Route, Bundle>();
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "budget-"));
  for (const route of functionNames) bundles.set(route, await buildFunction(route, folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(functionNames)("%s", (route) => {
  it("stays within its budget", () => {
    expect(bundles.get(route)?.bytes).toBeLessThanOrEqual(budgets[route] * 1000);
  });

  it("holds the KMS client if and only if its method calls KMS", () => {
    expect(bundles.get(route)?.parts.has("@aws-sdk/client-kms")).toBe(commandsOf[route].kms.length > 0);
  });

  it("holds the pattern engine if and only if its method runs patterns", () => {
    expect(bundles.get(route)?.parts.has("re2js")).toBe(withPatterns.has(route));
  });

  it("holds nothing of the SDK's search for credentials, which functions never use", () => {
    const parts = [...(bundles.get(route)?.parts.keys() ?? [])];

    expect(parts.filter((part) => part.includes("credential"))).toEqual([]);
  });
});
