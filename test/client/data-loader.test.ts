/** Reads at the same time become one call, and each gets its own data or failure. */

import { describe, expect, it } from "vitest";
import type { GetManyOptions } from "../../client/get-many.ts";
import type { GetSecretDataRequest, SecretDataInfo, SecretDataItem, SecretDataResult } from "../../client/messages.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { withData } from "../../client/secret-data.ts";
import { SecretDataCache, type SecretDataCacheOptions } from "../../client/secret-data-cache.ts";
import { JsonText } from "../../lib/base/json-text.ts";

/** A service whose secrets all have the same version. Some of them fail. */
class Service {
  readonly singles: GetSecretDataRequest[] = [];
  readonly calls: { readonly items: readonly SecretDataItem[]; readonly options: GetManyOptions }[] = [];
  readonly failures = new Map<string, Error>();
  /** The error of every `getMany`. */
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();
  version = 1;
  nowMs = 1_000_000;

  cache(options: Partial<SecretDataCacheOptions> = {}): SecretDataCache {
    return new SecretDataCache({ client: this, maxAgeMs: 60_000, now: () => this.nowMs, ...options });
  }

  async getData(request: GetSecretDataRequest): Promise<SecretDataInfo> {
    this.singles.push(request);
    return this.#answer(request);
  }

  async getMany(items: readonly SecretDataItem[], options: GetManyOptions = {}): Promise<readonly SecretDataResult[]> {
    this.calls.push({ items, options });
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return items.map((item) => {
      try {
        return this.#answer(item);
      } catch (error) {
        return { secret_id: nameOf(item), error: error as Error };
      }
    });
  }

  #answer(item: SecretDataItem): SecretDataInfo {
    const failure = this.failures.get(nameOf(item));
    if (failure !== undefined) throw failure;
    const { version } = this;
    const current = { secret_id: nameOf(item), encrypted: false, encrypt_options: {}, version, etag: `e-${version}` };
    if (item.unless_etag !== current.etag) return withData(current, JsonText.of({ of: nameOf(item), version }));
    return withData({ ...current, not_modified: true } as const, JsonText.of({}));
  }

  /** The requested items, call by call. */
  get asked(): readonly (readonly SecretDataItem[])[] {
    return this.calls.map(({ items }) => items);
  }
}

function nameOf({ secret_id, name = "" }: SecretDataItem): string {
  return secret_id ?? name;
}

const notFound = new SecretApiError("ERROR_NOT_FOUND", "…");
const unavailable = new SecretApiError("ERROR_UNAVAILABLE", "…");

describe("reads of the cache", () => {
  it("in the same tick are one call that names each secret once", async () => {
    const service = new Service();
    const cache = service.cache({ sealed: true, domain_id: "domain-1" });

    const versions = await Promise.all([cache.get("a"), cache.get({ name: "b" }), cache.get("a"), cache.refresh("c")]);

    expect(versions.map(({ data }) => data["of"])).toEqual(["a", "b", "a", "c"]);
    expect(service.calls).toEqual([
      {
        items: [{ secret_id: "a" }, { name: "b" }, { secret_id: "c" }],
        options: { sealed: true, domain_id: "domain-1", signal: expect.any(AbortSignal) },
      },
    ]);
    expect(service.singles).toEqual([]);
  });

  it("join the tick from behind settled promises", async () => {
    const service = new Service();
    const cache = service.cache();
    const later = async (id: string) => {
      await Promise.resolve();
      await Promise.resolve();
      return await cache.get(id);
    };

    await Promise.all([cache.get("a"), later("b"), later("c")]);

    expect(service.asked.map((items) => items.map(nameOf))).toEqual([["a", "b", "c"]]);
  });

  it("at different times are separate calls", async () => {
    const service = new Service();
    const cache = service.cache();

    await cache.get("a");
    await Promise.all([cache.get("a"), cache.get("b")]);

    expect(service.singles).toEqual([{ secret_id: "a" }, { secret_id: "b" }]);
    expect(service.calls).toEqual([]);
  });

  it("of stale data send each secret's etag", async () => {
    const service = new Service();
    const cache = service.cache();
    const first = await Promise.all([cache.get("a"), cache.get("b")]);
    service.nowMs += 60_000;

    const again = await Promise.all([cache.get("a"), cache.get("b"), cache.get("c")]);

    expect(again.slice(0, 2)).toEqual(first);
    expect(again[0]).toBe(first[0]);
    expect(service.asked[1]).toEqual([
      { secret_id: "a", unless_etag: "e-1" },
      { secret_id: "b", unless_etag: "e-1" },
      { secret_id: "c" },
    ]);
  });

  it("fail one by one", async () => {
    const service = new Service();
    service.failures.set("b", notFound);
    const cache = service.cache();

    const outcomes = await Promise.allSettled([cache.get("a"), cache.get("b"), cache.get("c")]);

    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toEqual({ status: "rejected", reason: notFound });
  });

  it("keep stale data of an unavailable secret, and drop a deleted one", async () => {
    const service = new Service();
    const cache = service.cache({ staleIfErrorMs: 60_000 });
    await Promise.all(["a", "b", "c"].map(async (id) => await cache.get(id)));
    service.nowMs += 60_000;
    service.version = 2;
    service.failures.set("a", unavailable).set("b", notFound);

    const outcomes = await Promise.allSettled(["a", "b", "c"].map(async (id) => await cache.get(id)));

    expect(outcomes).toMatchObject([{ value: { version: 1 } }, { reason: notFound }, { value: { version: 2 } }]);
  });

  it("all fail if the call fails", async () => {
    const service = new Service();
    service.failure = new SecretApiError("ERROR_PERMISSION_DENIED", "…");
    const cache = service.cache();

    const outcomes = await Promise.allSettled([cache.get("a"), cache.get("b")]);

    expect(outcomes.map((outcome) => "reason" in outcome && outcome.reason)).toEqual([
      service.failure,
      service.failure,
    ]);
    expect(service.singles).toEqual([]);
  });

  it.each(["ERROR_INVALID_PARAMETER", "ERROR_INVALID_PARAMETER_TYPE", "ERROR_REQUIRED_PARAMETER"])(
    "are sent one by one if the service refuses the message with %s",
    async (code) => {
      const service = new Service();
      service.failure = new SecretApiError(code, "…");
      service.failures.set("b", service.failure);
      const cache = service.cache();

      const outcomes = await Promise.allSettled([cache.get("a"), cache.get("b")]);

      expect(outcomes).toMatchObject([{ value: { version: 1 } }, { reason: service.failure }]);
      expect(service.singles).toEqual([{ secret_id: "a" }, { secret_id: "b" }]);
    },
  );

  it("are repeated one by one if one of several calls was refused for its message", async () => {
    const service = new Service();
    service.failures.set("b", new SecretApiError("ERROR_INVALID_PARAMETER", "…"));
    const cache = service.cache();

    const outcomes = await Promise.allSettled([cache.get("a"), cache.get("b")]);

    expect(outcomes).toMatchObject([{ value: { version: 1 } }, { reason: { code: "ERROR_INVALID_PARAMETER" } }]);
    expect(service.singles).toEqual([{ secret_id: "b" }]);
  });

  it("return stale data if the call is slow, and wait for it if there is none", async () => {
    const service = new Service();
    const cache = service.cache({ maxAgeMs: 10, staleIfErrorMs: 60_000, staleAfterMs: 5 });
    const first = await Promise.all([cache.get("a"), cache.get("b")]);
    const { promise, resolve } = Promise.withResolvers<void>();
    service.gate = promise;
    service.nowMs += 20;

    const [known, missing] = [cache.get("a"), cache.get("c")];

    expect(await known).toBe(first[0]);
    resolve();
    expect((await missing).data).toEqual({ of: "c", version: 1 });
  });

  it("are sent one by one if the client cannot read several secrets", async () => {
    const service = new Service();
    const cache = service.cache({ client: { getData: async (request) => await service.getData(request) } });

    await Promise.all([cache.get("a"), cache.get("b")]);

    expect(service.singles).toEqual([{ secret_id: "a" }, { secret_id: "b" }]);
  });

  it("are not sent if the cache is disposed of before their tick", async () => {
    const service = new Service();
    const cache = service.cache();
    const reads = Promise.allSettled([cache.get("a"), cache.get("b")]);

    cache[Symbol.dispose]();

    const refused = { status: "rejected", reason: new TypeError("The cache is disposed of.") };
    expect(await reads).toEqual([refused, refused]);
    expect([service.calls, service.singles]).toEqual([[], []]);
  });
});
