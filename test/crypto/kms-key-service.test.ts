/** The KMS adapter against a KMS endpoint over HTTP. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateKeyCommand, GenerateDataKeyCommand, KMSClient, ReEncryptCommand } from "@aws-sdk/client-kms";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext } from "../../lib/crypto/key-service.ts";
import { KmsKeyService, unwrapWithKms } from "../../lib/crypto/kms-key-service.ts";
import { type LocalKms, startKms } from "../../tools/local/kms/server.ts";
import { describeKeyService } from "../contract/key-service.ts";

interface Running {
  readonly kms: LocalKms;
  readonly client: KMSClient;
  close(): Promise<void>;
}

async function start(): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), "kms-key-service-"));
  const kms = await startKms({ dir });
  const client = new KMSClient({
    region: "us-east-1",
    endpoint: kms.url,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 2,
  });
  const close = async () => {
    client.destroy();
    await kms.close();
    await rm(dir, { recursive: true });
  };
  return { kms, client, close };
}

const context: EncryptionContext = { domain_id: "domain-1", secret_id: "secret-0123456789ab", version: "1" };

describeKeyService("KmsKeyService", async () => {
  const { kms, client, close } = await start();
  return {
    keys: new KmsKeyService(client, kms.keyId),
    setDown: (isDown) => {
      kms.faults.clear();
      if (isDown) {
        kms.faults.add({ kind: "error", error: "KMSInternalException" });
      }
    },
    setDelay: (delayMs) => {
      kms.faults.clear();
      kms.faults.add({ kind: "delay", delayMs });
    },
    close,
  };
});

describe("KmsKeyService", () => {
  let running: Running;
  let keys: KmsKeyService;

  beforeAll(async () => {
    running = await start();
    keys = new KmsKeyService(running.client, running.kms.keyId);
  });
  afterEach(() => running.kms.faults.clear());
  afterAll(async () => await running.close());

  it.each([
    "AccessDeniedException",
    "DisabledException",
    "NotFoundException",
    "KeyUnavailableException",
    "ThrottlingException",
    "ValidationException",
  ] as const)("reports %s as unavailable, without KMS's own message", async (error) => {
    running.kms.faults.add({ kind: "error", error });

    const failure = await keys.generateDataKey(context).catch((thrown: unknown) => thrown);

    expect(failure).toMatchObject({
      code: "ERROR_UNAVAILABLE",
      message: "The service is temporarily unavailable. (service = kms)",
      cause: { name: error },
    });
  });

  it("reports a broken connection as unavailable", async () => {
    running.kms.faults.add({ kind: "drop" });

    await expect(keys.unwrapDataKey(Buffer.alloc(80), context)).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });
  });

  it("reports a missing wrapping key as unavailable", async () => {
    const other = new KmsKeyService(running.client, "alias/none");

    await expect(other.generateDataKey(context)).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });
  });

  it("retries a request that is throttled once", async () => {
    running.kms.faults.add({ kind: "error", error: "ThrottlingException", times: 1 });

    expect((await keys.generateDataKey(context)).keyId).toBe(running.kms.keyId);
  });

  it("unwraps a data key that was re-wrapped under another KMS key", async () => {
    const { key, wrappedKey } = await keys.generateDataKey(context);
    const { KeyMetadata } = await running.client.send(new CreateKeyCommand({}));
    const { CiphertextBlob } = await running.client.send(
      new ReEncryptCommand({
        CiphertextBlob: wrappedKey,
        DestinationKeyId: KeyMetadata?.KeyId,
        SourceEncryptionContext: context,
        DestinationEncryptionContext: context,
      }),
    );

    const unwrapped = await keys.unwrapDataKey(CiphertextBlob ?? Buffer.alloc(0), context);

    expect(unwrapped.equals(key)).toBe(true);
  });

  it("unwraps only with the given KMS key if one is configured", async () => {
    const { key, wrappedKey } = await keys.generateDataKey(context);
    const { KeyMetadata } = await running.client.send(new CreateKeyCommand({}));

    const own = await unwrapWithKms(running.client, { wrappedKey, context, keyId: running.kms.keyId });
    const foreign = unwrapWithKms(running.client, { wrappedKey, context, keyId: KeyMetadata?.KeyId });

    expect(own.equals(key)).toBe(true);
    await expect(foreign).rejects.toEqual(new CorruptDataError());
  });

  it("refuses a data key that does not have 256 bits", async () => {
    const { CiphertextBlob } = await running.client.send(
      new GenerateDataKeyCommand({ KeyId: running.kms.keyId, KeySpec: "AES_128", EncryptionContext: context }),
    );

    const unwrapped = keys.unwrapDataKey(CiphertextBlob ?? Buffer.alloc(0), context);

    await expect(unwrapped).rejects.toEqual(new CorruptDataError());
  });

  it.each([0, 6145])("does not ask KMS about a wrapped key of %i bytes, which KMS never makes", async (length) => {
    const before = running.kms.requests.Decrypt;

    await expect(keys.unwrapDataKey(Buffer.alloc(length), context)).rejects.toEqual(new CorruptDataError());

    expect(running.kms.requests.Decrypt).toBe(before);
  });

  it("leaves no plaintext key in the KMS client's answers", async () => {
    const answered: Uint8Array[] = [];
    running.client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { Plaintext } = result.output as { readonly Plaintext: Uint8Array };
        expect(Plaintext.some((byte) => byte !== 0)).toBe(true);
        answered.push(Plaintext);
        return result;
      },
      { step: "initialize", name: "watch" },
    );

    const { wrappedKey } = await keys.generateDataKey(context);
    await keys.unwrapDataKey(wrappedKey, context);
    running.client.middlewareStack.remove("watch");

    expect(answered.map((bytes) => Buffer.from(bytes))).toEqual([Buffer.alloc(32), Buffer.alloc(32)]);
  });
});
