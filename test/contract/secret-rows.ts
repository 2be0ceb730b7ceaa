/** The contract of readers of many rows. It runs on the fake and on the adapter. */

import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Abortable } from "../../lib/base/async.ts";
import type { AttributePath, PushedCondition } from "../../lib/query/push-down.ts";
import type { Secret } from "../../lib/secret/secret.ts";
import type { RowQuery, RowsQuery, SecretRow, SecretRows } from "../../lib/store/secret-store.ts";
import { aSecret } from "./secret-store.ts";

/** Rows to read, and a way to load them. */
export interface SecretRowsHarness {
  readonly rows: SecretRows;
  load(secrets: readonly Secret[]): Promise<void>;
  setDown(isDown: boolean): void;
  close(): Promise<void>;
}

const domainId = `domain-${randomUUID()}`;

const secrets: readonly Secret[] = [
  { name: "b", tags: { env: { name: "prod", tier: 1 }, size: 5 }, schema: "one", service_account_id: "sa-1" },
  {
    name: "a",
    tags: { env: { name: "dev" }, list: [1, "x", null], size: "5" },
    schema: null,
    service_account_id: "sa-1",
  },
  { name: "c", tags: { env: null, list: [{ name: "prod" }], size: 10 }, schema: "two", project_id: null },
  { name: "C", tags: { env: "prod", list: [], size: true }, schema: "three", trusted_secret_id: "secret-000000000001" },
  { name: "é", tags: {}, schema: "𐐀", updated_at: null, version: null },
  { name: "z", tags: { env: { name: "Prod" }, size: -1.5 }, schema: "\uffff", provider: null },
].map((fields, index) =>
  aSecret({ ...fields, domain_id: domainId, secret_id: `secret-${String(index + 1).padStart(12, "0")}` }),
);

const all: RowsQuery = { domainId, index: null, condition: null, attributes: null, firstPageWhole: false };

export function describeSecretRows(name: string, start: () => Promise<SecretRowsHarness>): void {
  describe(name, () => {
    let harness: SecretRowsHarness;
    let rows: SecretRows;

    beforeAll(async () => {
      harness = await start();
      rows = harness.rows;
      await harness.load(secrets);
      await harness.load([aSecret({ domain_id: `${domainId}-other`, name: "b", service_account_id: "sa-1" })]);
    }, 60_000);
    afterEach(() => harness.setDown(false));
    afterAll(async () => await harness.close());

    const read = async (query: Partial<RowsQuery>, options?: Abortable): Promise<SecretRow[]> => {
      const found: SecretRow[] = [];
      for await (const page of rows.readRows({ ...all, ...query }, options)) found.push(...page);
      return found;
    };
    const namesOf = (found: readonly SecretRow[]) => found.map((row) => row.name);

    describe("readRows", () => {
      it("gives the whole secrets of a domain, in the order of their ids", async () => {
        expect(await read({})).toEqual(secrets);
      });

      it("gives nothing of a domain without secrets", async () => {
        expect(await read({ domainId: "domain-none" })).toEqual([]);
      });

      it("gives just the fields that are named, and the id", async () => {
        const found = await read({ attributes: [["name"], ["schema"], ["version"]] });

        expect(found).toEqual(
          secrets.map(({ secret_id, name, schema, version }) => ({ secret_id, name, schema, version })),
        );
      });

      it("gives the id alone where nothing is named", async () => {
        expect(await read({ attributes: [] })).toEqual(secrets.map(({ secret_id }) => ({ secret_id })));
      });

      it.each<[string, AttributePath[], unknown[]]>([
        [
          "a key below another",
          [["tags", "env", "name"]],
          [{ env: { name: "prod" } }, { env: { name: "dev" } }, {}, {}, {}, { env: { name: "Prod" } }],
        ],
        [
          "several keys",
          [
            ["tags", "env", "tier"],
            ["tags", "size"],
          ],
          [{ env: { tier: 1 }, size: 5 }, { size: "5" }, { size: 10 }, { size: true }, {}, { size: -1.5 }],
        ],
        [
          "a key, one below it, and the key again",
          [
            ["tags", "env"],
            ["tags", "env", "name"],
            ["tags", "env"],
          ],
          secrets.map(({ tags }) => ("env" in tags ? { env: tags["env"] } : {})),
        ],
        ["all and a key", [["tags", "env"], ["tags"]], secrets.map(({ tags }) => tags)],
        [
          "a key that JavaScript knows",
          [
            ["tags", "toString"],
            ["tags", "__proto__", "x"],
          ],
          secrets.map(() => ({})),
        ],
        [
          "an empty key",
          [
            ["tags", "env", ""],
            ["tags", ""],
          ],
          secrets.map(() => ({})),
        ],
      ])("gives of the tags %s", async (_, attributes, tags) => {
        const found = await read({ attributes });

        expect(found).toEqual(secrets.map(({ secret_id }, index) => ({ secret_id, tags: tags[index] })));
      });

      it("gives at least the tags of a path too deep, and of too many paths", async () => {
        const deep: AttributePath = ["tags", ...Array<string>(50).fill("env")];
        const many = Array.from({ length: 2000 }, (_, index): AttributePath => ["tags", `key-${index}`, "name"]);

        const found = await read({ attributes: [deep, ...many, ["tags", "size"]] });

        expect(found).toMatchObject(
          secrets.map(({ secret_id, tags }) => ({ secret_id, tags: "size" in tags ? { size: tags["size"] } : {} })),
        );
      });

      it("gives the rows of the first page whole where that is asked for", async () => {
        expect(await read({ attributes: [["name"]], firstPageWhole: true })).toEqual(secrets);
      });

      it.each<[RowQuery["index"], string[]]>([
        [{ field: "service_account_id", value: "sa-1" }, ["C", "a", "b", "c", "z", "é"]],
        [{ field: "project_id", value: "project-1" }, ["C", "a", "b", "z", "é"]],
        [{ field: "trusted_secret_id", value: "secret-000000000001" }, ["C"]],
        [{ field: "service_account_id", value: "sa-none" }, []],
        [{ field: "service_account_id", value: "" }, []],
        [{ field: "service_account_id", value: "x".repeat(3000) }, []],
        [{ field: "service_account_id", value: "\ud800" }, []],
      ])("gives the rows of %o, in the order of their names", async (index, names) => {
        expect(namesOf(await read({ index, attributes: [["name"]] }))).toEqual(names);
        expect(await rows.countRows({ ...all, index })).toBe(names.length);
      });

      it("gives whole rows of an index", async () => {
        const index = { field: "trusted_secret_id", value: "secret-000000000001" } as const;

        expect(await read({ index })).toEqual([secrets[3]]);
      });

      it("gives those rows of an index for which a condition holds", async () => {
        const index = { field: "service_account_id", value: "sa-1" } as const;
        const condition: PushedCondition = { kind: "in", path: ["tags", "size"], values: [5] };

        expect(namesOf(await read({ index, condition }))).toEqual(["b"]);
        expect(await rows.countRows({ domainId, index, condition })).toBe(1);
      });
    });

    describe("conditions", () => {
      it.each<[string, PushedCondition, string[]]>([
        ["equal string", { kind: "in", path: ["schema"], values: ["one"] }, ["b"]],
        ["equal is exact", { kind: "in", path: ["schema"], values: ["One"] }, []],
        ["equal number", { kind: "in", path: ["tags", "size"], values: [5] }, ["b"]],
        ["equal string of digits", { kind: "in", path: ["tags", "size"], values: ["5"] }, ["a"]],
        ["equal boolean", { kind: "in", path: ["tags", "size"], values: [true] }, ["C"]],
        ["equal null", { kind: "in", path: ["tags", "env"], values: [null] }, ["c"]],
        ["equal below a key", { kind: "in", path: ["tags", "env", "name"], values: ["prod"] }, ["b"]],
        ["equal below a list", { kind: "in", path: ["tags", "list", "name"], values: ["prod"] }, []],
        ["equal element", { kind: "in", path: ["tags", "list"], values: [1] }, []],
        ["equal unset", { kind: "in", path: ["schema"], values: [null] }, []],
        ["exists", { kind: "exists", path: ["schema"] }, ["b", "c", "C", "é", "z"]],
        ["exists null", { kind: "exists", path: ["tags", "env"] }, ["b", "a", "c", "C", "z"]],
        ["exists nothing", { kind: "exists", path: ["tags", "env", "none"] }, []],
        ["not exists", { kind: "not", condition: { kind: "exists", path: ["updated_at"] } }, ["é"]],
        [
          "not equal",
          { kind: "not", condition: { kind: "in", path: ["schema"], values: ["one"] } },
          ["a", "c", "C", "é", "z"],
        ],
        ["in", { kind: "in", path: ["schema"], values: ["one", "two", "none"] }, ["b", "c"]],
        ["in of several types", { kind: "in", path: ["tags", "size"], values: [5, "5", true, null] }, ["b", "a", "C"]],
        [
          "less strings by code point",
          { kind: "order", path: ["schema"], operator: "lt", value: "𐐀" },
          ["b", "c", "C", "z"],
        ],
        ["more strings by code point", { kind: "order", path: ["schema"], operator: "gt", value: "\uffff" }, ["é"]],
        ["at most", { kind: "order", path: ["schema"], operator: "lte", value: "one" }, ["b"]],
        [
          "at least",
          { kind: "order", path: ["created_at"], operator: "gte", value: "2026" },
          ["b", "a", "c", "C", "é", "z"],
        ],
        ["less numbers", { kind: "order", path: ["tags", "size"], operator: "lt", value: 10 }, ["b", "z"]],
        [
          "not less takes other types in",
          { kind: "not", condition: { kind: "order", path: ["tags", "size"], operator: "lt", value: 10 } },
          ["a", "c", "C", "é"],
        ],
        ["contains string", { kind: "contains", path: ["schema"], value: "o" }, ["b", "c"]],
        ["contains is exact", { kind: "contains", path: ["schema"], value: "O" }, []],
        ["contains element", { kind: "contains", path: ["tags", "list"], value: "x" }, ["a"]],
        ["contains no part of an element", { kind: "contains", path: ["tags", "list"], value: "" }, []],
        ["contains null", { kind: "contains", path: ["tags", "list"], value: null }, ["a"]],
        ["contains in no map", { kind: "contains", path: ["tags", "env"], value: "name" }, []],
        ["type list", { kind: "type", path: ["tags", "list"], type: "list" }, ["a", "c", "C"]],
        ["type null", { kind: "type", path: ["tags", "env"], type: "null" }, ["c"]],
        [
          "and",
          {
            kind: "and",
            conditions: [
              { kind: "exists", path: ["schema"] },
              { kind: "in", path: ["name"], values: ["b"] },
            ],
          },
          ["b"],
        ],
        [
          "or in and",
          {
            kind: "and",
            conditions: [
              {
                kind: "or",
                conditions: [
                  { kind: "in", path: ["name"], values: ["b"] },
                  { kind: "in", path: ["name"], values: ["c"] },
                ],
              },
              { kind: "not", condition: { kind: "in", path: ["schema"], values: ["two"] } },
            ],
          },
          ["b"],
        ],
        [
          "and in or",
          {
            kind: "or",
            conditions: [
              { kind: "in", path: ["name"], values: ["z"] },
              {
                kind: "and",
                conditions: [
                  { kind: "in", path: ["name"], values: ["b"] },
                  { kind: "in", path: ["schema"], values: ["two"] },
                ],
              },
            ],
          },
          ["z"],
        ],
        [
          "single and, or and not in one another",
          {
            kind: "or",
            conditions: [
              {
                kind: "not",
                condition: {
                  kind: "and",
                  conditions: [
                    {
                      kind: "not",
                      condition: { kind: "or", conditions: [{ kind: "in", path: ["name"], values: ["a"] }] },
                    },
                  ],
                },
              },
            ],
          },
          ["a"],
        ],
        ["a key with dots", { kind: "in", path: ["tags", "env.name"], values: ["prod"] }, []],
        ["a key of the expression language", { kind: "exists", path: ["tags", "#d = :d OR attribute_exists(#d)"] }, []],
        ["a value of the expression language", { kind: "in", path: ["schema"], values: [":domain"] }, []],
        ["a key that JavaScript knows", { kind: "exists", path: ["tags", "__proto__"] }, []],
      ])("%s", async (_, condition, names) => {
        expect(namesOf(await read({ condition }))).toEqual(names);
        expect(await rows.countRows({ domainId, index: null, condition })).toBe(names.length);
      });
    });

    describe("countRows", () => {
      it("counts a domain", async () => {
        expect(await rows.countRows(all)).toBe(secrets.length);
        expect(await rows.countRows({ ...all, domainId: "domain-none" })).toBe(0);
      });
    });

    describe("findByIds", () => {
      const [first, second] = secrets.map(({ secret_id }) => secret_id);

      it("gives secrets in the order of the ids, each once, and leaves out what is not there", async () => {
        const ids = [second, "secret-ffffffffffff", first, second, "", "x".repeat(2000), "\ud800", "odd"].map(String);

        expect(await rows.findByIds(domainId, ids)).toEqual([secrets[1], secrets[0]]);
      });

      it("gives nothing for no ids, and nothing of another domain", async () => {
        expect(await rows.findByIds(domainId, [])).toEqual([]);
        expect(await rows.findByIds("domain-none", [String(first)])).toEqual([]);
      });

      it("gives more secrets than one request can hold", async () => {
        const many = Array.from({ length: 230 }, () => aSecret({ domain_id: `${domainId}-many` }));
        await harness.load(many);

        const ids = many.map(({ secret_id }) => secret_id);

        expect(await rows.findByIds(`${domainId}-many`, ids)).toEqual(many);
      });
    });

    describe("findIdsByNames", () => {
      it("gives ids in the order of the names, each once, and leaves out what is not there", async () => {
        const names = ["c", "none", "b", "c", "", "B", "x".repeat(2000)];

        expect(await rows.findIdsByNames(domainId, names)).toEqual(
          [secrets[2], secrets[0]].map((secret) => secret?.secret_id),
        );
      });

      it("takes half a surrogate pair for no other text", async () => {
        await harness.load([aSecret({ domain_id: `${domainId}-replaced`, name: "\ufffd" })]);

        expect(await rows.findIdsByNames(`${domainId}-replaced`, ["\ud800"])).toEqual([]);
      });

      it("gives nothing of another domain", async () => {
        expect(await rows.findIdsByNames("domain-none", ["b"])).toEqual([]);
      });
    });

    const calls: readonly [string, (options?: Abortable) => Promise<unknown>][] = [
      ["readRows", async (options) => await read({}, options)],
      ["countRows", async (options) => await rows.countRows(all, options)],
      ["findByIds", async (options) => await rows.findByIds(domainId, ["secret-000000000001"], options)],
      ["findIdsByNames", async (options) => await rows.findIdsByNames(domainId, ["a"], options)],
    ];

    it.each(calls)("%s tells that the database is unavailable, and keeps why", async (_, call) => {
      harness.setDown(true);

      await expect(call()).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE", cause: expect.any(Error) });
    });

    it.each(calls)("%s ends with the reason of the caller's signal", async (_, call) => {
      const reason = new Error("no time left");

      await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}
