/** Domains of more than one page, and random conditions, on DynamoDB Local. */

import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/base/json.ts";
import { type ConditionPath, isPushable, type PushedCondition, type Scalar } from "../../lib/query/push-down.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import type { RowsQuery, SecretRow, SecretRows } from "../../lib/store/secret-store.ts";
import { loadSecrets } from "../../tools/local/database.ts";
import { aSecret } from "../contract/secret-store.ts";
import { FakeSecretStore } from "../fakes/secret-store.ts";
import { type FaultProxy, failure } from "./fault-proxy.ts";
import { type ProxiedDatabase, startProxiedDatabase } from "./proxied-database.ts";

/** For events that come soon, unless the machine is busy. */
const patience = { timeout: 30_000 };

let database: ProxiedDatabase;
let proxy: FaultProxy;
let rows: SecretRows;

beforeAll(async () => {
  database = await startProxiedDatabase();
  proxy = database.proxy;
  rows = dynamodbSecretRows(database);
});
afterEach(() => database.proxy.reset());
afterAll(async () => await database.close());

const byId = (one: { readonly secret_id: string }, other: { readonly secret_id: string }) =>
  Buffer.compare(Buffer.from(one.secret_id), Buffer.from(other.secret_id));
const idsOf = (found: readonly SecretRow[]) => found.map(({ secret_id }) => secret_id);

describe("a domain of several pages", () => {
  const domainId = "domain-large";
  const all: RowsQuery = { domainId, index: null, condition: null, attributes: null, firstPageWhole: false };
  const large = { text: "x".repeat(15_000) };
  const odd = ["a", "Secret-1", "secret-", "secret-0", "secret-zzz", "secret-ffffffffffff0", "z", "ü", "𐐀", "\uffff"];
  const secrets: readonly Secret[] = [
    ...odd.map((secret_id) => aSecret({ domain_id: domainId, secret_id, tags: large })),
    ...Array.from({ length: 400 }, (_, index) =>
      aSecret({ domain_id: domainId, tags: { ...large, index }, schema: index % 4 === 0 ? "rare" : "common" }),
    ),
  ].toSorted(byId);

  beforeAll(async () => await loadSecrets(database.local, secrets));

  const read = async (query: Partial<RowsQuery>): Promise<SecretRow[][]> => {
    const pages: SecretRow[][] = [];
    for await (const page of rows.readRows({ ...all, ...query })) pages.push([...page]);
    return pages;
  };

  it("is read completely, in the order of ids, whatever the ids are", async () => {
    const pages = await read({});

    expect(pages.length).toBeGreaterThan(4);
    expect(pages.flat()).toEqual(secrets);
  });

  it("is read in parallel after the first page, strongly consistent, each row once", async () => {
    await read({ attributes: [["name"]] });

    const starts = proxy.requests.map(({ body }) => JSON.stringify(body["ExclusiveStartKey"]));
    const open = proxy.requests.filter(({ body }) => !String(body["KeyConditionExpression"]).includes("#last"));
    expect(new Set(starts).size).toBe(proxy.requests.length);
    expect(proxy.requests.every(({ body }) => body["ConsistentRead"] === true)).toBe(true);
    // The first request, and the last range.
    expect(open.length).toBeGreaterThanOrEqual(2);
    expect(open.length).toBeLessThan(proxy.requests.length);
  });

  it("is read with whole rows on the first page on request", async () => {
    const [first = [], ...rest] = await read({ attributes: [["name"]], firstPageWhole: true });

    expect(first).toEqual(secrets.slice(0, first.length));
    expect(rest.flat()).toEqual(secrets.slice(first.length).map(({ secret_id, name }) => ({ secret_id, name })));
  });

  it("is read under a condition, in all of its pages", async () => {
    const condition: PushedCondition = { kind: "in", path: ["schema"], values: ["rare"] };
    const wanted = secrets.filter(({ schema }) => schema === "rare");

    const pages = await read({ condition });

    expect(pages.flat()).toEqual(wanted);
    expect(await rows.countRows({ domainId, index: null, condition })).toBe(wanted.length);
    expect(await rows.countRows(all)).toBe(secrets.length);
  });

  it("is read through an index page by page", async () => {
    const index = { field: "service_account_id", value: "sa-1" } as const;

    const found = (await read({ index, attributes: [["name"]] })).flat();

    const names = secrets.map(({ name }) => name).toSorted();
    expect(found.map(({ name }) => name)).toEqual(names);
    expect(await rows.countRows({ domainId, index, condition: null })).toBe(secrets.length);
  });

  it("is read completely if ids are exactly at the boundaries of ranges", async () => {
    await read({ attributes: [] });
    const cuts = proxy.requests.flatMap(({ body }) => {
      const last = (body["ExpressionAttributeValues"] as { readonly ":last"?: { readonly S: string } })[":last"];
      return last === undefined ? [] : [last.S];
    });
    const atCuts = [...new Set(cuts)].map((secret_id) => aSecret({ domain_id: domainId, secret_id }));
    await loadSecrets(database.local, atCuts);

    const found = (await read({ attributes: [] })).flat();

    expect(atCuts.length).toBeGreaterThan(2);
    expect(idsOf(found)).toEqual(idsOf([...secrets, ...atCuts].toSorted(byId)));
  });

  it("stops asking when the reader stops", async () => {
    for await (const page of rows.readRows(all)) {
      expect(page.length).toBeGreaterThan(0);
      break;
    }

    expect(proxy.requests).toHaveLength(1);
  });

  it("ends with the signal's reason while ranges are read", async () => {
    proxy.fates = ["serve"];
    proxy.otherwise = "hang";
    const abort = new AbortController();
    const reason = new Error("no time left");

    const result = (async () => {
      for await (const page of rows.readRows(all, { signal: abort.signal })) expect(page).toBeDefined();
    })();
    await expect.poll(() => proxy.requests.length, patience).toBeGreaterThan(2);
    abort.abort(reason);

    await expect(result).rejects.toBe(reason);
  });

  it("fails as a whole if a range fails, and aborts the others", async () => {
    const othersHang = async () => {
      await expect.poll(() => proxy.hanging, patience).toBeGreaterThan(2);
      return failure("AccessDeniedException");
    };
    proxy.fates = ["serve", othersHang];
    proxy.otherwise = "hang";

    await expect(read({})).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });
    await expect.poll(() => proxy.hanging, patience).toBe(0);
  });
});

describe("conditions", () => {
  const domainId = "domain-conditions";
  const fake = new FakeSecretStore();

  /** Few keys and values, so that conditions often hold. */
  const scalars: readonly Scalar[] = ["", "a", "ab", "A", "é", "\uffff", "𐐀", 0, -1, 1.5, 2 ** 60, true, false, null];
  const values: readonly JsonValue[] = [...scalars, [], ["a", 1.5, null], [["a"]], {}, { x: "a" }, { x: { y: 1.5 } }];
  const paths: readonly ConditionPath[] = [
    ...[["name"], ["schema"], ["provider"], ["project_id"], ["version"], ["updated_at"], ["tags"]],
    ...[
      ["tags", "k"],
      ["tags", "l"],
      ["tags", "k", "x"],
      ["tags", "k", "x", "y"],
      ["tags", "none"],
    ],
  ] as readonly (readonly string[])[] as readonly ConditionPath[];
  const someValue = (index: number) => values[index % values.length] ?? null;

  const secrets = Array.from({ length: 60 }, (_, index) =>
    aSecret({
      domain_id: domainId,
      schema: index % 3 === 0 ? null : "ab",
      provider: index % 2 === 0 ? "a" : "A",
      project_id: index % 5 === 0 ? null : "𐐀",
      updated_at: index % 7 === 0 ? null : "2026-01-01T00:00:00.000Z",
      tags: index % 11 === 0 ? {} : { k: someValue(index), l: someValue(index * 7 + 3) },
    }),
  );

  beforeAll(async () => {
    await loadSecrets(database.local, secrets);
    for (const secret of secrets) fake.load(secret);
  });

  const path = fc.constantFrom(...paths);
  const scalar = fc.constantFrom(...scalars);
  const orMore = <Value>(value: fc.Arbitrary<Value>) =>
    fc.array(value, { minLength: 1, maxLength: 4 }) as unknown as fc.Arbitrary<readonly [Value, ...Value[]]>;
  const { condition } = fc.letrec<{ condition: PushedCondition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({ kind: fc.constant("exists" as const), path }),
      fc.record({ kind: fc.constant("in" as const), path, values: orMore(scalar) }),
      fc.record({ kind: fc.constant("contains" as const), path, value: scalar }),
      fc.record({
        kind: fc.constant("order" as const),
        path,
        operator: fc.constantFrom("lt", "lte", "gt", "gte"),
        value: scalar.filter((value) => typeof value === "string" || typeof value === "number"),
      }),
      fc.record({
        kind: fc.constant("type" as const),
        path,
        type: fc.constantFrom("null", "list"),
      }),
      fc.record({ kind: fc.constant("not" as const), condition: tie("condition") }),
      fc.record({ kind: fc.constantFrom("and" as const, "or" as const), conditions: orMore(tie("condition")) }),
    ),
  }));

  const read = async (port: SecretRows, pushed: PushedCondition): Promise<string[]> => {
    const query = { domainId, index: null, condition: pushed, attributes: [], firstPageWhole: false };
    const found: SecretRow[] = [];
    for await (const page of port.readRows(query)) found.push(...page);
    return idsOf(found);
  };

  it("match on DynamoDB what they match in the function", async () => {
    await fc.assert(
      fc.asyncProperty(condition.filter(isPushable), async (pushed) => {
        expect(await read(rows, pushed)).toEqual(await read(fake, pushed));
      }),
      { numRuns: 400 },
    );
  });

  it("of the greatest allowed size are accepted by DynamoDB", async () => {
    const deep: ConditionPath = ["tags", ...Array<string>(31).fill("k")];
    const inValues = Array.from({ length: 100 }, (_, index) => `value-${index}`) as unknown as readonly [string];
    const wide: PushedCondition = {
      kind: "or",
      conditions: [
        { kind: "in", path: ["schema"], values: inValues },
        ...Array.from({ length: 5 }, (): PushedCondition => ({ kind: "exists", path: deep })),
        ...Array.from(
          { length: 26 },
          (): PushedCondition => ({ kind: "not", condition: { kind: "exists", path: ["name"] } }),
        ),
      ],
    };

    expect(isPushable(wide)).toBe(true);
    expect(await read(rows, wide)).toEqual([]);
  });
});
