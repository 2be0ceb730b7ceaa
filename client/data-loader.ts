/** Reads of one tick go to the service together; each ends for itself. */

import type { ErrorCode } from "../lib/base/errors.ts";
import type { GetManyOptions } from "./get-many.ts";
import type { SecretDataInfo, SecretDataItem } from "./messages.ts";
import { SecretApiError } from "./secret-api-error.ts";
import type { SecretClient } from "./secret-client.ts";

/** A client without `getMany` is asked for each secret by itself. */
export type DataReader = Pick<SecretClient, "getData"> & Partial<Pick<SecretClient, "getMany">>;

export interface LoaderOptions extends Pick<GetManyOptions, "domain_id" | "sealed"> {
  readonly client: DataReader;
  /** Ends what is being asked, and what waits to be. */
  readonly signal: AbortSignal;
}

interface Read extends Pick<PromiseWithResolvers<SecretDataInfo>, "resolve" | "reject"> {
  readonly item: SecretDataItem;
}

/** Of a message: one item that cannot be right has all refused, as a service that knows no `items` does. */
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

  /** @throws what `getData` does */
  async read(item: SecretDataItem): Promise<SecretDataInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<SecretDataInfo>();
    this.#waiting = [...this.#waiting, { item, resolve, reject }];
    if (this.#waiting.length === 1) void this.#sendAfterTick();
    return await promise;
  }

  async #sendAfterTick(): Promise<void> {
    // Behind the promises that are settled by now: what waited for one of them may be about to read as well.
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
    const readEach = () => {
      for (const { item, resolve } of reads) resolve(client.getData({ ...shared, ...item }, { signal }));
    };
    if (client.getMany === undefined || reads.length === 1) {
      readEach();
      return;
    }
    const items = reads.map(({ item }) => item);
    try {
      const results = await client.getMany(items, { ...shared, signal });
      for (const [index, result] of results.entries()) {
        if (result.error === undefined) reads[index]?.resolve(result);
        else reads[index]?.reject(result.error);
      }
    } catch (error) {
      if (!(error instanceof SecretApiError && refusals.has(error.code))) throw error;
      readEach();
    }
  }
}
