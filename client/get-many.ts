/**
 * Reads the data of several secrets, fifty per call. Each secret fails separately. It is requested again if the cause
 * was the service's load, or that the other answers left no room for it.
 */

import { inOrder } from "../lib/base/async.ts";
import { limits } from "../lib/secret/secret.ts";
import { type CallOptions, type CallTime, type RetryOptions, withRetries } from "./call.ts";
import type { GetSecretDataRequest, SecretDataItem, SecretDataResult } from "./messages.ts";
import { isTransient, SecretApiError } from "./secret-api-error.ts";
import { type DataAnswer, openAnswer, type Unwrap } from "./unseal.ts";

export interface GetManyOptions extends CallOptions, SharedFields {}

/** Fields that apply to all secrets of a call, as in `getData`. */
type SharedFields = Pick<GetSecretDataRequest, "domain_id" | "sealed">;

/** A member of `results`, as the transport returns it. */
export type ItemAnswer = (DataAnswer & { readonly error?: never }) | { readonly error: ItemError };

type ItemError = Pick<SecretApiError, "code" | "message"> & { readonly requestId?: string | undefined };

interface Calling {
  /** Makes one call. The results are in the order of the items. */
  readonly ask: (items: readonly SecretDataItem[], signal: AbortSignal) => Promise<readonly ItemAnswer[]>;
  readonly shared: SharedFields;
  readonly unwrap: Unwrap | undefined;
  readonly retry: RetryOptions;
  readonly time: CallTime;
}

/** How many calls, and within a call how many uses of `unwrap`, run at a time. */
const width = 8;

/** The error of an item that did not fit into the answer. */
const noRoom = "ERROR_DB_QUERY";

const noResult: ItemError = { code: "ERROR_UNKNOWN", message: "The answer has no result for this secret." };

/** How a call for some of the secrets ended. */
type Ended =
  | { readonly kind: "answered"; readonly results: readonly SecretDataResult[] }
  | { readonly kind: "failed"; readonly items: readonly SecretDataItem[]; readonly error: unknown };

/**
 * Results are in the order of the items. If one of several calls fails, each of its secrets has the call's error.
 * @throws SecretApiError of the first call, if every call fails
 */
export async function getMany(
  items: readonly SecretDataItem[],
  calling: Calling,
): Promise<readonly SecretDataResult[]> {
  const { time } = calling;
  const chunks = Array.from({ length: Math.ceil(items.length / limits.itemsAtOnce) }, (_, index) =>
    items.slice(index * limits.itemsAtOnce, (index + 1) * limits.itemsAtOnce),
  );
  const asking = chunks.map((chunk) => async ({ signal }: Pick<CallTime, "signal">): Promise<Ended> => {
    const inTime = { ...calling, time: { ...time, signal } };
    try {
      const answers = await askForAll(chunk, inTime);
      const opening = chunk.map((item) => async () => await open(item, answers.get(item), inTime));
      return { kind: "answered", results: await collect(inOrder(opening, width, inTime.time)) };
    } catch (error) {
      // An aborted call is not a failure of its items.
      signal.throwIfAborted();
      return { kind: "failed", items: chunk, error };
    }
  });
  const ended = await collect(inOrder(asking, width, time));
  const failed = ended.flatMap((one) => (one.kind === "failed" ? [one] : []));
  const [first] = failed;
  if (first !== undefined && failed.length === ended.length) throw first.error;
  return ended.flatMap((one) =>
    one.kind === "answered" ? one.results : one.items.map((item) => toFailure(item, one.error)),
  );
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function askForAll(
  items: readonly SecretDataItem[],
  { ask, retry, time }: Calling,
): Promise<ReadonlyMap<SecretDataItem, ItemAnswer>> {
  const answers = new Map<SecretDataItem, ItemAnswer>();
  const askFor = async (asked: readonly SecretDataItem[]): Promise<void> => {
    const results = await ask(asked, time.signal);
    for (const [index, answer] of results.entries()) {
      const item = asked[index];
      if (item !== undefined) answers.set(item, answer);
    }
    const left = asked.filter((item) => answers.get(item)?.error?.code === noRoom);
    if (left.length > 0 && left.length < asked.length) await askFor(left);
  };
  let rest = items;
  const attempt = async (): Promise<void> => {
    await askFor(rest);
    const failed = rest.flatMap((item) => {
      const error = answers.get(item)?.error;
      return error === undefined ? [] : [{ item, error: toError(error) }];
    });
    const left = failed.filter(({ error }) => isTransient(error));
    rest = left.map(({ item }) => item);
    const [first] = left;
    if (first !== undefined) throw first.error;
  };
  try {
    await withRetries(attempt, { isRepeatable: true, ...time }, retry);
  } catch (error) {
    // If every secret has an answer, those that failed carry their own errors.
    if (!isTransient(error) || items.some((item) => !answers.has(item))) throw error;
  }
  return answers;
}

/** The result that `getData` would return, or the error that it would throw. */
async function open(
  item: SecretDataItem,
  answer: ItemAnswer | undefined,
  { shared, unwrap, time }: Calling,
): Promise<SecretDataResult> {
  try {
    if (answer === undefined || answer.error !== undefined) throw toError(answer?.error);
    return await openAnswer(answer, { ...shared, ...item }, { unwrap, time });
  } catch (error) {
    // An aborted call is not a failure of the item.
    time.signal.throwIfAborted();
    return toFailure(item, error);
  }
}

function toFailure(item: SecretDataItem, thrown: unknown): SecretDataResult {
  const error = thrown instanceof Error ? thrown : new Error("The data cannot be opened.", { cause: thrown });
  return item.secret_id === undefined ? { name: item.name, error } : { secret_id: item.secret_id, error };
}

function toError(error: ItemError = noResult): SecretApiError {
  return new SecretApiError(error.code, error.message, { requestId: error.requestId });
}
