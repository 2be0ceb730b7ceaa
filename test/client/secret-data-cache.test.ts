import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { GetSecretDataRequest, SecretDataInfo } from "../../client/messages.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { InexactNumberError, withData } from "../../client/secret-data.ts";
import { SecretDataCache, type SecretDataCacheOptions } from "../../client/secret-data-cache.ts";
import { JsonText } from "../../lib/base/json-text.ts";

const unavailable = new SecretApiError("ERROR_UNAVAILABLE", "…", { status: 503 });
const timeout = new SecretApiError("ERROR_REQUEST_TIMEOUT", "…");

/** A service whose secrets all have the same version, and a cache with a stopped clock. */
class Service {
  readonly requests: GetSecretDataRequest[] = [];
  version = 1;
  failure: Error | undefined;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();
  nowMs = 1_000_000;

  cache(options: Partial<SecretDataCacheOptions> = {}): SecretDataCache {
    return new SecretDataCache({ client: this, maxAgeMs: 60_000, now: () => this.nowMs, ...options });
  }

  async getData(request: GetSecretDataRequest): Promise<SecretDataInfo> {
    this.requests.push(request);
    const { version } = this;
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const current = { secret_id: id, encrypted: false, encrypt_options: {}, version, etag: `e-${version}` };
    const isKnown = request.unless_etag === current.etag;
    if (isKnown) return withData({ ...current, not_modified: true } as const, JsonText.of({}));
    return withData(current, JsonText.of(dataOf(version)));
  }
}

function dataOf(version: number) {
  return { password: `p-${version}`, nested: { list: [1, {}] } };
}

function versionOf(version: number) {
  const data = dataOf(version);
  return { secret_id: id, data, dataText: JSON.stringify(data), version, etag: `e-${version}` };
}

const id = "secret-0123456789ab";
const other = "secret-ffffffffffff";

describe("a name", () => {
  it("is read by name, cached, and revalidated by etag", async () => {
    const service = new Service();
    const cache = service.cache();

    expect(await cache.get({ name: "db" })).toEqual(versionOf(1));
    await cache.get({ name: "db" });
    await cache.refresh({ name: "db" });

    expect(service.requests).toEqual([{ name: "db" }, { name: "db", unless_etag: "e-1" }]);
  });

  it("that looks like an id is not confused with that id", async () => {
    const service = new Service();
    const cache = service.cache();

    await cache.get(id);
    await cache.get({ name: id });

    expect(service.requests).toEqual([{ secret_id: id }, { name: id }]);
  });

  it.each([
    ["the id", id],
    ["the name", { name: "db" }],
  ])("is dropped together with its secret by %s", async (_, selector) => {
    const service = new Service();
    const cache = service.cache();
    await cache.get({ name: "db" });
    await cache.get(id);

    cache.invalidate(selector);
    await cache.get({ name: "db" });
    await cache.get(id);

    expect(service.requests).toEqual([{ name: "db" }, { secret_id: id }, { name: "db" }, { secret_id: id }]);
  });
});

describe("get", () => {
  it("caches data whose numbers JavaScript would change, and returns only its text", async () => {
    const dataText = '{"id":1234567890123456789}';
    const answer = withData(
      { secret_id: id, encrypted: false, encrypt_options: {}, version: 1, etag: "e" },
      new JsonText(dataText),
    );
    const cache = new SecretDataCache({ client: { getData: async () => answer } });

    const version = await cache.get(id);

    expect(version.dataText).toBe(dataText);
    expect(() => version.data).toThrow(InexactNumberError);
  });

  it("asks once while the data is fresh, and then revalidates by etag", async () => {
    const service = new Service();
    const cache = service.cache();

    const first = await cache.get(id);
    service.nowMs += 59_999;
    const fresh = await cache.get(id);
    service.nowMs += 1;
    const unchanged = await cache.get(id);
    service.version = 2;
    service.nowMs += 60_000;
    const changed = await cache.get(id);

    expect(first).toEqual(versionOf(1));
    expect([fresh, unchanged]).toEqual([first, first]);
    expect(changed).toEqual(versionOf(2));
    expect(service.requests).toEqual([
      { secret_id: id },
      { secret_id: id, unless_etag: "e-1" },
      { secret_id: id, unless_etag: "e-1" },
    ]);
  });

  it("asks with the configured options", async () => {
    const service = new Service();

    await service.cache({ sealed: true, domain_id: "domain-1" }).get(id);

    expect(service.requests).toEqual([{ secret_id: id, sealed: true, domain_id: "domain-1" }]);
  });

  it("sends one request per secret for all who wait", async () => {
    const service = new Service();
    const cache = service.cache({ maxAgeMs: 0 });

    await Promise.all([cache.get(id), cache.get(id), cache.get(other), cache.get(id)]);

    expect(service.requests.map(({ secret_id }) => secret_id)).toEqual([id, other]);
  });

  it("fails all who wait with the same failure", async () => {
    const service = new Service();
    service.failure = unavailable;
    const cache = service.cache();

    const outcomes = await Promise.allSettled([cache.get(id), cache.get(id)]);

    expect(outcomes).toEqual([
      { status: "rejected", reason: unavailable },
      { status: "rejected", reason: unavailable },
    ]);
    expect(service.requests.length).toBe(1);
  });

  it("returns frozen data, which no caller can change for others", async () => {
    const { data } = await new Service().cache().get(id);
    const { nested } = data as ReturnType<typeof dataOf>;

    expect(() => nested.list.push(2)).toThrow(TypeError);
    expect(() => Object.assign(data, { password: "" })).toThrow(TypeError);
    expect(Object.isFrozen(nested.list[1])).toBe(true);
  });

  it("lets one caller stop waiting without ending the others' wait", async () => {
    const service = new Service();
    const { promise, resolve } = Promise.withResolvers<void>();
    service.gate = promise;
    const cache = service.cache();
    const patience = new AbortController();

    const impatient = cache.get(id, { signal: patience.signal });
    const patient = cache.get(id);
    patience.abort(new Error("no patience"));
    await expect(impatient).rejects.toEqual(new Error("no patience"));
    resolve();

    expect(await patient).toEqual(versionOf(1));
    expect(await cache.get(id)).toEqual(versionOf(1));
    expect(service.requests.length).toBe(1);
  });

  it("returns stale data if the service is slow, and keeps the answer when it arrives", async () => {
    const service = new Service();
    const cache = service.cache({ maxAgeMs: 10, staleIfErrorMs: 60_000, staleAfterMs: 20 });
    const first = await cache.get(id);
    const { promise, resolve } = Promise.withResolvers<void>();
    service.nowMs += 20;
    service.gate = promise;
    service.version = 2;

    const late = await cache.get(id);
    // Later callers do not wait again: no timer fires before the answer.
    const later = await Promise.race([cache.get(id), setImmediate("waited")]);
    resolve();
    await vi.waitFor(async () => expect((await cache.get(id)).version).toBe(2));

    expect([late, later]).toEqual([first, first]);
    expect(service.requests.length).toBe(2);
  });

  it("waits for a slow service if it has no data, or only data that is too old", async () => {
    const service = new Service();
    const cache = service.cache({ maxAgeMs: 10, staleIfErrorMs: 10, staleAfterMs: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    service.gate = promise;
    setTimeout(resolve, 30);
    const first = await cache.get(id);
    service.nowMs += 20;
    const again = Promise.withResolvers<void>();
    service.gate = again.promise;
    service.version = 2;
    setTimeout(again.resolve, 30);

    const second = await cache.get(id);

    expect([first.version, second.version]).toEqual([1, 2]);
  });

  it("refuses sealed data that it cannot open", async () => {
    const sealed: SecretDataInfo = {
      secret_id: id,
      data: {},
      dataText: "{}",
      encrypted: true,
      encrypt_options: {},
      version: 1,
      etag: "e",
    };
    const cache = new SecretDataCache({ client: { getData: async () => sealed } });

    await expect(cache.get(id)).rejects.toEqual(
      new TypeError("The data is sealed, and the client has no `unwrap` to open it with."),
    );
  });

  it("refuses a not-modified answer if it has no data", async () => {
    const unchanged = {
      secret_id: id,
      encrypted: false,
      encrypt_options: {},
      version: 1,
      etag: "e",
      not_modified: true,
    } as const;
    const cache = new SecretDataCache({
      client: { getData: async () => withData(unchanged, JsonText.of({ password: "theirs" })) },
    });

    await expect(cache.get(id)).rejects.toMatchObject({
      code: "ERROR_UNKNOWN",
      message: "The service says that the data has not changed, but there is no earlier data.",
    });
  });

  it("does not extend freshness when the clock is set back", async () => {
    const service = new Service();
    const cache = service.cache();

    await cache.get(id);
    service.nowMs -= 1;
    await cache.get(id);

    expect(service.requests.length).toBe(2);
  });
});

describe("a failure", () => {
  it.each([[unavailable], [timeout]])("%s leaves stale data in use for a while", async (failure) => {
    const service = new Service();
    const cache = service.cache({ staleIfErrorMs: 30_000 });
    await cache.get(id);
    service.failure = failure;

    service.nowMs += 60_000;
    const stale = await cache.get(id);
    service.nowMs += 29_999;
    const staler = await cache.get(id);
    service.nowMs += 1;

    expect([stale, staler]).toEqual([versionOf(1), versionOf(1)]);
    await expect(cache.get(id)).rejects.toBe(failure);
  });

  it("pauses requests for a second, or as long as the service asks", async () => {
    const service = new Service();
    const cache = service.cache({ staleIfErrorMs: 3_600_000 });
    await cache.get(id);
    service.failure = unavailable;
    service.nowMs += 60_000;
    const askedAt = async (waitMs: number) => {
      service.nowMs += waitMs;
      await cache.get(id);
      return service.requests.length;
    };

    const counts = [await askedAt(0), await askedAt(999), await askedAt(1)];
    service.failure = new SecretApiError("ERROR_UNAVAILABLE", "…", { retryAfterMs: 5000 });
    counts.push(await askedAt(1000), await askedAt(4999), await askedAt(1));

    expect(counts).toEqual([2, 2, 3, 4, 4, 5]);
  });

  it("ends when the service is back", async () => {
    const service = new Service();
    const cache = service.cache({ staleIfErrorMs: 30_000 });
    await cache.get(id);
    service.failure = unavailable;
    service.nowMs += 60_000;
    await cache.get(id);
    service.failure = undefined;
    service.version = 2;
    service.nowMs += 1000;

    expect(await cache.get(id)).toEqual(versionOf(2));
  });

  it("is thrown if stale data is not wanted, and the data is revalidated later", async () => {
    const service = new Service();
    const cache = service.cache();
    await cache.get(id);
    service.failure = unavailable;
    service.nowMs += 60_000;

    await expect(cache.get(id)).rejects.toBe(unavailable);
    service.failure = undefined;

    expect(await cache.get(id)).toEqual(versionOf(1));
    expect(service.requests.at(-1)).toEqual({ secret_id: id, unless_etag: "e-1" });
  });

  it.each(["ERROR_NOT_FOUND", "ERROR_PERMISSION_DENIED", "ERROR_AUTHENTICATE_FAILURE", "ERROR_UNKNOWN"])(
    "%s is thrown, and drops the data",
    async (code) => {
      const service = new Service();
      const cache = service.cache({ staleIfErrorMs: 3_600_000 });
      await cache.get(id);
      const refused = new SecretApiError(code, "…");
      service.failure = refused;
      service.nowMs += 60_000;

      await expect(cache.get(id)).rejects.toBe(refused);
      service.failure = unavailable;
      await expect(cache.get(id)).rejects.toBe(unavailable);

      expect(service.requests.at(-1)).toEqual({ secret_id: id });
    },
  );
});

describe("the number of entries", () => {
  it("is bounded: the least recently used entry is dropped", async () => {
    const service = new Service();
    const cache = service.cache({ maxEntries: 2 });

    for (const name of ["a", "b", "a", "c", "a", "b"]) await cache.get(name);

    expect(service.requests.map(({ secret_id }) => secret_id)).toEqual(["a", "b", "c", "b"]);
  });

  it("is not used up by secrets that do not exist", async () => {
    const service = new Service();
    const cache = service.cache({ maxEntries: 1 });
    await cache.get("a");
    service.failure = new SecretApiError("ERROR_NOT_FOUND", "…");
    await expect(cache.refresh("b")).rejects.toBe(service.failure);
    service.failure = undefined;

    await cache.get("b");
    await cache.get("b");

    expect(service.requests.map(({ secret_id }) => secret_id)).toEqual(["a", "b", "b"]);
  });
});

describe("invalidate", () => {
  it.each([[id], [undefined]])("drops %s", async (secretId) => {
    const service = new Service();
    const cache = service.cache();
    await cache.get(id);

    cache.invalidate(secretId);
    await cache.get(id);

    expect(service.requests).toEqual([{ secret_id: id }, { secret_id: id }]);
  });

  it("keeps no answer to a request that was sent before", async () => {
    const service = new Service();
    const { promise, resolve } = Promise.withResolvers<void>();
    service.gate = promise;
    const cache = service.cache();

    const before = cache.get(id);
    await setImmediate();
    cache.invalidate(id);
    service.version = 2;
    const after = cache.get(id);
    resolve();

    expect([await before, await after, await cache.get(id)]).toEqual([versionOf(1), versionOf(2), versionOf(2)]);
  });
});

describe("refresh", () => {
  it("asks the service even if the data is fresh, and never returns stale data", async () => {
    const service = new Service();
    const cache = service.cache({ staleIfErrorMs: 3_600_000 });
    await cache.get(id);
    service.version = 2;

    const refreshed = await cache.refresh(id);
    service.failure = unavailable;

    expect(refreshed).toEqual(versionOf(2));
    await expect(cache.refresh(id)).rejects.toBe(unavailable);
    expect(await cache.get(id)).toEqual(versionOf(2));
  });

  it.each([[undefined], [unavailable]])("does not join an earlier request, which ends with %s", async (failure) => {
    const service = new Service();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    service.gate = promise;
    const cache = service.cache();

    const before = Promise.allSettled([cache.get(id)]);
    await setImmediate();
    service.gate = Promise.resolve();
    service.version = 2;
    const refreshed = Promise.all([cache.refresh(id), cache.refresh(id)]);
    if (failure === undefined) resolve();
    else reject(failure);

    await before;
    expect(await refreshed).toEqual([versionOf(2), versionOf(2)]);
    expect(await cache.get(id)).toEqual(versionOf(2));
    expect(service.requests.length).toBe(2);
  });
});

describe("a cache that was disposed of", () => {
  it("leaves no request behind that would keep the process alive", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const getData: SecretDataCacheOptions["client"]["getData"] = async (_, { signal } = {}) => {
      signals.push(signal);
      return await new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    };
    const cache = new SecretDataCache({ client: { getData } });
    const waiting = cache.get(id);
    await setImmediate();

    cache[Symbol.dispose]();

    await expect(waiting).rejects.toEqual(new TypeError("The cache is disposed of."));
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it("returns nothing, asks for nothing, and keeps no pending answer", async () => {
    const service = new Service();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cache = service.cache();
    await cache.get(id);
    service.gate = promise;
    const before = cache.get(other);
    await setImmediate();

    cache[Symbol.dispose]();
    resolve();
    await before;

    const refused = new TypeError("The cache is disposed of.");
    await expect(cache.get(id)).rejects.toEqual(refused);
    await expect(cache.get(other)).rejects.toEqual(refused);
    await expect(cache.refresh(id)).rejects.toEqual(refused);
    expect(service.requests.length).toBe(2);
  });
});

describe("watch", () => {
  it("reports changes, and nothing else", async () => {
    const service = new Service();
    using cache = service.cache();
    await cache.get(id);
    const told: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using _ = cache.watch(id, {
      intervalMs: 1,
      onChange: ({ version }) => {
        told.push(version);
        if (version === 3) resolve();
        service.version = 3;
      },
      onError: (error) => told.push(error),
    });

    await checks(service, 3);
    service.version = 2;
    await promise;
    await checks(service, 2);

    expect(told).toEqual([2, 3]);
    expect(await cache.get(id)).toEqual(versionOf(3));
  });

  it("reports failures, continues, and repeats a change whose handler failed", async () => {
    const service = new Service();
    using cache = service.cache();
    await cache.get(id);
    const errors: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<number>();
    const offended = new Error("offended");
    using _ = cache.watch(id, {
      intervalMs: 1,
      onChange: ({ version }) => {
        if (!errors.includes(offended)) throw offended;
        resolve(version);
      },
      onError: (error) => {
        if (errors.at(-1) !== error) errors.push(error);
        service.failure = undefined;
        service.version = 2;
      },
    });

    service.failure = unavailable;

    expect(await promise).toBe(2);
    expect(errors).toEqual([unavailable, offended]);
  });

  it.each([
    ["the watch is disposed of", ({ watching }: Ends) => watching[Symbol.dispose]()],
    ["the cache is disposed of", ({ cache }: Ends) => cache[Symbol.dispose]()],
    ["its signal fires", ({ stop }: Ends) => stop.abort()],
  ])("ends as soon as %s, without an error", async (_, end) => {
    const service = new Service();
    const cache = service.cache();
    const stop = new AbortController();
    const errors: unknown[] = [];
    const options = { intervalMs: 1, onChange: () => undefined, onError: (error: unknown) => errors.push(error) };
    const watching = cache.watch(id, { ...options, signal: stop.signal });
    await checks(service, 1);

    end({ watching, cache, stop });
    const { length } = service.requests;
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(service.requests.length).toBe(length);
    expect(errors).toEqual([]);
  });

  it("does not keep the process alive", () => {
    const code = `
      const { SecretDataCache } = await import(${JSON.stringify(join(import.meta.dirname, "../../client/secret-data-cache.ts"))});
      const cache = new SecretDataCache({ client: { getData: async () => ({ data: {}, dataText: "{}", version: 1, etag: "e" }) } });
      await cache.get("a");
      cache.watch("a", { intervalMs: 2 ** 30, onChange() {}, onError() {} });
      console.log("ended");`;

    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { timeout: 20_000 });

    expect(output.toString()).toBe("ended\n");
  });
});

interface Ends {
  readonly watching: Disposable;
  readonly cache: SecretDataCache;
  readonly stop: AbortController;
}

/** Waits until the service has received this many further requests. */
async function checks(service: Service, count: number): Promise<void> {
  const target = service.requests.length + count;
  while (service.requests.length < target) await new Promise((resolve) => setTimeout(resolve, 1));
}
