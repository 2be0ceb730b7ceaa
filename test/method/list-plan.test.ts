import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { list } from "../../lib/method/list.ts";
import { stat } from "../../lib/method/stat.ts";
import type { Row } from "../../lib/query/path.ts";
import { parseList } from "../../lib/request/list.ts";
import { parseStat } from "../../lib/request/stat.ts";
import type { Principal } from "../../lib/secret/principal.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import type { SecretRows } from "../../lib/store/secret-store.ts";
import { type LocalDatabase, loadSecrets, startDatabase } from "../../tools/local/database.ts";
import { runList } from "../query/run-list.ts";

const domainId = "domain-1";
const now = new Date("2024-05-15T10:20:30.400Z");

const text = fc.constantFrom("a", "B", "b", "prod", "é", "😀", "ｆ", "");
const tag = fc.oneof(
  text,
  fc.constantFrom(0, 1, 2.5, -3, null, true, false),
  fc.array(fc.oneof(text, fc.constantFrom(1, null)), { maxLength: 3 }),
  fc.record({ name: text }, { requiredKeys: [] }),
);
const optional = fc.constantFrom(null, "p-1", "p-2", "p-3");

const secret = fc.record({
  tags: fc.record({ env: tag, n: tag, owner: tag, "app.io/name": tag }, { requiredKeys: [] }),
  schema: fc.constantFrom(null, "aws_access_key", "other"),
  provider: fc.constantFrom(null, "aws"),
  service_account_id: optional,
  project_id: optional,
  trusted_secret_id: fc.constantFrom(null, "secret-000000000001"),
  expires_at: fc.constantFrom(null, "2024-05-15T10:20:31.000Z", "2024-06-01T00:00:00.000Z"),
  created_at: fc.constantFrom("2024-05-14T00:00:00.000Z", "2024-05-15T10:20:30.399Z", "2024-05-15T10:20:30.401Z"),
});

const key = fc.constantFrom(
  "name",
  "secret_id",
  "schema",
  "provider",
  "service_account_id",
  "project_id",
  "trusted_secret_id",
  "created_at",
  "expires_at",
  "version",
  "encrypted",
  "tags.env",
  "tags.n",
  "tags.owner",
  "tags.owner.name",
  "tags.app\\.io/name",
);
const scalar = fc.oneof(
  text,
  optional,
  fc.constantFrom("n-1", "n-2", "secret-000000000001", "2024-05-15T10:20:30.400Z", "aws", 1, 2.5, 0, true, null),
);
/** Comparing a date with a string that is not a date is an error. */
function isDate(name: string): boolean {
  return name.endsWith("_at");
}

const condition = fc.oneof(
  fc
    .record({ key, operator: fc.constantFrom("eq", "not", "lt", "lte", "gt", "gte"), value: scalar })
    .map((one) =>
      isDate(one.key) && typeof one.value === "string" ? { ...one, value: "2024-05-15T10:20:30.4Z" } : one,
    ),
  fc.record({ key, operator: fc.constantFrom("in", "not_in"), value: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ key, operator: fc.constant("exists"), value: fc.boolean() }),
  fc.record({ key, operator: fc.constantFrom("contain", "not_contain"), value: text }),
  fc.record({
    key: fc.constantFrom("created_at", "expires_at"),
    operator: fc.constantFrom("timediff_lt", "timediff_gte"),
    value: fc.constantFrom("now-1s", "now+1h"),
  }),
);
const query = fc.record(
  {
    filter: fc.array(condition, { maxLength: 3 }),
    filter_or: fc.array(condition, { maxLength: 3 }),
    keyword: fc.constantFrom("", "n-1", "aws other"),
    sort: fc.record({ keys: fc.array(fc.record({ key, desc: fc.boolean() }), { maxLength: 2 }) }),
    page: fc.record({ start: fc.integer({ min: 0, max: 5 }), limit: fc.integer({ min: 0, max: 5 }) }),
    only: fc.array(fc.constantFrom("name", "tags", "tags.env", "tags.app\\.io/name", "created_at"), { maxLength: 2 }),
    minimal: fc.boolean(),
    count_only: fc.boolean(),
  },
  { requiredKeys: [] },
);

const numRows = 40;
const secrets: readonly Secret[] = fc.sample(secret, { seed: 1, numRuns: numRows }).map((fields, index) => ({
  ...fields,
  secret_id: `secret-${index.toString(16).padStart(12, "0")}`,
  name: `n-${(index * 7) % numRows}`,
  secret_type: "CREDENTIALS",
  domain_id: domainId,
  updated_at: null,
  version: index % 3 === 0 ? null : index,
}));

/** As the database returns it. */
function toRow(secret: Secret): Row {
  return { ...secret };
}

function callOf(projects: readonly string[] | null): Parameters<typeof list>[1] {
  const principal: Principal = { caller: "user-1", domainId, projects };
  return { principal, now, remainingMs: () => 10_000, noteName: () => undefined };
}

/** The plan must not change the answer: the query applies to all rows that the caller sees. */
describe("the plan of list", () => {
  let database: LocalDatabase;
  let rows: SecretRows;

  beforeAll(async () => {
    database = await startDatabase();
    await loadSecrets(database, secrets);
    rows = dynamodbSecretRows(database);
  });
  afterAll(async () => {
    await database.close();
  });

  it("answers any query as if every row were read and tested in the function", async () => {
    const projects = fc.constantFrom<readonly string[] | null>(null, null, ["p-1"], ["p-1", "p-2", "none"], []);
    await fc.assert(
      fc.asyncProperty(query, projects, async (asked, seen) => {
        const visible = secrets.filter(({ project_id }) => seen === null || seen.includes(project_id ?? ""));

        const answer = await list(parseList({ query: asked, domain_id: domainId }), callOf(seen), { rows });

        expect(answer).toEqual(await runList(asked, visible.map(toRow)));
      }),
      { numRuns: 300 },
    );
  });

  it("uses the message's own fields as conditions, and a list as one of its values", async () => {
    const fields = { project_id: ["p-1", "p-2"], provider: "aws", name: "", secret_type: "NONE" };
    const same = {
      filter: [
        { key: "project_id", operator: "in", value: ["p-1", "p-2"] },
        { key: "provider", operator: "eq", value: "aws" },
      ],
    };

    const answer = await list(parseList({ ...fields, domain_id: domainId }), callOf(null), { rows });

    expect(answer.total_count).toBeGreaterThan(0);
    expect(answer).toEqual(await runList(same, secrets.map(toRow)));
  });

  it("finds a secret by a name that has no reservation, as with rows of other tools", async () => {
    const [first] = secrets;
    const loaded = { ...first, secret_id: "secret-ffffffffffff", name: "loaded", project_id: null } as Secret;
    const withoutNames: SecretRows = { ...rows, findIdsByNames: async () => [] };
    await loadSecrets(database, [loaded]);

    const answer = await list(parseList({ name: "loaded", domain_id: domainId }), callOf(null), { rows: withoutNames });

    expect(answer.results).toEqual([loaded]);
  });

  it("neither counts nor names secrets outside of the caller's projects, in stat either", async () => {
    const counted = { query: { aggregate: [{ count: { name: "n" } }] }, domain_id: domainId };

    const answer = await stat(parseStat(counted), callOf(["p-3"]), { rows });

    expect(answer).toEqual({ results: [{ n: secrets.filter(({ project_id }) => project_id === "p-3").length }] });
  });

  it.each([
    [2, "ERROR_REQUEST_TIMEOUT", "in time"],
    [20, "ERROR_DB_QUERY", "filter by"],
  ])("answers with %s if the time is up after %i pages", async (pagesInTime, code, hint) => {
    let pages = 0;
    const endless: Pick<typeof rows, "readRows" | "countRows" | "findByIds" | "findIdsByNames"> = {
      countRows: async () => 0,
      findByIds: async () => [],
      findIdsByNames: async () => [],
      readRows: async function* () {
        for (;;) {
          pages += 1;
          yield [];
        }
      },
    };
    const call = { ...callOf(null), remainingMs: () => (pages < pagesInTime ? 5000 : 100) };

    await expect(list(parseList({ domain_id: domainId }), call, { rows: endless })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(hint),
    });
  });

  it.each([
    [5000, "ERROR_DB_QUERY"],
    [-1, "ERROR_REQUEST_TIMEOUT"],
  ])("gives up between two rows when none of %i ms are left: %s", async (givenMs, code) => {
    const callWith = () => {
      const left = [givenMs].values();
      return { ...callOf(null), remainingMs: () => left.next().value ?? -1 };
    };

    await expect(list(parseList({ domain_id: domainId }), callWith(), { rows })).rejects.toMatchObject({ code });
    await expect(
      stat(parseStat({ query: { distinct: "name" }, domain_id: domainId }), callWith(), { rows }),
    ).rejects.toMatchObject({ code });
  });

  it("answers if the last page completes it, however little time is left", async () => {
    const call = { ...callOf(null), remainingMs: () => 100 };

    const answer = await list(parseList({ domain_id: domainId }), call, { rows });

    expect(answer).toEqual(await list(parseList({ domain_id: domainId }), callOf(null), { rows }));
  });
});
