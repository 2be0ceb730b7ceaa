/** The requests to KMS, and which callers can open what it wraps. */

import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { kmsUnwrap } from "../../client/kms-unwrap.ts";
import { credentials } from "../../tools/local/folder.ts";
import {
  expectFailure,
  httpClient,
  invoke,
  lambdaClient,
  newDomain,
  post,
  secret,
  stack,
  tokenFor,
} from "./service.ts";

const kms = new KMSClient({ endpoint: stack.kms, region: stack.region, credentials });

afterAll(() => kms.destroy());

type Requests = Readonly<Partial<Record<"GenerateDataKey" | "Decrypt", number>>>;

async function readRequests(): Promise<Requests> {
  const response = await fetch(`${stack.kms}/admin/requests`);
  return (await response.json()) as Requests;
}

/** The number of requests to KMS in a call. */
async function requestsOf(call: () => Promise<unknown>): Promise<Requests> {
  const before = await readRequests();
  await call();
  const after = await readRequests();
  const made = (["GenerateDataKey", "Decrypt"] as const).map((name) => [
    name,
    (after[name] ?? 0) - (before[name] ?? 0),
  ]);
  return Object.fromEntries(made.filter(([, count]) => count !== 0));
}

describe("KMS", () => {
  it("is called once for a new version and once for its first read, and not again", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);

    expect(await requestsOf(async () => await client.create({ ...secret, name: "second" }))).toEqual({
      GenerateDataKey: 1,
    });
    expect(await requestsOf(async () => await client.updateData({ secret_id, data: {} }))).toEqual({
      GenerateDataKey: 1,
    });
    expect(await requestsOf(async () => await client.getData({ secret_id }))).toEqual({ Decrypt: 1 });
    expect(await requestsOf(async () => await client.getData({ secret_id }))).toEqual({});
  });

  it("is not called for unchanged data, sealed data and metadata", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id });
    const { secret_id } = await client.create(secret);
    // Sealed, so that the function does not know the key yet.
    const { etag } = await client.getData({ secret_id, sealed: true });

    const unchanged = await client.getData({ secret_id, unless_etag: etag });
    const requests = await requestsOf(async () => {
      await client.getData({ secret_id, unless_etag: etag });
      await client.getData({ secret_id, sealed: true });
      await client.get({ secret_id });
      await client.update({ secret_id, name: "renamed" });
      await client.list({});
      await client.stat({ query: { distinct: "name" } });
      await client.delete({ secret_id });
    });

    expect(unchanged).toEqual({
      data: {},
      dataText: "{}",
      encrypted: false,
      encrypt_options: {},
      secret_id,
      version: 1,
      etag,
      not_modified: true,
    });
    expect(requests).toEqual({});
  });

  it("has a new etag after every update, even with equal data", async () => {
    const client = await httpClient({ domain_id: newDomain() });
    const { secret_id } = await client.create(secret);
    const before = await client.getData({ secret_id });
    await client.updateData({ secret_id, data: secret.data });

    const after = await client.getData({ secret_id, unless_etag: before.etag });

    expect(after).toMatchObject({ data: secret.data, version: 2 });
    expect(after.etag).not.toBe(before.etag);
  });
});

describe("sealed data", () => {
  it("is opened by the client, whatever the data is", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id }, { domain_id, unwrap: kmsUnwrap(kms, stack.key_id) });
    const data = { κλειδί: "🔑", empty: "", nested: { list: [1, null] } };
    const { secret_id } = await client.create({ ...secret, data });

    const opened = await client.getData({ secret_id, sealed: true });
    const plain = await client.getData({ secret_id });

    expect(opened).toEqual(plain);
    expect(opened.data).toEqual(data);
  });

  it("is opened by the client after a direct invocation, too", async () => {
    const domain_id = newDomain();
    const client = lambdaClient({ unwrap: kmsUnwrap(kms) });
    const { secret_id } = await client.create({ ...secret, domain_id });

    const opened = await client.getData({ secret_id, sealed: true, domain_id });

    expect(opened).toMatchObject({ data: secret.data, encrypted: false, encrypt_options: {} });
  });

  it("holds no plaintext, and its data key unwraps only under its own context", async () => {
    const domain_id = newDomain();
    const token = await tokenFor({ domain_id });
    const created = await post(token, "create", secret);
    const secret_id = String(Reflect.get(Object(created.body), "secret_id"));

    const { text, body } = await post(token, "get-data", { secret_id, sealed: true });

    expect(body).toEqual({
      data: { encrypted_data: expect.any(String) },
      encrypted: true,
      encrypt_options: {
        encrypt_type: "AWS_KMS",
        encrypt_algorithm: "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
        encrypted_data_key: expect.any(String),
        nonce: expect.any(String),
        salt: expect.any(String),
        commitment: expect.any(String),
        encrypt_context: { domain_id, secret_id, version: "1" },
      },
      secret_id,
      version: 1,
      etag: expect.any(String),
    });
    expect(text).not.toContain("s3cr3t");
    const { encrypt_options } = body as { readonly encrypt_options: { readonly encrypted_data_key: string } };
    const CiphertextBlob = Buffer.from(encrypt_options.encrypted_data_key, "base64");
    const unwrapUnder = async (EncryptionContext: Record<string, string>) =>
      await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect((await unwrapUnder({ domain_id, secret_id, version: "1" })).Plaintext?.length).toBe(32);
    for (const other of [{}, { domain_id, secret_id }, { domain_id, secret_id, version: "2" }]) {
      await expect(unwrapUnder(other as Record<string, string>)).rejects.toMatchObject({
        name: "InvalidCiphertextException",
      });
    }
  });
});

describe("a KMS that does not work", () => {
  async function breakKms(fault: object): Promise<void> {
    onTestFinished(async () => void (await fetch(`${stack.kms}/admin/faults`, { method: "DELETE" })));
    await fetch(`${stack.kms}/admin/faults`, { method: "POST", body: JSON.stringify(fault) });
  }

  it.each(["ThrottlingException", "AccessDeniedException", "DisabledException"])(
    "makes the service unavailable, and nothing is stored: %s",
    async (error) => {
      const domain_id = newDomain();
      const token = await tokenFor({ domain_id });
      await breakKms({ kind: "error", error });

      const answer = await post(token, "create", secret);
      const direct = await invoke("create", { ...secret, domain_id });

      expectFailure(answer, 503, "ERROR_UNAVAILABLE", "The service is temporarily unavailable. (service = kms)");
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(direct).toMatchObject({ failed: true, payload: { errorType: "ERROR_UNAVAILABLE" } });
      expect(await lambdaClient().list({ domain_id })).toEqual({ results: [], total_count: 0 });
    },
  );

  it("is waited for by the client, which creates once", async () => {
    const domain_id = newDomain();
    const client = await httpClient({ domain_id }, { retry: { delayMs: 10 } });
    // The function itself makes three attempts.
    await breakKms({ kind: "error", error: "ThrottlingException", operation: "GenerateDataKey", times: 3 });

    const created = await client.create({ ...secret, domain_id });

    expect(await client.list({ domain_id })).toEqual({ results: [created], total_count: 1 });
  });
});
