/** Tables restored from backups: all to the same moment, or to different moments. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkIntegrity } from "../../../tools/ops/integrity/check.ts";
import { type Functions, startFunctions } from "../../support/functions.ts";
import { allTables, restore, type Snapshot, takeSnapshot } from "./tables.ts";

const domain_id = "domain-1";

let functions: Functions;
/** The snapshot of an empty database. */
let nothing: Snapshot;
let snapshot: Snapshot;
/** Secrets by what happens to them after the snapshot. */
let ids: { readonly changed: unknown; readonly renamed: unknown; readonly deleted: unknown; readonly created: unknown };

beforeAll(async () => {
  functions = await startFunctions();
  nothing = await takeSnapshot(functions.database);
});
afterAll(async () => await functions.close());

beforeEach(async () => {
  await restore(functions.database, nothing, allTables);
  const changed = await create("changed");
  const renamed = await create("renamed");
  const deleted = await create("deleted");
  snapshot = await takeSnapshot(functions.database);
  await functions.do("update-data", { domain_id, secret_id: changed, data: { n: 2 } });
  await functions.do("update", { domain_id, secret_id: renamed, name: "other" });
  await functions.do("delete", { domain_id, secret_id: deleted });
  ids = { changed, renamed, deleted, created: await create("created") };
});

const create = async (name: string) => {
  const message = { domain_id, name, data: { n: 1 }, secret_type: "CREDENTIALS", client_token: `token-${name}` };
  return (await functions.do("create", message))["secret_id"];
};
const getData = async (secret_id: unknown) => await functions.do("get-data", { domain_id, secret_id });

async function findViolations(): Promise<readonly string[]> {
  const { violations } = await checkIntegrity(functions.database, { versionsKept: 5, pause: async () => undefined });
  return violations.map(({ rule }) => rule).toSorted();
}

describe("all tables restored to one moment", () => {
  it("have their former content", async () => {
    await restore(functions.database, snapshot, allTables);

    const { results } = await functions.do("list", { domain_id });
    const names = (results as { readonly name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["changed", "deleted", "renamed"]);
    expect(await getData(ids.changed)).toMatchObject({ version: 1, data: { n: 1 } });
    expect(await getData(ids.deleted)).toMatchObject({ version: 1, data: { n: 1 } });
    expect(await findViolations()).toEqual([]);
  });

  it("continue with a version that callers have seen, under a new etag and data key", async () => {
    const forgotten = await getData(ids.changed);
    await restore(functions.database, snapshot, allTables);
    await functions.do("update-data", { domain_id, secret_id: ids.changed, data: { n: 3 } });

    const answer = await functions.do("get-data", {
      domain_id,
      secret_id: ids.changed,
      unless_etag: forgotten["etag"],
    });

    expect(answer).toMatchObject({ version: forgotten["version"], data: { n: 3 } });
    expect(answer["etag"]).not.toBe(forgotten["etag"]);
  });
});

describe("tables restored to different moments", () => {
  it.each([
    {
      tables: ["secrets"],
      violations: [
        "data-after-current",
        "data-of-no-secret",
        "deleted-and-there",
        "name-of-another-name",
        "name-of-no-secret",
        "secret-without-data",
        "secret-without-name",
        "secret-without-name",
      ],
    },
    {
      tables: ["names"],
      violations: ["name-of-another-name", "name-of-no-secret", "secret-without-name", "secret-without-name"],
    },
    { tables: ["data"], violations: ["data-of-no-secret", "secret-without-data", "secret-without-data"] },
    {
      tables: ["secrets", "names"],
      violations: ["data-after-current", "data-of-no-secret", "deleted-and-there", "secret-without-data"],
    },
    { tables: ["tokens"], violations: [] },
  ] as const)("(only $tables) are found by verify", async ({ tables, violations }) => {
    await restore(functions.database, snapshot, tables);

    expect(await findViolations()).toEqual(violations);
  });

  it("never let an older row's writer overwrite newer data", async () => {
    await restore(functions.database, snapshot, ["secrets"]);

    const outcome = await functions.call("update-data", { domain_id, secret_id: ids.changed, data: { n: 9 } });

    expect(outcome).toMatchObject({ status: 409, body: { detail: { code: "ERROR_VERSION_CONFLICT" } } });
    expect(await getData(ids.changed)).toMatchObject({ version: 2, data: { n: 2 } });
  });

  it("never let a reserved name be used twice", async () => {
    await restore(functions.database, snapshot, ["secrets"]);
    const message = { domain_id, name: "other", data: {}, secret_type: "CREDENTIALS" };

    expect(await functions.call("create", message)).toMatchObject({ status: 409 });
  });
});
