/** Writes that are repeated under a client token. */

import { describe, expect, it } from "vitest";
import { httpClient, invoke, lambdaClient, newDomain, outcomeOf, post, secret, tokenFor } from "./service.ts";

describe("a repeated call with a client_token", () => {
  it("of create answers as the first call did, even concurrently or after a change", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });
    const request = { ...secret, tags: { a: 1 }, client_token: "token-1" };

    const answers = await Promise.all([1, 2, 3].map(async () => await client.create(request)));
    const [first] = answers;
    await client.update({ secret_id: first?.secret_id ?? "", name: "renamed", tags: {} });
    const later = await client.create(request);

    expect([...answers, later]).toEqual([...answers, later].map(() => first));
    expect(await client.list({})).toMatchObject({ total_count: 1 });
  });

  it("of update_data makes no second version, even after other writes", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);
    const request = { secret_id, data: { mine: 1 }, expected_version: 1, client_token: "token-1" };

    await client.updateData(request);
    await client.updateData(request);
    await client.updateData({ secret_id, data: { others: 1 } });
    await client.updateData(request);

    expect(await client.getData({ secret_id })).toMatchObject({ data: { others: 1 }, version: 3 });
  });

  it("can send the token in the header", async () => {
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

  it("is refused for a different request", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    await client.create({ ...secret, client_token: "token-1" });

    const outcome = await outcomeOf(client.create({ ...secret, name: "other", client_token: "token-1" }));

    expect(outcome).toBe("ERROR_INVALID_PARAMETER");
  });

  it("is a repeat only within the same domain, method and secret", async () => {
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

  it("is not a repeat with an empty token", async () => {
    const domain_id = newDomain();
    await invoke("create", { ...secret, client_token: "", domain_id });

    const again = await invoke("create", { ...secret, client_token: "", domain_id });

    expect(again.payload).toMatchObject({ errorType: "ERROR_SAVE_UNIQUE_VALUES" });
  });
});
