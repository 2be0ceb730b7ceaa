/** The cost of list and stat, in requests and units. All pages together have all rows. */

import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../lib/method/call.ts";
import { list } from "../../lib/method/list.ts";
import { stat } from "../../lib/method/stat.ts";
import { parseList } from "../../lib/request/list.ts";
import { parseStat } from "../../lib/request/stat.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import type { SecretRows } from "../../lib/store/secret-store.ts";
import { type LocalDatabase, loadSecrets, startDatabase } from "../../tools/local/database.ts";
import { aSecret } from "../contract/secret-store.ts";
import { now, runList } from "../query/run-list.ts";

const call: Call = {
  principal: { caller: "user-1", domainId: null, projects: null },
  now,
  remainingMs: () => 10_000,
  noteName: () => undefined,
};

/** A row's size, and a page, as DynamoDB counts them. */
const unitBytes = 4096;
const pageBytes = 2 ** 20;

/** Twelve rows, less than a page. */
const small: readonly Secret[] = Array.from({ length: 12 }, (_, index) =>
  aSecret({
    domain_id: "domain-small",
    name: `name-${index}`,
    provider: index % 3 === 0 ? "aws" : "azure",
    service_account_id: `sa-${index % 4}`,
    project_id: `project-${index % 6}`,
    tags: { text: "x".repeat(2000) },
  }),
);

/** Rows of about 15 KB, so that few rows make many pages. Their order is neither that of ids nor of names. */
const rowBytes = 15_250;
const large: readonly Secret[] = Array.from({ length: 320 }, (_, index) =>
  aSecret({
    domain_id: "domain-large",
    name: `name-${String((index * 37) % 320).padStart(3, "0")}`,
    provider: index % 3 === 0 ? "aws" : "azure",
    service_account_id: index % 2 === 0 ? "sa-even" : "sa-odd",
    tags: { size: index % 7, text: "x".repeat(15_000) },
  }),
);
const largePages = Math.ceil((large.length * rowBytes) / pageBytes);
const largeUnits = (large.length * rowBytes) / unitBytes;

let database: LocalDatabase;
let rows: SecretRows;
let requests: string[];
let units: number;

beforeAll(async () => {
  database = await startDatabase();
  await loadSecrets(database, [...small, ...large]);
  rows = dynamodbSecretRows(database);
  watch(database.client);
});
beforeEach(() => {
  requests = [];
  units = 0;
});
afterAll(async () => await database.close());

/** Records a short description of each request, and its units. */
function watch(client: DynamoDBDocumentClient): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        const input: Record<string, unknown> = { ...args.input, ReturnConsumedCapacity: "TOTAL" };
        const result = await next({ ...args, input: input as never });
        // Requests that create and delete tables report no units.
        const consumed = [Object(result.output).ConsumedCapacity ?? []].flat() as readonly {
          readonly CapacityUnits: number;
        }[];
        units += consumed.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
        requests.push(`${commandName.replace("Command", "")} ${inWords(input)}`);
        return result;
      },
    { step: "initialize" },
  );
}

function inWords(input: Record<string, unknown>): string {
  const table = String(input["TableName"] ?? Object.keys(Object(input["RequestItems"])));
  return [
    table === database.tables.names ? "names" : "secrets",
    input["IndexName"] ?? "",
    input["Select"] === "COUNT" ? "count" : "",
    input["FilterExpression"] === undefined ? "" : "filtered",
    input["ProjectionExpression"] === undefined ? "" : "projected",
  ]
    .filter((word) => word !== "")
    .join(" ");
}

const eq = (k: string, v: unknown) => ({ k, v, o: "eq" });
const group = { keys: [{ k: "provider", n: "p" }], fields: [{ n: "n", o: "count" }] };

describe("list in a domain of one page", () => {
  const [first, second] = small.map(({ secret_id }) => secret_id);

  it.each<[string, object, string[]]>([
    ["everything", {}, ["Query secrets"]],
    ["a page in an order", { sort: { key: "provider" }, page: { start: 5, limit: 3 } }, ["Query secrets"]],
    ["some fields of everything", { only: ["provider"] }, ["Query secrets projected"]],
    ["a filter that the database knows", { filter: [eq("provider", "aws")] }, ["Query secrets filtered"]],
    ["a filter that it does not know", { filter: [{ k: "name", v: "1$", o: "regex" }] }, ["Query secrets"]],
    ["a keyword", { keyword: "name-1", page: { limit: 2 } }, ["Query secrets"]],
    ["a count", { count_only: true }, ["Query secrets count"]],
    ["a filtered count", { count_only: true, filter: [eq("tags.text", "x")] }, ["Query secrets count filtered"]],
    ["a count by keyword", { count_only: true, keyword: "name-1" }, ["Query secrets projected"]],
    ["an id", { filter: [eq("secret_id", first)] }, ["BatchGetItem secrets"]],
    ["ids", { filter: [{ k: "secret_id", v: [first, second], o: "in" }] }, ["BatchGetItem secrets"]],
    ["a name", { filter: [eq("name", "name-3")] }, ["BatchGetItem names", "BatchGetItem secrets"]],
    [
      "a count of a name",
      { count_only: true, filter: [eq("name", "name-3")] },
      ["BatchGetItem names", "BatchGetItem secrets"],
    ],
    ["a service account", { filter: [eq("service_account_id", "sa-1")] }, ["Query secrets by_service_account"]],
    [
      "two projects",
      { filter: [{ k: "project_id", v: ["project-1", "project-2"], o: "in" }] },
      ["Query secrets by_project", "Query secrets by_project"],
    ],
    [
      "a count of a service account",
      { count_only: true, filter: [eq("service_account_id", "sa-1"), eq("provider", "aws")] },
      ["Query secrets by_service_account count filtered"],
    ],
  ])("reads %s with the expected requests", async (_, query, expected) => {
    const answer = await list(parseList({ domain_id: "domain-small", query }), call, { rows });

    expect(requests).toEqual(expected);
    expect(answer.total_count).toBe((await runList(query, toRows(small))).total_count);
  });

  it.each([
    ["everything", {}],
    ["a page", { page: { limit: 1 } }],
    ["a count", { count_only: true }],
    ["a filter that nothing passes", { filter: [eq("provider", "none")] }],
  ])("takes one read unit per 4 KB of the domain for %s", async (_, query) => {
    expect(await unitsOfList("domain-small", query)).toBe(Math.ceil((small.length * 2300) / unitBytes));
  });

  it("takes half of that from an index, and one read unit for a row by id or name", async () => {
    const read = async (key: string, value: unknown) => await unitsOfList("domain-small", { filter: [eq(key, value)] });

    expect(await read("service_account_id", "sa-1")).toBe(1);
    expect(await read("secret_id", first)).toBe(1);
    expect(await read("name", "name-3")).toBe(2);
  });
});

describe("list in a domain of several pages", () => {
  const ask = async (query: object) => await list(parseList({ domain_id: "domain-large", query }), call, { rows });

  it("takes no more read units than the domain has, whatever attributes are read", async () => {
    const results: number[] = [];
    for (const query of [{ only: ["name"] }, { page: { limit: 1 } }, { count_only: true }]) {
      results.push(await unitsOfList("domain-large", query));
    }
    for (const taken of results) {
      expect(taken).toBeGreaterThanOrEqual(largeUnits);
      // Each request rounds up, and the rows of a page may be fetched by id.
      expect(taken).toBeLessThanOrEqual(largeUnits + requests.length + 5);
    }
  });

  it("fetches only the rows that the database's first page did not hold", async () => {
    const { results } = await ask({ sort: { key: "secret_id", desc: true }, page: { limit: 3 } });
    const [first, ...others] = requests;
    const last = others.pop();

    expect(results).toHaveLength(3);
    expect([first, last]).toEqual(["Query secrets", "BatchGetItem secrets"]);
    expect(new Set(others)).toEqual(new Set(["Query secrets projected"]));
    expect(requests.length).toBeLessThanOrEqual(Math.ceil(largePages * 1.35) + 2);
  });

  it("fetches no rows if the first page held them all", async () => {
    await ask({ sort: { key: "secret_id" }, page: { limit: 3 } });

    expect(requests).not.toContain("BatchGetItem secrets");
  });

  it("reads an index of several pages for half the read units", async () => {
    const query = { filter: [eq("service_account_id", "sa-even")], only: ["name"] };

    const taken = await unitsOfList("domain-large", query);

    expect(new Set(requests)).toEqual(new Set(["Query secrets by_service_account projected"]));
    expect(taken).toBeCloseTo(largeUnits / 4, -1);
  });

  it("gives the same rows page by page as at once, whatever the page sizes", async () => {
    const orders = fc.constantFrom<object>({}, { sort: [{ key: "tags.size", desc: true }, { key: "provider" }] });
    const filters = fc.constantFrom<object>({}, { filter: [eq("provider", "azure")] }, { keyword: "AWS" });
    const limits = fc.infiniteStream(fc.integer({ min: 30, max: 150 }));
    await fc.assert(
      fc.asyncProperty(orders, filters, limits, async (order, filter, sizes) => {
        const whole = await runList({ ...order, ...filter }, toRows(large));

        const pages: unknown[] = [];
        while (pages.length < whole.total_count) {
          const [limit = 1] = sizes.take(1);
          const answer = await ask({ ...order, ...filter, page: { start: pages.length + 1, limit } });
          expect(answer.total_count).toBe(whole.total_count);
          expect(answer.results).toHaveLength(Math.min(limit, whole.total_count - pages.length));
          pages.push(...answer.results);
        }

        expect(pages).toEqual(whole.results);
      }),
      { numRuns: 3 },
    );
  });
});

describe("stat", () => {
  it.each<[string, object, string[]]>([
    ["a group", { aggregate: [{ group }] }, ["Query secrets projected"]],
    ["a distinct", { distinct: "provider" }, ["Query secrets projected"]],
    [
      "a count of a service account",
      { filter: [eq("service_account_id", "sa-1")], aggregate: [{ count: { name: "n" } }] },
      ["Query secrets by_service_account projected"],
    ],
  ])("reads %s of a one-page domain with one request", async (_, query, expected) => {
    await stat(parseStat({ domain_id: "domain-small", query }), call, { rows });

    expect(requests).toEqual(expected);
  });

  it("adds up all pages of a larger domain", async () => {
    const query = { aggregate: [{ group }] };

    const { results } = await stat(parseStat({ domain_id: "domain-large", query }), call, { rows });

    const ofAws = large.filter(({ provider }) => provider === "aws").length;
    expect(results).toHaveLength(2);
    expect(results).toContainEqual({ p: "aws", n: ofAws });
    expect(results).toContainEqual({ p: "azure", n: large.length - ofAws });
    expect(requests.length).toBeGreaterThan(largePages - 1);
  });
});

it("list stops reading when the answer can grow no further", async () => {
  const row = aSecret({ tags: { text: "x".repeat(15_000) } });
  let pagesRead = 0;
  const endless: SecretRows = {
    ...rows,
    async *readRows() {
      for (;;) {
        pagesRead += 1;
        yield Array.from({ length: 68 }, () => row);
      }
    },
  };

  const result = list(parseList({ domain_id: row.domain_id }), call, { rows: endless });

  await expect(result).rejects.toMatchObject({
    code: "ERROR_DB_QUERY",
    message: expect.stringContaining("page.limit"),
  });
  expect(pagesRead).toBe(8);
});

async function unitsOfList(domainId: string, query: object): Promise<number> {
  const before = units;
  await list(parseList({ domain_id: domainId, query }), call, { rows });
  return units - before;
}

function toRows(secrets: readonly Secret[]): { readonly [field: string]: unknown }[] {
  return secrets.map((secret) => ({ ...secret }));
}
