/** Keeps secrets' data in memory and revalidates it by etag, for callers that read the same secrets repeatedly. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Ages, CachedSecret, type SecretVersion } from "./cached-secret.ts";
import type { CallOptions } from "./call.ts";
import { DataLoader, type DataReader } from "./data-loader.ts";
import type { SecretDataInfo } from "./messages.ts";

export interface SecretDataCacheOptions {
  /** If it has `getMany`, secrets that are needed at the same time are read by one call. */
  readonly client: DataReader;
  /** How old the data may be that `get` returns. Default 60 s. */
  readonly maxAgeMs?: number;
  /** How much older it may be while the service is unavailable. Default 0: then the error is thrown. */
  readonly staleIfErrorMs?: number;
  /** How long a caller waits for a slow service before it gets older data, if there is any. Default 2 s. */
  readonly staleAfterMs?: number;
  /** Beyond this number, the least recently used secret is dropped. Default 1000. */
  readonly maxEntries?: number;
  /** Requests sealed data, which the client's `unwrap` opens. */
  readonly sealed?: boolean;
  /** Required for direct calls and with a system token. */
  readonly domain_id?: string;
  /** A clock in milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
}

export interface WatchOptions {
  /**
   * Called if the data differs from the last one, or from what the cache held when watching began. If it throws, it is
   * called again after the next check.
   */
  readonly onChange: (current: SecretVersion) => unknown;
  /** Called with the error of a check or of `onChange`. Watching goes on. */
  readonly onError: (error: unknown) => void;
  /** The time between two checks. It varies by a tenth, so that many processes spread theirs. Default 60 s. */
  readonly intervalMs?: number;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

interface Watched {
  readonly known: SecretVersion | undefined;
  readonly refresh: (signal: AbortSignal) => Promise<SecretVersion>;
}

/** A secret's id, or its name. A read by name follows the name, even if another secret gets it. */
export type SecretSelector = string | { readonly name: string };

/** The signal ends only this caller's wait; a request that others wait for goes on. */
type WaitOptions = Pick<CallOptions, "signal">;

/** The secrets of one domain, as one caller sees them. Holds plaintext in memory: dispose of it when done. */
export class SecretDataCache implements Disposable {
  readonly #options: SecretDataCacheOptions;
  readonly #ages: Ages;
  /** By `keyOf`, the least recently used first. */
  readonly #secrets = new Map<string, CachedSecret>();
  readonly #disposed = new AbortController();
  readonly #loader: DataLoader;

  constructor(options: SecretDataCacheOptions) {
    const { maxAgeMs = 60_000, staleIfErrorMs = 0, staleAfterMs = 2000, now = Date.now } = options;
    const { client, sealed, domain_id } = options;
    this.#options = options;
    this.#loader = new DataLoader({
      client,
      signal: this.#disposed.signal,
      ...(sealed !== undefined && { sealed }),
      ...(domain_id !== undefined && { domain_id }),
    });
    this.#ages = { maxAgeMs, staleIfErrorMs, staleAfterMs, now };
  }

  /**
   * Returns the data from memory while it is fresh. Otherwise it asks the service, once for all callers, and the
   * service sends the data only if it has changed. Secrets that are needed in the same tick are requested together. All
   * callers share the data, which is frozen.
   * @throws what `getData` throws. If the service is unavailable or slow, it returns data that is not too old instead.
   *   After any other error, such as ERROR_NOT_FOUND or ERROR_PERMISSION_DENIED, it forgets the data.
   */
  async get(secret: SecretSelector, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secret, async (cached) => await cached.get(signal));
  }

  /** Asks the service even if the data is fresh, and so sees all earlier writes. @throws what `getData` throws */
  async refresh(secret: SecretSelector, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secret, async (cached) => await cached.refresh(signal));
  }

  /** Forgets one secret's data, under its id and its name, or all data. Answers under way are not kept either. */
  invalidate(secret?: SecretSelector): void {
    if (secret === undefined) {
      this.#secrets.clear();
      return;
    }
    const key = keyOf(secret);
    const known = this.#secrets.get(key)?.current?.secret_id ?? secret;
    for (const [other, { current }] of this.#secrets) {
      if (other === key || current?.secret_id === known) this.#secrets.delete(other);
    }
  }

  /** Checks a secret's data regularly, and reports changes until the returned object is disposed of. */
  watch(secret: SecretSelector, options: WatchOptions): Disposable {
    const known = this.#secrets.get(keyOf(secret))?.current;
    const refresh = async (signal: AbortSignal) => await this.refresh(secret, { signal });
    return watch({ known, refresh }, options, this.#disposed.signal);
  }

  /** Forgets all data, and ends all watches and requests. Afterwards `get` and `refresh` throw. */
  [Symbol.dispose](): void {
    this.#disposed.abort(new TypeError("The cache is disposed of."));
    this.invalidate();
  }

  async #with(secret: SecretSelector, use: (cached: CachedSecret) => Promise<SecretVersion>): Promise<SecretVersion> {
    this.#disposed.signal.throwIfAborted();
    const key = keyOf(secret);
    const cached =
      this.#secrets.get(key) ?? new CachedSecret(async (etag) => await this.#read(secret, etag), this.#ages);
    this.#keep(key, cached);
    try {
      return await use(cached);
    } finally {
      // An entry without data must not push out others.
      if (cached.isEmpty && this.#secrets.get(key) === cached) this.#secrets.delete(key);
    }
  }

  #keep(key: string, cached: CachedSecret): void {
    this.#secrets.delete(key);
    this.#secrets.set(key, cached);
    const [oldest] = this.#secrets.keys();
    if (this.#secrets.size > (this.#options.maxEntries ?? 1000) && oldest !== undefined) this.#secrets.delete(oldest);
  }

  async #read(secret: SecretSelector, etag: string | undefined): Promise<SecretDataInfo> {
    const reference = typeof secret === "string" ? { secret_id: secret } : { name: secret.name };
    return await this.#loader.read({ ...reference, ...(etag !== undefined && { unless_etag: etag }) });
  }
}

/** One secret's id can be another secret's name. */
function keyOf(secret: SecretSelector): string {
  return typeof secret === "string" ? `id ${secret}` : `name ${secret.name}`;
}

/** Watches until it is disposed of, or a signal ends it. Its timers do not keep the process alive. */
function watch(watched: Watched, options: WatchOptions, disposed: AbortSignal): Disposable {
  const stopped = new AbortController();
  const signals = [disposed, stopped.signal, options.signal].filter((signal) => signal !== undefined);
  void poll(watched, options, AbortSignal.any(signals));
  return { [Symbol.dispose]: () => stopped.abort() };
}

async function poll({ known, refresh }: Watched, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { onChange, onError, intervalMs = 60_000 } = options;
  let etag = known?.etag;
  while (!signal.aborted) {
    try {
      await sleep(intervalMs * (0.9 + 0.2 * Math.random()), undefined, { ref: false, signal });
      const current = await refresh(signal);
      if (current.etag !== etag) await onChange(current);
      etag = current.etag;
    } catch (error) {
      // The end of watching is not an error.
      if (!signal.aborted) onError(error);
    }
  }
}
