import { beforeEach, describe, expect, it } from "vitest";
import { DataKeyCache } from "../../lib/crypto/data-key-cache.ts";
import { CorruptDataError } from "../../lib/crypto/envelope.ts";
import type { EncryptionContext, GeneratedDataKey, KeyService } from "../../lib/crypto/key-service.ts";
import { describeKeyService } from "../contract/key-service.ts";
import { FakeKeyService } from "../fakes/key-service.ts";

const maxAgeMs = 300_000;
const maxKeys = 3;
const context: EncryptionContext = { domain_id: "domain-1", secret_id: "secret-0123456789ab", version: "1" };

describeKeyService("DataKeyCache", async () => {
  const keys = new FakeKeyService();
  const cache = new DataKeyCache(keys, { maxAgeMs, maxKeys, now: Date.now });
  return {
    keys: {
      generateDataKey: async (...call) => await keys.generateDataKey(...call),
      unwrapDataKey: async (...call) => await cache.unwrapDataKey(...call),
    },
    setDown: (isDown) => {
      keys.isDown = isDown;
    },
    setDelay: (delayMs) => {
      keys.delayMs = delayMs;
    },
    close: async () => {},
  };
});

describe("DataKeyCache", () => {
  let now: number;
  let keys: FakeKeyService;
  let cache: DataKeyCache;
  let generated: GeneratedDataKey;

  beforeEach(async () => {
    now = 1_000;
    keys = new FakeKeyService();
    cache = new DataKeyCache(keys, { maxAgeMs, maxKeys, now: () => now });
    generated = await keys.generateDataKey(context);
  });

  const unwrap = async ({ wrappedKey }: GeneratedDataKey = generated, signal?: AbortSignal) =>
    await cache.unwrapDataKey(wrappedKey, context, signal && { signal });

  const generate = async (count: number) =>
    await Promise.all(Array.from({ length: count }, async () => await keys.generateDataKey(context)));

  it("asks for a key once, and then gives the same key again", async () => {
    const first = await unwrap();

    const second = await unwrap();

    expect([first.equals(generated.key), second.equals(generated.key)]).toEqual([true, true]);
    expect(keys.calls.unwrapDataKey).toBe(1);
    expect(cache.stats).toEqual({ hits: 1, misses: 1, size: 1 });
  });

  it("gives a key only for exactly the same wrapped key and context", async () => {
    await unwrap();

    const changed = Buffer.from(generated.wrappedKey);
    changed[0] = (changed[0] ?? 0) ^ 1;

    await expect(cache.unwrapDataKey(changed, context)).rejects.toEqual(new CorruptDataError());
    for (const field of ["domain_id", "secret_id", "version"] as const) {
      const other = { ...context, [field]: `${context[field]}0` };
      await expect(cache.unwrapDataKey(generated.wrappedKey, other)).rejects.toEqual(new CorruptDataError());
    }
  });

  it("asks again when the key has reached its maximum age since it was unwrapped", async () => {
    await unwrap();
    now += maxAgeMs - 1;
    await unwrap();
    expect(keys.calls.unwrapDataKey).toBe(1);

    now += 1;
    await unwrap();

    expect(keys.calls.unwrapDataKey).toBe(2);
  });

  it("drops all expired keys when any key is asked for", async () => {
    for (const one of await generate(2)) await unwrap(one);
    now += maxAgeMs - 1;
    await unwrap();
    expect(cache.stats.size).toBe(3);

    now += 1;
    await unwrap();

    expect(cache.stats.size).toBe(1);
  });

  it("drops the oldest key when there are too many", async () => {
    const all = await generate(maxKeys + 1);
    for (const one of all) await unwrap(one);
    expect(cache.stats.size).toBe(maxKeys);

    const before = keys.calls.unwrapDataKey;
    for (const one of all.slice(1)) await unwrap(one);
    expect(keys.calls.unwrapDataKey).toBe(before);
    await unwrap(all[0]);

    expect(keys.calls.unwrapDataKey).toBe(before + 1);
  });

  it("leaves keys that it handed out usable after dropping its own copies", async () => {
    const missed = await unwrap();
    const hit = await unwrap();

    now += maxAgeMs;
    await unwrap((await generate(1))[0]);

    expect([missed.equals(generated.key), hit.equals(generated.key)]).toEqual([true, true]);
  });

  it("does not cache failures", async () => {
    keys.isDown = true;
    await expect(unwrap()).rejects.toMatchObject({ code: "ERROR_UNAVAILABLE" });

    keys.isDown = false;

    expect((await unwrap()).equals(generated.key)).toBe(true);
    expect(cache.stats).toEqual({ hits: 0, misses: 2, size: 1 });
  });

  it("shares one request among all concurrent callers for a key", async () => {
    const all = await Promise.all([unwrap(), unwrap(), unwrap()]);

    expect(all.map((key) => key.equals(generated.key))).toEqual([true, true, true]);
    expect(keys.calls.unwrapDataKey).toBe(1);
    expect(cache.stats).toEqual({ hits: 2, misses: 1, size: 1 });
  });

  it("fails all callers that share a failed request, and caches nothing", async () => {
    keys.isDown = true;

    const failures = await Promise.allSettled([unwrap(), unwrap()]);

    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(cache.stats).toEqual({ hits: 1, misses: 1, size: 0 });
  });

  it.each([
    ["who asked first", 0],
    ["who joined", 1],
  ])("lets one caller give up, %s, and answers the other", async (_, leaving) => {
    keys.delayMs = 30;
    const abort = new AbortController();
    const signals = [0, 1].map((caller) => (caller === leaving ? abort.signal : undefined));
    const answers = Promise.allSettled(signals.map(async (signal) => await unwrap(generated, signal)));

    abort.abort(new Error("no time left"));

    const [left, stayed] = leaving === 0 ? await answers : (await answers).reverse();
    expect(left).toEqual({ status: "rejected", reason: new Error("no time left") });
    expect(stayed).toMatchObject({ status: "fulfilled" });
    expect(cache.stats.size).toBe(1);
  });

  it("aborts the request when all callers gave up, and asks anew for the next caller", async () => {
    keys.delayMs = 60_000;
    const abort = new AbortController();
    const answers = Promise.allSettled([unwrap(generated, abort.signal), unwrap(generated, abort.signal)]);
    abort.abort(new Error("no time left"));
    await answers;
    keys.delayMs = 0;

    const key = await unwrap();

    expect(key.equals(generated.key)).toBe(true);
    const [, abandoned, answered] = keys.signals;
    expect([abandoned?.aborted, answered?.aborted]).toEqual([true, false]);
  });

  describe("watching the cached copies", () => {
    let copies: Buffer[];
    const cleared = () => copies.map((bytes) => bytes.equals(Buffer.alloc(32)));

    beforeEach(() => {
      copies = [];
      const watched: Pick<KeyService, "unwrapDataKey"> = {
        // Ignores the signal: the worst that a key service may do.
        unwrapDataKey: async (wrappedKey, bound) => {
          const key = await keys.unwrapDataKey(wrappedKey, bound);
          const copy = key.export();
          copies.push(copy);
          return Object.defineProperty(key, "export", { value: () => copy });
        },
      };
      cache = new DataKeyCache(watched, { maxAgeMs, maxKeys: 1, now: () => now });
    });

    it("zeroes the copy of a key that is dropped, and no other", async () => {
      const [first, second, third] = await generate(3);

      await unwrap(first);
      await unwrap(second);
      const afterTooMany = cleared();
      now += maxAgeMs;
      await unwrap(third);
      const afterExpiry = cleared();

      expect({ afterTooMany, afterExpiry }).toEqual({ afterTooMany: [true, false], afterExpiry: [true, true, false] });
    });

    it("zeroes the copy of an answer that nobody waited for when it is replaced", async () => {
      keys.delayMs = 10;
      const abort = new AbortController();
      const abandoned = unwrap(generated, abort.signal);
      abort.abort(new Error("no time left"));
      await expect(abandoned).rejects.toThrow("no time left");

      await unwrap();

      expect(cleared()).toEqual([true, false]);
      expect(cache.stats.size).toBe(1);
    });
  });
});
