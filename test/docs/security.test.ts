/** The tests that docs/security.md names exist. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const project = join(import.meta.dirname, "../..");

it("every file that docs/security.md names exists", () => {
  const text = readFileSync(join(project, "docs/security.md"), "utf8");

  const named = new Set([...text.matchAll(/\btest\/[\w./-]+\.ts\b/g)].map(([path]) => path));

  expect(named.size).toBeGreaterThan(15);
  expect([...named].filter((path) => !existsSync(join(project, path)))).toEqual([]);
});
