/** Reads, decides and writes again when another writer came between the read and the write. */

import { backOff, type CallOptions } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";

/** Enough for a handful of writers at once; more of them are told so. */
const maxAttempts = 5;

/**
 * @param attempt returns `undefined` when the row was changed since it was read.
 * @throws ERROR_VERSION_CONFLICT when every attempt met another writer.
 */
export async function retryWhenChanged<Result>(
  subject: { readonly key: string; readonly value: string },
  options: CallOptions,
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let made = 1; ; made++) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (made === maxAttempts) throw new SecretError("ERROR_VERSION_CONFLICT", subject);
    // So that writers who met once do not meet again.
    await backOff(made, options);
  }
}
