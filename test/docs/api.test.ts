/** docs/api.md leaves no field of a message out. Its examples are run in test/e2e/docs.test.ts. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { messages } from "../request/messages.ts";

const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");

/** The page says this of every message, in one place. */
const common = "domain_id";

/** The fields in the first column of the tables below a method's heading. */
function documentedFields(method: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${method.replace("_", "-")}\n`)) ?? "";
  const cells = [...section.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, field = ""]) => field));
}

it.each(Object.entries(messages))("docs/api.md has the fields of %s, and no others", (method, { fields }) => {
  const names = fields.map(({ name }) => name).filter((name) => name !== common);

  expect(documentedFields(method).toSorted()).toEqual(names.toSorted());
});
