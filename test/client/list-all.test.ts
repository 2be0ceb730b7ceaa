import { describe, expect, it } from "vitest";
import { SecretClient } from "../../client/secret-client.ts";

/** A service that returns these pages of ids, one after the other. */
function service(...pages: readonly (readonly string[])[]) {
  const sent: object[] = [];
  const client = new SecretClient(async (_, message) => {
    const results = (pages[sent.length] ?? []).map((secret_id) => ({ secret_id }));
    sent.push(message);
    return { results, total_count: 9 };
  });
  return { client, sent };
}

describe("listAll", () => {
  it("continues after the last id of a full page", async () => {
    const { client, sent } = service(["a", "b"], ["c", "d"], ["e"]);

    const found = await collect(client.listAll({}, { pageSize: 2 }));

    expect(found.map(({ secret_id }) => secret_id)).toEqual(["a", "b", "c", "d", "e"]);
    expect(sent).toEqual(
      [[], [beyond("b")], [beyond("d")]].map((filter) => ({
        query: { filter, sort: { key: "secret_id" }, page: { limit: 2 } },
      })),
    );
  });

  it("asks for one more page if the last one was full", async () => {
    const { client, sent } = service(["a"], []);

    expect(await collect(client.listAll({}, { pageSize: 1 }))).toEqual([{ secret_id: "a" }]);
    expect(sent.length).toBe(2);
  });

  it("keeps the caller's fields, conditions and options", async () => {
    const { client, sent } = service(["a"], []);
    const mine = { key: "tags.env", operator: "eq", value: "prod" } as const;
    const query = { filter: [mine], filter_or: [mine], keyword: "k", only: ["name"] } as const;

    await collect(client.listAll({ provider: "aws", domain_id: "d", query }, { pageSize: 1 }));

    expect(sent[1]).toEqual({
      provider: "aws",
      domain_id: "d",
      query: { ...query, filter: [mine, beyond("a")], sort: { key: "secret_id" }, page: { limit: 1 } },
    });
  });

  it("reads a page only when the loop reaches it, and none after the loop ends", async () => {
    const { client, sent } = service(["a", "b"], ["c", "d"], ["e"]);
    const counts: number[] = [];

    const all = client.listAll({}, { pageSize: 2 });
    counts.push(sent.length);
    for await (const { secret_id } of all) {
      counts.push(sent.length);
      if (secret_id === "c") break;
    }

    expect(counts).toEqual([0, 1, 1, 2]);
    expect(sent.length).toBe(2);
  });

  it("ends with the signal's reason, without reading the next page", async () => {
    const { client, sent } = service(["a"], ["b"]);
    const patience = new AbortController();
    const found: string[] = [];

    const loop = async () => {
      for await (const { secret_id } of client.listAll({}, { pageSize: 1, signal: patience.signal })) {
        found.push(secret_id);
        patience.abort(new Error("no patience"));
      }
    };

    await expect(loop()).rejects.toEqual(new Error("no patience"));
    expect(found).toEqual(["a"]);
    expect(sent.length).toBe(1);
  });
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function beyond(value: string) {
  return { key: "secret_id", operator: "gt", value };
}
