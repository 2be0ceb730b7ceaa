/** Keeps secrets' data in memory and revalidates it by etag, for callers that read the same secrets repeatedly. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Ages, CachedSecret, type SecretVersion } from "./cached-secret.ts";
import type { CallOptions } from "./call.ts";
import { DataLoader, type DataReader } from "./data-loader.ts";
import type { SecretDataInfo } from "./messages.ts";

export interface SecretDataCacheOptions {
  /** Its `getMany`, where it has one, reads what is missing at the same time by one call. */
  readonly client: DataReader;
  /** How old what `get` gives may be. Default 60 s. */
  readonly maxAgeMs?: number;
  /** How much older while the service is unavailable. Default 0: then its error is thrown. */
  readonly staleIfErrorMs?: number;
  /** How long a caller waits for a service that does not answer, where there is data to give instead. Default 2 s. */
  readonly staleAfterMs?: number;
  /** The one that was not asked for longest leaves first. Default 1000. */
  readonly maxEntries?: number;
  /** Asks for sealed data, which the client's `unwrap` opens. */
  readonly sealed?: boolean;
  /** Needed for direct calls and with a system's token. */
  readonly domain_id?: string;
  /** Milliseconds of some clock. */
  readonly now?: () => number;
}

export interface WatchOptions {
  /**
   * Is told of data that is another than the last, or than the cache held when watching began. Where it throws, it is
   * told again the next time.
   */
  readonly onChange: (current: SecretVersion) => unknown;
  /** Is told what a check, or `onChange`, threw. Watching goes on. */
  readonly onError: (error: unknown) => void;
  /** Between two checks, give or take a tenth, so that many processes spread theirs. Default 60 s. */
  readonly intervalMs?: number;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

interface Watched {
  readonly known: SecretVersion | undefined;
  readonly refresh: (signal: AbortSignal) => Promise<SecretVersion>;
}

/** A secret's id, or its name. Whoever reads by name follows the name: another secret may get it. */
export type SecretSelector = string | { readonly name: string };

/** Ends the caller's waiting; what others wait for goes on. */
type WaitOptions = Pick<CallOptions, "signal">;

/** Of one domain, as one caller sees it. Holds plaintext as long as it is kept: dispose of it when done. */
export class SecretDataCache implements Disposable {
  readonly #options: SecretDataCacheOptions;
  readonly #ages: Ages;
  /** By `keyOf`, in the order of their last use. */
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
   * From memory while it is fresh; else from the service, which sends it only where it has changed, and is asked once
   * for all who wait. What several secrets' readers lack in one tick is one call. All callers share the data, which is frozen.
   * @throws what `getData` does. While the service is unavailable or slow, data that is not too old is given instead; after any
   *   other error, such as ERROR_NOT_FOUND or ERROR_PERMISSION_DENIED, it is forgotten.
   */
  async get(secret: SecretSelector, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secret, async (cached) => await cached.get(signal));
  }

  /** Asks the service anew, however fresh the data is: sees what was written before. @throws what `getData` does */
  async refresh(secret: SecretSelector, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secret, async (cached) => await cached.refresh(signal));
  }

  /** Forgets a secret's data, by whatever it was asked for, or all; nor is what the service is asked for just now kept. */
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

  /** Asks for a secret's data every now and then, and tells of changes, until what it gives is disposed of. */
  watch(secret: SecretSelector, options: WatchOptions): Disposable {
    const known = this.#secrets.get(keyOf(secret))?.current;
    const refresh = async (signal: AbortSignal) => await this.refresh(secret, { signal });
    return watch({ known, refresh }, options, this.#disposed.signal);
  }

  /** Forgets all, ends all watching and what is being asked; then `get` and `refresh` throw. */
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
      // What is not there must not push out what is.
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

/** An id can be the name of another secret. */
function keyOf(secret: SecretSelector): string {
  return typeof secret === "string" ? `id ${secret}` : `name ${secret.name}`;
}

/** Until it is disposed of, or a signal ends it. No timer of it keeps a process alive. */
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
      // The end of watching is no error.
      if (!signal.aborted) onError(error);
    }
  }
}
