/** One secret's data in memory: how long it is fresh, when it is requested again, and what a failure does to it. */

import { walk } from "../lib/base/json.ts";
import { JsonText } from "../lib/base/json-text.ts";
import type { SecretDataInfo } from "./messages.ts";
import { isTransient, SecretApiError } from "./secret-api-error.ts";
import { type ExactData, withData } from "./secret-data.ts";
import { SharedWork } from "./shared-work.ts";

/** A version of a secret's data, deeply frozen. */
export interface SecretVersion extends ExactData {
  readonly secret_id: string;
  readonly version: number;
  readonly etag: string;
}

export interface Ages {
  readonly maxAgeMs: number;
  readonly staleIfErrorMs: number;
  readonly staleAfterMs: number;
  readonly now: () => number;
}

/** Requests the data from the service; `unlessEtag` is the etag of the data in memory. */
export type ReadData = (unlessEtag: string | undefined) => Promise<SecretDataInfo>;

/** After the service was unavailable, it is not asked again for this long. */
const pauseMs = 1000;

export class CachedSecret {
  readonly #read: ReadData;
  readonly #ages: Ages;
  readonly #reading = new SharedWork<SecretVersion>();
  #current: SecretVersion | undefined;
  #checkedAt = 0;
  #checkAgainAt = 0;
  /** Whether the request under way is so slow that callers get the known data at once. */
  #isSlow = false;

  constructor(read: ReadData, ages: Ages) {
    this.#read = read;
    this.#ages = ages;
  }

  get current(): SecretVersion | undefined {
    return this.#current;
  }

  /** Whether there is neither data nor a request for it. */
  get isEmpty(): boolean {
    return this.#current === undefined && !this.#reading.isUnderWay;
  }

  async get(signal: AbortSignal | undefined): Promise<SecretVersion> {
    const isDue = this.#ages.now() >= this.#checkAgainAt;
    const known = this.#presentable();
    if (known !== undefined && (this.#isSlow || !isDue)) return known;
    const asking = this.#reading.run(this.#ask, signal);
    try {
      return await (known === undefined ? asking : this.#orKnown(asking));
    } catch (error) {
      const stale = isTransient(error) ? this.#presentable() : undefined;
      if (stale !== undefined) return stale;
      throw error;
    }
  }

  /** Sends a new request: one that is under way may return data older than the caller's last write. */
  async refresh(signal: AbortSignal | undefined): Promise<SecretVersion> {
    return await this.#reading.runAnew(this.#ask, signal);
  }

  /**
   * Returns the known data if the answer takes too long. The request goes on; other callers do not wait for it either.
   */
  async #orKnown(asking: Promise<SecretVersion>): Promise<SecretVersion> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, this.#ages.staleAfterMs, undefined);
    try {
      const answer = await Promise.race([asking, late]);
      if (answer !== undefined) return answer;
    } finally {
      clearTimeout(timer);
    }
    this.#isSlow = this.#reading.isUnderWay;
    return this.#presentable() ?? (await asking);
  }

  readonly #ask = async (): Promise<SecretVersion> => {
    const { maxAgeMs, now } = this.#ages;
    const known = this.#current;
    const askedAt = now();
    try {
      const answer = await this.#read(known?.etag);
      this.#current = answer.not_modified ? unchanged(known) : toVersion(answer);
      this.#checkedAt = askedAt;
      this.#checkAgainAt = askedAt + maxAgeMs;
      return this.#current;
    } catch (error) {
      if (isTransient(error)) this.#checkAgainAt = now() + this.#pauseAfter(error);
      else this.#current = undefined;
      throw error;
    } finally {
      this.#isSlow = false;
    }
  };

  #pauseAfter({ retryAfterMs = 0 }: SecretApiError): number {
    return Math.min(this.#ages.maxAgeMs, Math.max(pauseMs, retryAfterMs));
  }

  /**
   * The known data, unless it is too old. After the clock was set back, its age is unknown, so it counts as too old.
   */
  #presentable(): SecretVersion | undefined {
    const ageMs = this.#ages.now() - this.#checkedAt;
    return ageMs >= 0 && ageMs < this.#ages.maxAgeMs + this.#ages.staleIfErrorMs ? this.#current : undefined;
  }
}

function unchanged(known: SecretVersion | undefined): SecretVersion {
  if (known !== undefined) return known;
  throw new SecretApiError(
    "ERROR_UNKNOWN",
    "The service says that the data has not changed, but there is no earlier data.",
  );
}

/** Frozen, because all callers share it. */
function toVersion({ secret_id, dataText, version, etag, encrypted }: SecretDataInfo): SecretVersion {
  if (encrypted) throw new TypeError("The data is sealed, and the client has no `unwrap` to open it with.");
  const answer = withData({ secret_id, version, etag }, new JsonText(dataText));
  for (const { value } of walk(Object.getOwnPropertyDescriptor(answer, "data")?.value)) Object.freeze(value);
  return Object.freeze(answer);
}
