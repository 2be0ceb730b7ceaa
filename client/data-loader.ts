/** Combines reads of the same tick into one request. Each read succeeds or fails separately. */

import type { ErrorCode } from "../lib/base/errors.ts";
import type { GetManyOptions } from "./get-many.ts";
import type { SecretDataInfo, SecretDataItem, SecretDataResult } from "./messages.ts";
import { SecretApiError } from "./secret-api-error.ts";
import type { SecretClient } from "./secret-client.ts";

/** Without `getMany`, each secret is requested separately. */
export type DataReader = Pick<SecretClient, "getData"> & Partial<Pick<SecretClient, "getMany">>;

export interface LoaderOptions extends Pick<GetManyOptions, "domain_id" | "sealed"> {
  readonly client: DataReader;
  /** Ends requests under way, and reads that wait to be sent. */
  readonly signal: AbortSignal;
}

interface Read extends Pick<PromiseWithResolvers<SecretDataInfo>, "resolve" | "reject"> {
  readonly item: SecretDataItem;
}

/** A whole request fails with these if one item is invalid, or if the service is too old to know `items`. */
const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  "ERROR_INVALID_PARAMETER",
  "ERROR_INVALID_PARAMETER_TYPE",
  "ERROR_REQUIRED_PARAMETER",
]);

export class DataLoader {
  readonly #options: LoaderOptions;
  #waiting: readonly Read[] = [];

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** @throws what `getData` throws */
  async read(item: SecretDataItem): Promise<SecretDataInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<SecretDataInfo>();
    this.#waiting = [...this.#waiting, { item, resolve, reject }];
    if (this.#waiting.length === 1) void this.#sendAfterTick();
    return await promise;
  }

  async #sendAfterTick(): Promise<void> {
    // Waits for promises that are settled by now: code that awaited one of them may be about to read as well.
    await Promise.resolve();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const reads = this.#waiting;
    this.#waiting = [];
    try {
      this.#options.signal.throwIfAborted();
      await this.#send(reads);
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
  }

  async #send(reads: readonly Read[]): Promise<void> {
    const { client, signal, ...shared } = this.#options;
    const readAlone = ({ item, resolve }: Read) => resolve(client.getData({ ...shared, ...item }, { signal }));
    if (client.getMany === undefined || reads.length === 1) return reads.forEach(readAlone);
    const settle = (read: Read, result: SecretDataResult) => {
      if (result.error === undefined) read.resolve(result);
      // One of several requests may have been refused as a whole.
      else if (isRefusal(result.error)) readAlone(read);
      else read.reject(result.error);
    };
    const items = reads.map(({ item }) => item);
    try {
      const results = await client.getMany(items, { ...shared, signal });
      for (const [index, result] of results.entries()) {
        const read = reads[index];
        if (read !== undefined) settle(read, result);
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      reads.forEach(readAlone);
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SecretApiError && refusals.has(error.code);
}
