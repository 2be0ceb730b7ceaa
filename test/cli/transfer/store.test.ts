/** What import and export read from the service, and in how many requests. */

import { describe, expect, it } from "vitest";
import type { Session } from "../../../cli/session.ts";
import type { ExistingSecret } from "../../../cli/transfer/plan.ts";
import { readExisting, readOwnData, readSealed } from "../../../cli/transfer/store.ts";
import { SecretClient } from "../../../client/secret-client.ts";
import type { Transport } from "../../../client/transport.ts";
import type { Unwrap } from "../../../client/unseal.ts";
import { seal } from "../../../lib/crypto/envelope.ts";
import { toSealedAnswer } from "../../../lib/crypto/sealed-answer.ts";
import { aSecret } from "../../contract/secret-store.ts";
import { FakeKeyService } from "../../fakes/key-service.ts";

const domain_id = "domain-1";
const keys = new FakeKeyService();
const unwrap: Unwrap = async (key, context) => await keys.unwrapDataKey(key, context);

interface Message {
  readonly items?: readonly { readonly secret_id: string }[];
  readonly sealed?: boolean;
}

/** A service with these secrets. Their data has their ids. Those in `failing` cannot be read. */
function sessionOn(secrets: readonly ExistingSecret[], failing: readonly string[] = []) {
  const calls: string[] = [];
  const answerTo = async (secret_id: string, isSealed: boolean) => {
    if (failing.includes(secret_id)) return { secret_id, error: { code: "ERROR_NOT_FOUND", message: "…" } };
    const about = { secret_id, version: 1, etag: "1-x" };
    if (!isSealed) return { ...about, data: { of: secret_id }, encrypted: false, encrypt_options: {} };
    const context = { domain_id, secret_id, version: "1" };
    const sealed = seal(Buffer.from(JSON.stringify({ own: secret_id })), await keys.generateDataKey(context), context);
    return { ...toSealedAnswer({ sealed, context }), ...about };
  };
  const transport: Transport = async (route, message) => {
    const { items = [], sealed = false } = message as Message;
    calls.push(route === "get-data" ? `${route} ${items.length}${sealed ? " sealed" : ""}` : route);
    if (route === "list") return { results: secrets, total_count: secrets.length };
    return { results: await Promise.all(items.map(async ({ secret_id }) => await answerTo(secret_id, sealed))) };
  };
  const client = new SecretClient(transport, { unwrap });
  const sealedClient = new SecretClient(transport);
  const session: Session = { client, sealedClient, unwrap, domain: { domain_id }, sealing: {}, isJson: false };
  return { session, calls };
}

/** This many secrets, every tenth of which trusts another. */
function someSecrets(count: number): readonly ExistingSecret[] {
  return Array.from({ length: count }, (_, index) =>
    aSecret({ name: `name-${index}`, version: 1, trusted_secret_id: index % 10 === 0 ? "secret-0123456789ab" : null }),
  );
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("existing secrets", () => {
  it("are read by fifties; dependents are read sealed, to get only their own data", async () => {
    const secrets = someSecrets(200);
    const { session, calls } = sessionOn(secrets);
    const progress: number[] = [];

    const existing = await readExisting(session, new Set(secrets.map(({ name }) => name)), {
      parallel: 8,
      withData: true,
      onProgress: (done) => progress.push(done),
    });

    expect(calls).toEqual([
      "list",
      ...["get-data 50", "get-data 50", "get-data 50", "get-data 30"],
      "get-data 20 sealed",
    ]);
    for (const { name, secret_id, trusted_secret_id } of secrets) {
      const dataText = JSON.stringify(trusted_secret_id === null ? { of: secret_id } : { own: secret_id });
      expect(existing.get(name)).toMatchObject({ secret: { secret_id }, dataText });
    }
    expect(progress).toHaveLength(200);
  });

  it("fail the reading if one of them cannot be read", async () => {
    const secrets = someSecrets(3);
    const { session } = sessionOn(secrets, [secrets[2]?.secret_id ?? ""]);
    const names = new Set(secrets.map(({ name }) => name));

    await expect(readExisting(session, names, { parallel: 8, withData: true })).rejects.toMatchObject({
      code: "ERROR_NOT_FOUND",
    });
  });
});

describe("secrets to export", () => {
  it("fail one by one, decrypted and sealed", async () => {
    const secrets = someSecrets(60);
    const failing = secrets.slice(0, 2).map(({ secret_id }) => secret_id);
    const { session, calls } = sessionOn(secrets, failing);

    const own = await collect(readOwnData(session, secrets, 2));
    const sealed = await collect(readSealed(session, secrets, 2));

    for (const reads of [own, sealed]) {
      expect(reads).toHaveLength(60);
      const failed = reads.filter(({ error }) => error !== undefined).map(({ secret }) => secret.secret_id);
      expect(failed.toSorted()).toEqual(failing.toSorted());
    }
    expect(sealed.map(({ secret }) => secret)).toEqual(secrets);
    expect(calls).toEqual([
      "get-data 50",
      "get-data 4",
      "get-data 6 sealed",
      "get-data 50 sealed",
      "get-data 10 sealed",
    ]);
  });

  it("need a domain if they inherit data", async () => {
    const secrets = someSecrets(1);
    const { session } = sessionOn(secrets);

    await expect(collect(readOwnData({ ...session, domain: {} }, secrets, 2))).rejects.toThrow(
      "name-0 inherits data, so it is read sealed, which needs a domain",
    );
  });
});
