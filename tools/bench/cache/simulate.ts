/** Reads of one container through the real data-key cache, on a clock of its own. */

import type { KeyObject } from "node:crypto";
import { DataKeyCache } from "../../../lib/crypto/data-key-cache.ts";
import type { EncryptionContext } from "../../../lib/crypto/key-service.ts";
import { seededRandom } from "../measure/statistics.ts";
import { domainId, sampleSecret } from "../sample.ts";
import type { Zipf } from "./zipf.ts";

export interface Load {
  readonly popularity: Zipf;
  /** Of one container, as a Poisson process. */
  readonly readsPerSecond: number;
  readonly maxAgeSeconds: number;
  readonly maxKeys: number;
}

export interface Simulated {
  /** Of the reads after the first `maxAgeSeconds`. */
  readonly hitShare: number;
  /** The same for a cache that drops what was used least recently. */
  readonly lruHitShare: number;
  readonly largestSize: number;
  /** Keys that have left the cache, and those of them whose bytes are not all 0. */
  readonly left: number;
  readonly leftReadable: number;
}

/** How many reads are counted, after those by which the cache fills for the first time. */
const countedReads = 20_000;

export async function simulate({ popularity, readsPerSecond, maxAgeSeconds, maxKeys }: Load): Promise<Simulated> {
  const random = seededRandom(1);
  let nowMs = 0;
  const unwrapped: Buffer[] = [];
  const keys = { unwrapDataKey: async () => exportable(unwrapped) };
  const cache = new DataKeyCache(keys, { maxAgeMs: maxAgeSeconds * 1000, maxKeys, now: () => nowMs });
  const lru = new LruTwin(maxAgeSeconds * 1000, maxKeys);
  let [counted, hits, lruHits, largestSize] = [0, 0, 0, 0];
  const fillingMs = maxAgeSeconds * 1000;
  while (counted < countedReads) {
    nowMs += (-Math.log(1 - random()) / readsPerSecond) * 1000;
    const secret = popularity(random());
    const missesBefore = cache.stats.misses;
    const { wrappedKey, context } = wrappedKeyOf(secret);
    await cache.unwrapDataKey(wrappedKey, context);
    const isLruHit = lru.read(secret, nowMs);
    largestSize = Math.max(largestSize, cache.stats.size);
    if (nowMs < fillingMs) continue;
    counted += 1;
    hits += cache.stats.misses === missesBefore ? 1 : 0;
    lruHits += isLruHit ? 1 : 0;
  }
  const readable = unwrapped.filter((bytes) => bytes.some((byte) => byte !== 0)).length;
  const { size } = cache.stats;
  return {
    ...{ hitShare: hits / counted, lruHitShare: lruHits / counted, largestSize },
    ...{ left: unwrapped.length - size, leftReadable: readable - size },
  };
}

/** Stands for an unwrapped key; the bytes that the cache takes of it can be looked at later. */
function exportable(taken: Buffer[]): KeyObject {
  const key = {
    export: () => {
      const bytes = Buffer.alloc(32, 1);
      taken.push(bytes);
      return bytes;
    },
  };
  return key as unknown as KeyObject;
}

interface Wrapped {
  readonly wrappedKey: Uint8Array;
  readonly context: EncryptionContext;
}

const wrapped = new Map<number, Wrapped>();

function wrappedKeyOf(secret: number): Wrapped {
  const known = wrapped.get(secret);
  if (known !== undefined) return known;
  const { secret_id } = sampleSecret(secret);
  const context = { domain_id: domainId, secret_id, version: "1" };
  const made = { wrappedKey: Buffer.from(`wrapped key of ${secret_id}`), context };
  wrapped.set(secret, made);
  return made;
}

/** Least recently used, with the same bounds of number and age. */
class LruTwin {
  readonly #expiresAt = new Map<number, number>();
  readonly #maxAgeMs: number;
  readonly #maxKeys: number;

  constructor(maxAgeMs: number, maxKeys: number) {
    this.#maxAgeMs = maxAgeMs;
    this.#maxKeys = maxKeys;
  }

  read(secret: number, nowMs: number): boolean {
    const expiresAt = this.#expiresAt.get(secret) ?? 0;
    const isHit = expiresAt > nowMs;
    this.#expiresAt.delete(secret);
    this.#expiresAt.set(secret, isHit ? expiresAt : nowMs + this.#maxAgeMs);
    for (const oldest of this.#expiresAt.keys()) {
      if (this.#expiresAt.size <= this.#maxKeys) break;
      this.#expiresAt.delete(oldest);
    }
    return isHit;
  }
}
