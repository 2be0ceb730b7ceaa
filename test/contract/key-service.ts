/** The contract of key services. It runs on the fake and on the adapter, so that tests on the fake hold for both. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, KeyService } from "../../lib/crypto/key-service.ts";

/** A key service that can be made to fail. */
export interface KeyServiceHarness {
  readonly keys: KeyService;
  setDown(isDown: boolean): void;
  setDelay(delayMs: number): void;
  close(): Promise<void>;
}

const context: EncryptionContext = { domain_id: "도메인-1", secret_id: "secret-0123456789ab", version: "1" };

export function describeKeyService(name: string, start: () => Promise<KeyServiceHarness>): void {
  describe(name, () => {
    let harness: KeyServiceHarness;
    let keys: KeyService;

    beforeAll(async () => {
      harness = await start();
      keys = harness.keys;
    });
    afterEach(() => {
      harness.setDown(false);
      harness.setDelay(0);
    });
    afterAll(async () => await harness.close());

    const calls: readonly [string, (signal?: AbortSignal) => Promise<unknown>][] = [
      ["generateDataKey", async (signal) => await keys.generateDataKey(context, signal && { signal })],
      ["unwrapDataKey", async (signal) => await keys.unwrapDataKey(Buffer.alloc(80), context, signal && { signal })],
    ];

    it("generates a key of 256 bits and unwraps it again", async () => {
      const generated = await keys.generateDataKey(context);

      const unwrapped = await keys.unwrapDataKey(generated.wrappedKey, context);

      expect(unwrapped.equals(generated.key)).toBe(true);
      expect({ type: unwrapped.type, size: unwrapped.symmetricKeySize }).toEqual({ type: "secret", size: 32 });
      expect(generated.keyId).toMatch(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]{36}$/);
    });

    it("generates another key each time", async () => {
      const [one, other] = await Promise.all([keys.generateDataKey(context), keys.generateDataKey(context)]);

      expect(one.key.equals(other.key)).toBe(false);
    });

    it.each([
      ["domain_id", "domain-2"],
      ["secret_id", "secret-ba9876543210"],
      ["version", "2"],
    ])("unwraps under no other %s", async (field, value) => {
      const { wrappedKey } = await keys.generateDataKey(context);

      await expect(keys.unwrapDataKey(wrappedKey, { ...context, [field]: value })).rejects.toEqual(
        new CorruptDataError(),
      );
    });

    it("unwraps no key that was changed, cut or made longer", async () => {
      const { wrappedKey } = await keys.generateDataKey(context);
      const flipped = Array.from(wrappedKey, (_, at) =>
        wrappedKey.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)),
      );
      const cut = [0, 1, wrappedKey.length - 1].map((length) => wrappedKey.subarray(0, length));
      const longer = [wrappedKey.length + 1, 10_000].map((length) => Buffer.concat([wrappedKey], length));
      const others = [...flipped, ...cut, ...longer];

      const failures = await Promise.allSettled(others.map(async (other) => await keys.unwrapDataKey(other, context)));

      expect(failures).toEqual(others.map(() => ({ status: "rejected", reason: new CorruptDataError() })));
    });

    it.each(calls)("%s tells that the service is unavailable, and keeps why", async (_, call) => {
      harness.setDown(true);

      const failure = await call().catch((error: unknown) => error);

      expect(failure).toMatchObject({ code: "ERROR_UNAVAILABLE", status: 503, cause: expect.any(Error) });
    });

    it.each(calls)("%s ends with the reason of a signal that fired before", async (_, call) => {
      const reason = new Error("no time left");

      await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it.each(calls)("%s ends with the reason of a signal that fires meanwhile", async (_, call) => {
      const reason = new Error("no time left");
      const abort = new AbortController();
      harness.setDelay(60_000);

      const answer = call(abort.signal);
      setTimeout(() => abort.abort(reason), 20);

      await expect(answer).rejects.toBe(reason);
    });
  });
}
