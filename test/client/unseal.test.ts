import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KMSClient } from "@aws-sdk/client-kms";
import { describe, expect, it, onTestFinished } from "vitest";
import { kmsUnwrap } from "../../client/kms-unwrap.ts";
import { type Unwrap, unseal } from "../../client/unseal.ts";
import { CorruptDataError, seal } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, KeyService } from "../../lib/crypto/key-service.ts";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { type BoundData, toSealedAnswer } from "../../lib/crypto/sealed-answer.ts";
import { startKms } from "../../tools/local/kms/server.ts";
import { close, listen } from "../../tools/local/loopback.ts";
import { FakeKeyService } from "../fakes/key-service.ts";

const ownContext: EncryptionContext = { domain_id: "domain-1", secret_id: "secret-0123456789ab", version: "2" };
const trustedContext: EncryptionContext = { domain_id: "domain-1", secret_id: "secret-ba9876543210", version: "5" };
const keys = new FakeKeyService();
const unwrap: Unwrap = async (wrappedKey, context) => await keys.unwrapDataKey(wrappedKey, context);

async function sealText(text: string, context = ownContext, service: KeyService = keys): Promise<BoundData> {
  return { sealed: seal(Buffer.from(text), await service.generateDataKey(context), context), context };
}

type Answer = Record<"data" | "encrypt_options", object>;

/** The answer as received, after JSON. */
async function answerOf(own: string, trusted?: string): Promise<Answer> {
  const lower = trusted === undefined ? undefined : await sealText(trusted, trustedContext);
  const context = lower === undefined ? ownContext : { ...ownContext, trusted_secret_id: trustedContext.secret_id };
  return JSON.parse(JSON.stringify(toSealedAnswer(await sealText(own, context), lower))) as Answer;
}

describe("unseal", () => {
  it("returns the data", async () => {
    const answer = await answerOf('{"password":"пароль 🔑","n":1.5,"empty":""}');

    expect((await unseal(answer, unwrap)).data).toEqual({ password: "пароль 🔑", n: 1.5, empty: "" });
  });

  it("merges a trusted secret's data under the secret's own, by top-level key", async () => {
    const answer = await answerOf('{"b":{"own":1},"c":3}', '{"a":1,"b":{"trusted":1,"more":2}}');

    expect((await unseal(answer, unwrap)).data).toEqual({ a: 1, b: { own: 1 }, c: 3 });
  });

  it.each([
    ["own", '{"__proto__":{"admin":true}}', "{}"],
    ["trusted", "{}", '{"__proto__":{"admin":true}}'],
  ])("keeps __proto__ in the %s data as an ordinary key", async (_, own, trusted) => {
    const { data } = await unseal(await answerOf(own, trusted), unwrap);

    expect(JSON.stringify(data)).toBe('{"__proto__":{"admin":true}}');
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });

  it("opens with KMS", async () => {
    const dir = await mkdtemp(join(tmpdir(), "unseal-"));
    const kms = await startKms({ dir });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new KMSClient({ region: "us-east-1", endpoint: kms.url, credentials });
    onTestFinished(async () => {
      client.destroy();
      await kms.close();
      await rm(dir, { recursive: true });
    });
    const own = await sealText('{"a":1}', ownContext, new KmsKeyService(client, kms.keyId));

    const { data } = await unseal(toSealedAnswer(own), kmsUnwrap(client, kms.keyId));

    expect(data).toEqual({ a: 1 });
  });

  it.each([
    ["AccessDeniedException", "ERROR_PERMISSION_DENIED", "KMS does not allow the caller to decrypt."],
    ["KMSInternalException", "ERROR_UNAVAILABLE", "The service is temporarily unavailable. (service = kms)"],
  ])("translates KMS's %s", async (type, code, message) => {
    const server = createServer((_, response) => response.writeHead(400).end(JSON.stringify({ __type: type })));
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const endpoint = await listen(server, 0);
    const client = new KMSClient({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 });
    onTestFinished(async () => {
      client.destroy();
      await close(server);
    });

    const failing = unseal(await answerOf("{}"), kmsUnwrap(client));

    await expect(failing).rejects.toMatchObject({ name: "SecretApiError", code, message });
  });

  it("accepts the answer that was asked for", async () => {
    const answer = await answerOf('{"a":1}');

    expect((await unseal(answer, unwrap, { domain_id: "domain-1", secret_id: "secret-0123456789ab" })).data).toEqual({
      a: 1,
    });
  });

  it("refuses an answer for another secret, even though it would open", async () => {
    const answer = await answerOf("{}");

    await expect(unseal(answer, unwrap, { secret_id: "secret-ffffffffffff" })).rejects.toEqual(
      new TypeError("The sealed answer is for another secret_id."),
    );
  });

  it.each([["encrypted_data"], ["trusted_encrypted_data"]])(
    "fails with the same error if %s was changed",
    async (name) => {
      const answer = await answerOf("{}", "{}");

      const changed = { ...answer, data: { ...answer.data, [name]: Buffer.alloc(18).toString("base64") } };

      await expect(unseal(changed, unwrap)).rejects.toEqual(new CorruptDataError());
    },
  );

  it.each(["nonce", "trusted_nonce", "salt", "trusted_commitment", "encrypted_data_key"])(
    "fails if %s was changed",
    async (name) => {
      const answer = await answerOf("{}", "{}");

      const changed = { ...answer, encrypt_options: { ...answer.encrypt_options, [name]: "AAAA" } };

      await expect(unseal(changed, unwrap)).rejects.toEqual(new CorruptDataError());
    },
  );

  it("fails if the data of another trusted secret is put under it", async () => {
    const own = await sealText("{}", { ...ownContext, trusted_secret_id: "secret-000000000000" });
    const lower = await sealText('{"a":1}', trustedContext);

    await expect(unseal(toSealedAnswer(own, lower), unwrap)).rejects.toEqual(new CorruptDataError());
    await expect(unseal(toSealedAnswer(own), unwrap)).rejects.toEqual(new CorruptDataError());
  });

  it("fails if own and trusted data are swapped", async () => {
    const answer = await answerOf('{"a":1}', '{"b":2}');
    const { encrypted_data, trusted_encrypted_data } = answer.data as { [name: string]: string };

    const swapped = {
      ...answer,
      data: { encrypted_data: trusted_encrypted_data, trusted_encrypted_data: encrypted_data },
    };

    await expect(unseal(swapped, unwrap)).rejects.toEqual(new CorruptDataError());
  });

  it.each([
    ["no JSON", "p4ssw0rd"],
    ["no object", '["p4ssw0rd"]'],
  ])("fails for data that is %s, without quoting it", async (_, text) => {
    await expect(unseal(await answerOf(text), unwrap)).rejects.toEqual(new CorruptDataError());
  });

  it("rethrows what unwrapping throws", async () => {
    const answer = await answerOf("{}");

    const failing = unseal(answer, async () => {
      throw new Error("no network");
    });

    await expect(failing).rejects.toEqual(new Error("no network"));
  });
});

describe("unseal of an answer that is not a sealed one", () => {
  it.each([
    ["null", null, "encrypted is not true"],
    ["an open answer", { data: {}, encrypted: false, encrypt_options: {} }, "encrypted is not true"],
    ["no data", { encrypted: true, encrypt_options: {} }, "data is not an object"],
    ["no options", { encrypted: true, data: {} }, "encrypt_options is not an object"],
    ["another type", { encrypted: true, data: {}, encrypt_options: {} }, "encrypt_type is not AWS_KMS"],
  ])("names what is wrong: %s", async (_, answer, wrong) => {
    await expect(unseal(answer, unwrap)).rejects.toEqual(new TypeError(`The answer is not sealed data: ${wrong}.`));
  });

  it.each([
    ["nonce", undefined, "nonce is not a string"],
    ["salt", 1, "salt is not a string"],
    ["commitment", "a_b-", "commitment is not base64"],
    ["encrypted_data_key", "AQ", "encrypted_data_key is not base64"],
    ["encrypt_context", null, "encrypt_context is not an object"],
    ["encrypt_context", { domain_id: "d", secret_id: "s", version: 1 }, "version is not a string"],
    ["trusted_nonce", "*", "trusted_nonce is not base64"],
    ["trusted_encrypt_context", [], "trusted_encrypt_context is not an object"],
  ])("names the option that is wrong: %s = %s", async (name, value, wrong) => {
    const answer = await answerOf("{}", "{}");

    const malformed = { ...answer, encrypt_options: { ...answer.encrypt_options, [name]: value } };

    await expect(unseal(malformed, unwrap)).rejects.toEqual(new TypeError(`The answer is not sealed data: ${wrong}.`));
  });
});
