/** One secret's data in memory: when it is fresh, when it is asked for again, and what a failure leaves of it. */

import { walk } from "../lib/base/json.ts";
import { JsonText } from "../lib/base/json-text.ts";
import type { SecretDataInfo } from "./messages.ts";
import { isTransient, SecretApiError } from "./secret-api-error.ts";
import { type ExactData, withData } from "./secret-data.ts";
import { SharedWork } from "./shared-work.ts";

/** A version of a secret's data, frozen with all that is in it. */
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

/** Asks the service; `unlessEtag` is that of the data that is there. */
export type ReadData = (unlessEtag: string | undefined) => Promise<SecretDataInfo>;

/** A service that is unavailable is left alone for so long. */
const pauseMs = 1000;

export class CachedSecret {
  readonly #read: ReadData;
  readonly #ages: Ages;
  readonly #reading = new SharedWork<SecretVersion>();
  #current: SecretVersion | undefined;
  #checkedAt = 0;
  #checkAgainAt = 0;
  /** Whether what is being asked takes longer than a caller should wait who can have what there is. */
  #isSlow = false;

  constructor(read: ReadData, ages: Ages) {
    this.#read = read;
    this.#ages = ages;
  }

  get current(): SecretVersion | undefined {
    return this.#current;
  }

  /** Whether there is neither data nor any on its way. */
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

  /** Asks anew: what is on its way may be older than what the caller has written. */
  async refresh(signal: AbortSignal | undefined): Promise<SecretVersion> {
    return await this.#reading.runAnew(this.#ask, signal);
  }

  /** What is known, where the answer takes too long. Asking goes on, and others do not wait for it either. */
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

  /** What is known and not too old. A clock that was set back makes nothing young. */
  #presentable(): SecretVersion | undefined {
    const ageMs = this.#ages.now() - this.#checkedAt;
    return ageMs >= 0 && ageMs < this.#ages.maxAgeMs + this.#ages.staleIfErrorMs ? this.#current : undefined;
  }
}

function unchanged(known: SecretVersion | undefined): SecretVersion {
  if (known !== undefined) return known;
  throw new SecretApiError("ERROR_UNKNOWN", "The answer is that nothing has changed, where nothing is known.");
}

/** Frozen: what one caller changed would be changed for all. */
function toVersion({ secret_id, dataText, version, etag, encrypted }: SecretDataInfo): SecretVersion {
  if (encrypted) throw new TypeError("The data is sealed, and the client has no `unwrap` to open it with.");
  const answer = withData({ secret_id, version, etag }, new JsonText(dataText));
  for (const { value } of walk(Object.getOwnPropertyDescriptor(answer, "data")?.value)) Object.freeze(value);
  return Object.freeze(answer);
}
