import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
} from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../../tools/local/kms/server.ts";
import { type LocalKms, startKms } from "../../../tools/local/kms/server.ts";

const context = { domain_id: "domain-1", secret_id: "secret-000000000001", version: "1" };

let dir: string;
let kms: LocalKms;
let client: KMSClient;

function clientOf({ url }: LocalKms): KMSClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new KMSClient({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 });
}

async function generate(
  keyId = kms.keyId,
): Promise<{ readonly CiphertextBlob: Uint8Array<ArrayBuffer>; readonly Plaintext: Uint8Array }> {
  const command = new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", EncryptionContext: context });
  const { CiphertextBlob, Plaintext } = await client.send(command);
  if (CiphertextBlob === undefined || Plaintext === undefined) {
    throw new Error("KMS answered without a data key");
  }
  return { CiphertextBlob: new Uint8Array(CiphertextBlob), Plaintext };
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "kms-"));
  kms = await startKms({ dir });
  client = clientOf(kms);
});

afterEach(async () => {
  client.destroy();
  await kms.close();
  rmSync(dir, { recursive: true });
});

describe("data keys", () => {
  it("opens a wrapped key without being told which key wrapped it", async () => {
    const { CiphertextBlob, Plaintext } = await generate();

    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));

    expect(Plaintext).toHaveLength(32);
    expect(opened).toMatchObject({ Plaintext, KeyId: kms.keyId, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" });
  });

  it("accepts the encryption context's pairs in any order", async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    const reversed = Object.fromEntries(Object.entries(context).reverse());

    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: reversed }));

    expect(opened.Plaintext).toEqual(Plaintext);
  });

  it.each([
    ["another value", { ...context, version: "2" }],
    ["a pair more", { ...context, more: "x" }],
    ["none", {}],
  ])("does not open under another encryption context: %s", async (_, EncryptionContext) => {
    const { CiphertextBlob } = await generate();

    const opening = client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));

    await expect(opening).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  });

  it("does not open a key with a flipped bit or cut short", async () => {
    const { CiphertextBlob } = await generate();
    const spoiled = Array.from(CiphertextBlob, (byte, index) => CiphertextBlob.with(index, byte ^ (1 << (index % 8))));
    spoiled.push(CiphertextBlob.subarray(0, -1), CiphertextBlob.subarray(0, 20));

    const errors = await Promise.all(
      spoiled.map(async (blob) => {
        const command = new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: context });
        return await client.send(command).then(
          () => "opened",
          (error: Error) => error.name,
        );
      }),
    );

    expect(new Set(errors)).toEqual(new Set(["InvalidCiphertextException"]));
  });

  it("re-wraps under another key and context", async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    const created = await client.send(new CreateKeyCommand({}));
    const other = created.KeyMetadata?.Arn;
    const DestinationEncryptionContext = { ...context, version: "2" };

    const moved = await client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: context,
        DestinationKeyId: other,
        DestinationEncryptionContext,
      }),
    );
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: DestinationEncryptionContext }),
    );

    expect(moved).toMatchObject({ SourceKeyId: kms.keyId, KeyId: other });
    expect(opened).toMatchObject({ Plaintext, KeyId: other });
  });

  it("refuses to decrypt with a key that did not wrap it", async () => {
    const { CiphertextBlob } = await generate();
    const created = await client.send(new CreateKeyCommand({}));
    const command = new DecryptCommand({
      CiphertextBlob,
      EncryptionContext: context,
      KeyId: created.KeyMetadata?.KeyId,
    });

    await expect(client.send(command)).rejects.toMatchObject({ name: "IncorrectKeyException" });
  });
});

describe("keys", () => {
  it.each([
    ["ARN", () => kms.keyId],
    ["id", () => kms.keyId.replace(/.*\//, "")],
    ["alias", () => "alias/secret-local"],
    ["alias's ARN", () => kms.keyId.replace(/key\/.*/, "alias/secret-local")],
  ])("is found by its %s", async (_, name) => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: name() }));

    expect(KeyMetadata).toMatchObject({ Arn: kms.keyId, Enabled: true, KeyState: "Enabled" });
  });

  it("does not know a key that was not created", async () => {
    await expect(generate("alias/other")).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Alias 'arn:aws:kms:us-east-1:000000000000:alias/other' is not found.",
    });
  });

  it("neither wraps nor unwraps while it is disabled", async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    await client.send(new DisableKeyCommand({ KeyId: kms.keyId }));
    const command = new DecryptCommand({ CiphertextBlob, EncryptionContext: context });

    await expect(generate()).rejects.toMatchObject({ name: "DisabledException" });
    await expect(client.send(command)).rejects.toMatchObject({ name: "DisabledException" });
    await client.send(new EnableKeyCommand({ KeyId: kms.keyId }));
    await expect(client.send(command)).resolves.toMatchObject({ Plaintext });
  });

  it("unwraps data keys from before a rotation", async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    await client.send(new RotateKeyOnDemandCommand({ KeyId: kms.keyId }));

    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));

    expect(opened.Plaintext).toEqual(Plaintext);
  });

  it("survives a restart, in a file readable only by its owner", async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    await kms.close();
    const before = kms.keyId;
    kms = await startKms({ dir });
    client.destroy();
    client = clientOf(kms);

    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));

    expect(opened.Plaintext).toEqual(Plaintext);
    expect(kms.keyId).toBe(before);
    expect(statSync(join(dir, "kms-keys.json")).mode & 0o777).toBe(0o600);
  });

  it("does not replace a damaged key file", async () => {
    const path = join(dir, "kms-keys.json");
    writeFileSync(path, "{}");

    await expect(startKms({ dir })).rejects.toThrow(`The local KMS's key file ${path} is damaged.`);
  });
});

describe("invalid requests", () => {
  it.each([
    ["unsigned", { "x-amz-target": "TrentService.DescribeKey" }, "{}", "MissingAuthenticationTokenException"],
    ["unknown", { "x-amz-target": "TrentService.Sign" }, "{}", "UnknownOperationException"],
    ["of the prototype", { "x-amz-target": "TrentService.toString" }, "{}", "UnknownOperationException"],
    ["no JSON", { "x-amz-target": "TrentService.DescribeKey" }, "{", "SerializationException"],
    ["incomplete", { "x-amz-target": "TrentService.DescribeKey" }, "{}", "ValidationException"],
    ["over-specified", { "x-amz-target": "TrentService.GenerateDataKey" }, '{"KeyId":"x"}', "ValidationException"],
  ])("are refused: %s", async (name, headers, body, code) => {
    const authorization = name === "unsigned" ? "" : "AWS4-HMAC-SHA256 Credential=local";

    const response = await fetch(kms.url, { method: "POST", headers: { ...headers, authorization }, body });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: code });
  });
});

describe("faults", () => {
  it.each([
    ["throttles", { kind: "error", error: "ThrottlingException" }, { name: "ThrottlingException" }],
    ["denies", { kind: "error", error: "AccessDeniedException" }, { name: "AccessDeniedException" }],
    ["breaks", { kind: "error", error: "KMSInternalException" }, { name: "KMSInternalException" }],
    ["hangs up", { kind: "drop" }, { code: "ECONNRESET" }],
  ] as const)("%s as often as it is told to", async (_, fault, error) => {
    kms.faults.add({ ...fault, times: 1 });

    await expect(generate()).rejects.toMatchObject(error);
    await expect(generate()).resolves.toBeDefined();
    expect(kms.requests).toEqual({ GenerateDataKey: 2 });
  });

  it("answers late on demand, even after the caller gives up", async () => {
    kms.faults.add({ kind: "delay", delayMs: 60_000 });
    const command = new DescribeKeyCommand({ KeyId: kms.keyId });

    const describing = client.send(command, { abortSignal: AbortSignal.timeout(50) });

    await expect(describing).rejects.toMatchObject({ name: "AbortError" });
  });

  it("affect only the named operation, until they are cleared", async () => {
    kms.faults.add({ kind: "error", error: "ThrottlingException", operation: "Decrypt" });
    const { CiphertextBlob } = await generate();
    const command = new DecryptCommand({ CiphertextBlob, EncryptionContext: context });

    await expect(client.send(command)).rejects.toMatchObject({ name: "ThrottlingException" });
    kms.faults.clear();
    await expect(client.send(command)).resolves.toMatchObject({ KeyId: kms.keyId });
  });

  it("can be ordered from outside the process", async () => {
    const fault: Fault = { kind: "error", error: "AccessDeniedException" };

    const ordered = await fetch(`${kms.url}/admin/faults`, { method: "POST", body: JSON.stringify(fault) });
    await expect(generate()).rejects.toMatchObject({ name: "AccessDeniedException" });
    const cleared = await fetch(`${kms.url}/admin/faults`, { method: "DELETE" });
    await generate();
    const counted = await fetch(`${kms.url}/admin/requests`);

    expect([ordered.status, cleared.status]).toEqual([200, 200]);
    expect(await counted.json()).toEqual({ GenerateDataKey: 2 });
  });

  it.each([{ kind: "error", error: "Nonsense" }, { kind: "melt" }, { kind: "drop", operation: "Sign" }])(
    "cannot be ordered with %j",
    async (order) => {
      const response = await fetch(`${kms.url}/admin/faults`, { method: "POST", body: JSON.stringify(order) });

      expect(response.status).toBe(400);
    },
  );
});
