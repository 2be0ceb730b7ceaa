/** list during writes: an index may be stale, but rows read by id are current. */

import { describe, expect, it } from "vitest";
import { list, type SecretsInfo } from "../../lib/method/list.ts";
import { parseList } from "../../lib/request/list.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import type { SecretRows } from "../../lib/store/secret-store.ts";
import { aSecret } from "../contract/secret-store.ts";
import { FakeSecretStore } from "../fakes/secret-store.ts";
import { now } from "../query/run-list.ts";

/** More than one page of the database. The first page has all attributes. */
const secrets: readonly Secret[] = Array.from({ length: 120 }, (_, index) =>
  aSecret({ domain_id: "domain-1", name: `name-${String(index).padStart(3, "0")}`, project_id: "project-1" }),
);

/** Rows of an index that does not show the change of one of them yet. */
function rowsBefore(change: Partial<Secret>, name: string): SecretRows {
  const before = new FakeSecretStore();
  const after = new FakeSecretStore();
  for (const secret of secrets) {
    before.load(secret);
    after.load(secret.name === name ? { ...secret, ...change } : secret);
  }
  return {
    readRows: (query, options) => before.readRows(query, options),
    countRows: async (query, options) => await before.countRows(query, options),
    findByIds: async (domainId, ids, options) => await after.findByIds(domainId, ids, options),
    findIdsByNames: async (domainId, names, options) => await after.findIdsByNames(domainId, names, options),
  };
}

async function lastPage(rows: SecretRows, query: object = {}): Promise<SecretsInfo> {
  const body = { query: { page: { start: 111, limit: 10 }, ...query }, domain_id: "domain-1" };
  const principal = { caller: "user-1", domainId: "domain-1", projects: ["project-1"] };
  return await list(parseList(body), { principal, now, remainingMs: () => 5000, noteName: () => undefined }, { rows });
}

const others = secrets.slice(110).filter(({ name }) => name !== "name-115");

describe("a row that changed after the index was read", () => {
  it("is not shown if it has left the caller's projects", async () => {
    const rows = rowsBefore({ project_id: "project-2", tags: { moved: true } }, "name-115");

    expect(await lastPage(rows)).toEqual({ results: others, total_count: 119 });
  });

  it("is not shown if it no longer matches the query", async () => {
    const rows = rowsBefore({ provider: "azure" }, "name-115");
    const filter = [{ key: "provider", value: "azure", operator: "not" }];

    expect(await lastPage(rows, { filter })).toEqual({ results: others, total_count: 119 });
  });

  it("is shown with its current content while it matches the query", async () => {
    const rows = rowsBefore({ tags: { changed: true } }, "name-115");

    expect((await lastPage(rows)).results[5]).toEqual({ ...secrets[115], tags: { changed: true } });
  });
});
