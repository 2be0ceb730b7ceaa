/** Secrets with a trusted secret, whose data is merged under theirs. */

import { KMSClient } from "@aws-sdk/client-kms";
import { describe, expect, it } from "vitest";
import { kmsUnwrap } from "../../client/kms-unwrap.ts";
import { credentials } from "../../tools/local/folder.ts";
import { httpClient, lambdaClient, newDomain, outcomeOf, post, secret, stack, tokenFor } from "./service.ts";

const trustedData = { account: "123", key: { trusted: 1, more: 2 }, "10": "t" };
const ownData = { key: { own: 1 }, region: "eu" };

async function family() {
  const domain_id = newDomain();
  const client = await httpClient({ domain_id });
  const trusted = await client.create({ ...secret, name: "trusted", data: trustedData });
  const own = await client.create({ ...secret, data: ownData, trusted_secret_id: trusted.secret_id });
  return { domain_id, client, trusted, own };
}

describe("a secret with a trusted secret", () => {
  it("merges its data over the trusted secret's, by top-level key", async () => {
    const { client, own, trusted } = await family();

    const answer = await client.getData({ secret_id: own.secret_id });

    expect(own.trusted_secret_id).toBe(trusted.secret_id);
    expect(answer.data).toEqual({ account: "123", key: { own: 1 }, region: "eu", "10": "t" });
    expect(answer.version).toBe(1);
  });

  it("changes its etag but not its version when the trusted secret's data changes", async () => {
    const { client, own, trusted } = await family();
    const { secret_id } = own;
    const before = await client.getData({ secret_id });

    await client.updateData({ secret_id: trusted.secret_id, data: { account: "456" } });
    const after = await client.getData({ secret_id, unless_etag: before.etag });

    expect(after).toMatchObject({ data: { account: "456", ...ownData }, version: 1 });
    expect(after.etag).not.toBe(before.etag);
    expect(await client.getData({ secret_id, unless_etag: after.etag })).toMatchObject({
      not_modified: true,
      data: {},
    });
  });

  it("keeps the trusted secret after new data of its own", async () => {
    const { client, own } = await family();
    const { secret_id } = own;

    await client.updateData({ secret_id, data: { region: "us" } });

    expect(await client.getData({ secret_id })).toMatchObject({
      data: { account: "123", key: { trusted: 1, more: 2 }, region: "us" },
      version: 2,
    });
    expect(await client.getData({ secret_id, version: 1 })).toMatchObject({ data: { account: "123", ...ownData } });
  });

  it("keeps the trusted secret from being deleted", async () => {
    const { client, own, trusted } = await family();

    const refused = await outcomeOf(client.delete({ secret_id: trusted.secret_id }));
    const readable = await client.getData({ secret_id: own.secret_id });
    await client.delete({ secret_id: own.secret_id });
    const deleted = await outcomeOf(client.delete({ secret_id: trusted.secret_id }));

    expect([refused, deleted]).toEqual(["ERROR_EXIST_RELATED_SECRET", "OK"]);
    expect(readable.data).toMatchObject({ account: "123" });
  });

  it("can be found by its trusted secret", async () => {
    const { client, own, trusted } = await family();

    const { results } = await client.list({ trusted_secret_id: trusted.secret_id });

    expect(results).toEqual([own]);
  });

  it("comes sealed in two parts, each with its own context", async () => {
    const { domain_id, own, trusted } = await family();
    const token = await tokenFor({ domain_id });
    const { text, body } = await post(token, "get-data", { secret_id: own.secret_id, sealed: true });
    const kms = new KMSClient({ endpoint: stack.kms, region: stack.region, credentials });
    const opener = await httpClient({ domain_id }, { domain_id, unwrap: kmsUnwrap(kms) });

    const opened = await opener.getData({ secret_id: own.secret_id, sealed: true });

    expect(opened).toMatchObject({
      data: { account: "123", key: { own: 1 }, region: "eu", "10": "t" },
      encrypted: false,
      version: 1,
    });
    expect(text).not.toContain("account");
    expect(body).toMatchObject({
      data: { encrypted_data: expect.any(String), trusted_encrypted_data: expect.any(String) },
      encrypted: true,
      encrypt_options: {
        encrypt_type: "AWS_KMS",
        encrypted_data_key: expect.any(String),
        trusted_encrypted_data_key: expect.any(String),
        encrypt_context: { domain_id, secret_id: own.secret_id, version: "1", trusted_secret_id: trusted.secret_id },
        trusted_encrypt_context: { domain_id, secret_id: trusted.secret_id, version: "1" },
      },
    });
    kms.destroy();
  });
});

describe("a trusted secret", () => {
  it("must exist, and must not inherit from another one", async () => {
    const { client, own } = await family();
    const create = async (trusted_secret_id: string) =>
      await client.create({ ...secret, name: "new", trusted_secret_id });

    const outcomes = ["secret-000000000000", "no secret", own.secret_id].map(async (id) => await outcomeOf(create(id)));

    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => "ERROR_NOT_FOUND"));
    expect(await client.list({ name: "new" })).toMatchObject({ total_count: 0 });
  });

  it("is checked before the name", async () => {
    const { client } = await family();

    const outcome = await outcomeOf(client.create({ ...secret, trusted_secret_id: "secret-000000000000" }));

    expect(outcome).toBe("ERROR_NOT_FOUND");
  });

  it("is never deleted while another secret starts to inherit from it", async () => {
    const domain_id = newDomain();
    const client = lambdaClient();
    const names = Array.from({ length: 6 }, (_, index) => `t-${index}`);
    const trusted = await Promise.all(names.map(async (name) => await client.create({ ...secret, name, domain_id })));

    const outcomes = await Promise.all(
      trusted.map(async ({ secret_id, name }) => {
        const request = { ...secret, name: `d-${name}`, trusted_secret_id: secret_id, domain_id };
        return await Promise.all([
          outcomeOf(client.create(request)),
          outcomeOf(client.delete({ secret_id, domain_id })),
        ]);
      }),
    );

    const allowed = ["OK,ERROR_EXIST_RELATED_SECRET", "ERROR_NOT_FOUND,OK"];
    expect(outcomes.map(String).filter((pair) => !allowed.includes(pair))).toEqual([]);
    const { results } = await client.list({
      domain_id,
      query: { filter: [{ key: "trusted_secret_id", operator: "not", value: null }] },
    });
    const readable = results.map(async ({ secret_id }) => await outcomeOf(client.getData({ secret_id, domain_id })));
    expect(await Promise.all(readable)).toEqual(readable.map(() => "OK"));
  });
});
