/** Several writers at once, and one that repeats itself. */

import { describe, expect, it } from "vitest";
import { httpClient, invoke, lambdaClient, newDomain, outcomeOf, post, secret, tokenFor } from "./service.ts";

const writers = Array.from({ length: 20 }, (_, index) => index);

function countBy(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(outcomes)].sort().map((one) => [one, outcomes.filter((o) => o === one).length]),
  );
}

async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  return await Promise.all(calls.map(outcomeOf));
}

describe("twenty at once", () => {
  it("who create one name: one wins", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });

    const outcomes = await outcomesOf(
      writers.map(async (index) => await client.create({ ...secret, data: { index } })),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_SAVE_UNIQUE_VALUES: 19, OK: 1 });
    const { results } = await client.list({});
    expect(results).toMatchObject([{ name: "secret", version: 1 }]);
    const { data } = await client.getData({ secret_id: results[0]?.secret_id ?? "" });
    expect(data).toEqual({ index: outcomes.indexOf("OK") });
  });

  it("who rename to one name: one wins, the others keep theirs", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });
    const created = await Promise.all(
      writers.slice(0, 8).map(async (index) => await client.create({ ...secret, name: `s-${index}` })),
    );

    const outcomes = await outcomesOf(
      created.map(async ({ secret_id }) => await client.update({ secret_id, name: "wanted" })),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_SAVE_UNIQUE_VALUES: 7, OK: 1 });
    const winner = outcomes.indexOf("OK");
    const names = created.map(({ name }, index) => (index === winner ? "wanted" : name));
    const { results } = await client.list({});
    expect(results.map(({ name }) => name)).toEqual(names.sort());
    // The name that the winner gave up is free.
    expect(await outcomeOf(client.create({ ...secret, name: `s-${winner}` }))).toBe("OK");
  });

  it("who replace the version that they have seen: one wins", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);

    const outcomes = await outcomesOf(
      writers.map(async (index) => await client.updateData({ secret_id, data: { index }, expected_version: 1 })),
    );

    expect(countBy(outcomes)).toEqual({ ERROR_VERSION_CONFLICT: 19, OK: 1 });
    expect(await client.getData({ secret_id })).toMatchObject({ data: { index: outcomes.indexOf("OK") }, version: 2 });
  });

  it("who replace whatever is there: each success is a version, and no version is half written", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);

    const outcomes = await outcomesOf(
      writers.map(async (index) => await client.updateData({ secret_id, data: { index } })),
    );

    const { ERROR_VERSION_CONFLICT: lost = 0, OK: won = 0, ...others } = countBy(outcomes);
    expect(others).toEqual({});
    expect(won).toBeGreaterThan(0);
    expect(won + lost).toBe(20);
    expect(await client.get({ secret_id })).toMatchObject({ version: 1 + won });
    const kept = Array.from({ length: Math.min(5, 1 + won) }, (_, index) => 1 + won - index);
    const versions = await Promise.all(kept.map(async (version) => await client.getData({ secret_id, version })));
    const seen = versions.map(({ data }) => JSON.stringify(data));
    expect(new Set(seen).size).toBe(kept.length);
  });

  it("who update and delete one secret: it is gone, with its name and data", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });
    const { secret_id } = await client.create(secret);

    const [deleted, ...others] = await outcomesOf([
      client.delete({ secret_id }),
      ...writers.slice(0, 4).map(async (index) => await client.update({ secret_id, name: `s-${index}` })),
      ...writers.slice(0, 4).map(async (index) => await client.updateData({ secret_id, data: { index } })),
    ]);
    if (deleted !== "OK") await client.delete({ secret_id });

    const expected = ["ERROR_NOT_FOUND", "ERROR_VERSION_CONFLICT", "OK"];
    expect([deleted, ...others].filter((outcome) => !expected.includes(outcome ?? ""))).toEqual([]);
    expect(await client.list({})).toEqual({ results: [], total_count: 0 });
    const names = ["secret", ...writers.slice(0, 4).map((index) => `s-${index}`)];
    expect(await outcomesOf(names.map(async (name) => await client.create({ ...secret, name })))).toEqual(
      names.map(() => "OK"),
    );
  });
});

describe("a repeat under a client token", () => {
  it("of create answers as the first call did, also at once, and after the secret has changed", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });
    const request = { ...secret, tags: { a: 1 }, client_token: "token-1" };

    const answers = await Promise.all(writers.slice(0, 5).map(async () => await client.create(request)));
    const [first] = answers;
    await client.update({ secret_id: first?.secret_id ?? "", name: "renamed", tags: {} });
    const later = await client.create(request);

    expect([...answers, later]).toEqual([...answers, later].map(() => first));
    expect(await client.list({})).toMatchObject({ total_count: 1 });
  });

  it("of update_data makes no other version, also once others have written", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);
    const request = { secret_id, data: { mine: 1 }, expected_version: 1, client_token: "token-1" };

    await client.updateData(request);
    await client.updateData(request);
    await client.updateData({ secret_id, data: { others: 1 } });
    await client.updateData(request);

    expect(await client.getData({ secret_id })).toMatchObject({ data: { others: 1 }, version: 3 });
  });

  it("may name the token in the header", async () => {
    const domain_id = newDomain();
    const token = await tokenFor({ domain_id });
    const key = { "idempotency-key": "token-1" };

    const first = await post(token, "create", secret, key);
    const again = await post(token, "create", { ...secret, client_token: "token-1" });
    const differing = await post(token, "create", { ...secret, client_token: "token-2" }, key);

    expect(first.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(differing.body).toEqual({
      detail: {
        code: "ERROR_INVALID_PARAMETER",
        message: "Parameter is invalid. (key = client_token, reason = differs from Idempotency-Key)",
      },
    });
  });

  it("of another request is refused", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    await client.create({ ...secret, client_token: "token-1" });

    const outcome = await outcomeOf(client.create({ ...secret, name: "other", client_token: "token-1" }));

    expect(outcome).toBe("ERROR_INVALID_PARAMETER");
  });

  it("is one only within the domain, the method and the secret", async () => {
    const [first, second] = [newDomain(), newDomain()];
    const client = lambdaClient();
    const shared = { client_token: "token-1" };

    const a = await client.create({ ...secret, ...shared, domain_id: first });
    const b = await client.create({ ...secret, ...shared, domain_id: second });
    const c = await client.create({ ...secret, name: "c", domain_id: first });
    await client.updateData({ secret_id: a.secret_id, data: { a: 1 }, ...shared, domain_id: first });
    await client.updateData({ secret_id: c.secret_id, data: { c: 1 }, ...shared, domain_id: first });

    expect(b.secret_id).not.toBe(a.secret_id);
    const versions = await client.list({ domain_id: first, query: { only: ["version"] } });
    expect(versions.results).toEqual([
      { name: "c", version: 2 },
      { name: "secret", version: 2 },
    ]);
  });

  it("is no token where it is empty", async () => {
    const domain_id = newDomain();
    await invoke("create", { ...secret, client_token: "", domain_id });

    const again = await invoke("create", { ...secret, client_token: "", domain_id });

    expect(again.payload).toMatchObject({ errorType: "ERROR_SAVE_UNIQUE_VALUES" });
  });
});
