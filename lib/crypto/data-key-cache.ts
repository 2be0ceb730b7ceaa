/** Keeps unwrapped data keys in memory for a while. */

import { createSecretKey, hash, type KeyObject } from "node:crypto";
import type { Abortable } from "../base/async.ts";
import type { EncryptionContext, KeyService } from "./key-service.ts";

export interface DataKeyCacheOptions {
  readonly maxAgeMs: number;
  readonly maxKeys: number;
  /** The time in milliseconds, from a clock that also runs while Lambda freezes the process. */
  readonly now: () => number;
}

/** Hits are calls answered from memory, or by a request already under way. Misses are requests to the key service. */
export interface DataKeyCacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Keys in memory. */
  readonly size: number;
}

type DataKeyUnwrapper = Pick<KeyService, "unwrapDataKey">;

interface CachedKey {
  /** Bytes can be cleared as soon as the key leaves. A KeyObject is cleared only by a full garbage collection. */
  readonly bytes: Buffer;
  readonly expiresAt: number;
}

type Unwrap = (signal: AbortSignal) => Promise<KeyObject>;

/** A request that concurrent callers for the same key share. */
interface Unwrapping {
  readonly key: Promise<KeyObject>;
  readonly abort: AbortController;
  callers: number;
}

/**
 * Evicts the oldest keys first, if they are too old or too many. That is also the order of expiry, so each call can
 * stop at the first key that has not expired. An LRU order would hide expired keys behind fresh ones.
 */
export class DataKeyCache implements DataKeyUnwrapper {
  readonly #keys: DataKeyUnwrapper;
  readonly #options: DataKeyCacheOptions;
  readonly #cached = new Map<string, CachedKey>();
  readonly #underWay = new Map<string, Unwrapping>();
  #calls = 0;
  #misses = 0;

  constructor(keys: DataKeyUnwrapper, options: DataKeyCacheOptions) {
    this.#keys = keys;
    this.#options = options;
  }

  get stats(): DataKeyCacheStats {
    return { hits: this.#calls - this.#misses, misses: this.#misses, size: this.#cached.size };
  }

  async unwrapDataKey(wrappedKey: Uint8Array, context: EncryptionContext, options?: Abortable): Promise<KeyObject> {
    options?.signal?.throwIfAborted();
    this.#calls += 1;
    this.#dropExpired();
    // JSON shows where the context ends, so no other context and key give the same bytes.
    const id = hash("sha256", Buffer.concat([Buffer.from(JSON.stringify(context)), wrappedKey]), "base64");
    const cached = this.#cached.get(id);
    if (cached !== undefined) {
      return createSecretKey(cached.bytes);
    }
    const unwrap: Unwrap = async (signal) => await this.#keys.unwrapDataKey(wrappedKey, context, { signal });
    return await this.#wait(id, this.#underWay.get(id) ?? this.#start(id, unwrap), options?.signal);
  }

  async #wait(id: string, unwrapping: Unwrapping, signal?: AbortSignal): Promise<KeyObject> {
    unwrapping.callers += 1;
    try {
      return await untilAborted(unwrapping.key, signal);
    } finally {
      unwrapping.callers -= 1;
      if (unwrapping.callers === 0) {
        this.#underWay.delete(id);
        if (signal?.aborted === true) {
          unwrapping.abort.abort(signal.reason);
        }
      }
    }
  }

  /** Aborts the request only when its last caller gives up: one caller must not fail the others. */
  #start(id: string, unwrap: Unwrap): Unwrapping {
    this.#misses += 1;
    const abort = new AbortController();
    const key = unwrap(abort.signal).then((unwrapped) => {
      this.#keep(id, unwrapped);
      return unwrapped;
    });
    const unwrapping = { key, abort, callers: 0 };
    this.#underWay.set(id, unwrapping);
    return unwrapping;
  }

  #keep(id: string, key: KeyObject): void {
    const { maxAgeMs, maxKeys, now } = this.#options;
    this.#drop(id);
    this.#cached.set(id, { bytes: key.export(), expiresAt: now() + maxAgeMs });
    for (const oldest of this.#cached.keys()) {
      if (this.#cached.size <= maxKeys) {
        return;
      }
      this.#drop(oldest);
    }
  }

  #dropExpired(): void {
    const now = this.#options.now();
    for (const [id, { expiresAt }] of this.#cached) {
      if (expiresAt > now) {
        return;
      }
      this.#drop(id);
    }
  }

  #drop(id: string): void {
    this.#cached.get(id)?.bytes.fill(0);
    this.#cached.delete(id);
  }
}

/** Waits for the promise. The signal ends only this wait, with its reason. */
async function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
