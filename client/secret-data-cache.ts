/** Secrets' data in memory, checked again by their etags: for who reads the same secrets over and over. */

import { type Ages, CachedSecret, type SecretVersion } from "./cached-secret.ts";
import type { CallOptions } from "./call-options.ts";
import type { SecretClient } from "./secret-client.ts";
import { type WatchOptions, watch } from "./watch.ts";

export interface SecretDataCacheOptions {
  readonly client: Pick<SecretClient, "getData">;
  /** How old what `get` gives may be. Default 60 s. */
  readonly maxAgeMs?: number;
  /** How much older while the service is unavailable. Default 0: then its error is thrown. */
  readonly staleIfErrorMs?: number;
  /** The one that was not asked for longest leaves first. Default 1000. */
  readonly maxEntries?: number;
  /** Asks for sealed data, which the client's `unwrap` opens. */
  readonly sealed?: boolean;
  /** Needed for direct calls and with a system's token. */
  readonly domain_id?: string;
  /** Milliseconds of some clock. */
  readonly now?: () => number;
}

/** Ends the caller's waiting; what others wait for goes on. */
type WaitOptions = Pick<CallOptions, "signal">;

/** Of one domain, as one caller sees it. Holds plaintext as long as it is kept: dispose of it when done. */
export class SecretDataCache implements Disposable {
  readonly #options: SecretDataCacheOptions;
  readonly #ages: Ages;
  /** In the order of their last use. */
  readonly #secrets = new Map<string, CachedSecret>();
  readonly #disposed = new AbortController();

  constructor(options: SecretDataCacheOptions) {
    const { maxAgeMs = 60_000, staleIfErrorMs = 0, now = Date.now } = options;
    this.#options = options;
    this.#ages = { maxAgeMs, staleIfErrorMs, now };
  }

  /**
   * From memory while it is fresh; else from the service, which sends it only where it has changed, and is asked once
   * for all who wait. All callers share the data, which is frozen.
   * @throws what `getData` does. While the service is unavailable, data that is not too old is given instead; after any
   *   other error, such as ERROR_NOT_FOUND or ERROR_PERMISSION_DENIED, it is forgotten.
   */
  async get(secretId: string, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secretId, async (secret) => await secret.get(signal));
  }

  /** Asks the service anew, however fresh the data is: sees what was written before. @throws what `getData` does */
  async refresh(secretId: string, { signal }: WaitOptions = {}): Promise<SecretVersion> {
    return await this.#with(secretId, async (secret) => await secret.refresh(signal));
  }

  /** Forgets a secret's data, or all; nor is what the service is asked for just now kept. */
  invalidate(secretId?: string): void {
    if (secretId === undefined) this.#secrets.clear();
    else this.#secrets.delete(secretId);
  }

  /** Asks for a secret's data every now and then, and tells of changes, until what it gives is disposed of. */
  watch(secretId: string, options: WatchOptions): Disposable {
    const known = this.#secrets.get(secretId)?.current;
    const refresh = async (signal: AbortSignal) => await this.refresh(secretId, { signal });
    return watch({ known, refresh }, options, this.#disposed.signal);
  }

  /** Forgets all, and ends all watching; then `get` and `refresh` throw. */
  [Symbol.dispose](): void {
    this.#disposed.abort(new TypeError("The cache is disposed of."));
    this.invalidate();
  }

  async #with(secretId: string, use: (secret: CachedSecret) => Promise<SecretVersion>): Promise<SecretVersion> {
    this.#disposed.signal.throwIfAborted();
    const secret =
      this.#secrets.get(secretId) ?? new CachedSecret(async (etag) => await this.#read(secretId, etag), this.#ages);
    this.#keep(secretId, secret);
    try {
      return await use(secret);
    } finally {
      // What is not there must not push out what is.
      if (secret.isEmpty && this.#secrets.get(secretId) === secret) this.#secrets.delete(secretId);
    }
  }

  #keep(secretId: string, secret: CachedSecret): void {
    this.#secrets.delete(secretId);
    this.#secrets.set(secretId, secret);
    const [oldest] = this.#secrets.keys();
    if (this.#secrets.size > (this.#options.maxEntries ?? 1000) && oldest !== undefined) this.#secrets.delete(oldest);
  }

  async #read(secretId: string, etag: string | undefined): ReturnType<SecretClient["getData"]> {
    const { client, sealed, domain_id } = this.#options;
    return await client.getData({
      secret_id: secretId,
      ...(domain_id !== undefined && { domain_id }),
      ...(sealed !== undefined && { sealed }),
      ...(etag !== undefined && { unless_etag: etag }),
    });
  }
}
