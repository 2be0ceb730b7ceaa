/** One request to DynamoDB: the caller's signal goes down with it, and a failure comes up as the contract's error. */

import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import type { CallOptions } from "../base/call.ts";
import { SecretError } from "../base/errors.ts";

export interface HttpOptions {
  readonly abortSignal?: AbortSignal;
}

/** Answers of the service that tell of a mistake of ours, or of a transaction's conditions. All others are outages. */
const answers: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "IdempotentParameterMismatchException",
  "TransactionCanceledException",
]);

/** What a `ValidationException` says of an index that is gone, or made anew and not filled yet: no mistake of ours. */
const lostIndex = /does not have the specified index|backfilling global secondary index/;

const throttlings: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/**
 * Sends what `send` sends. When the caller's signal has fired, its reason is thrown, whatever the SDK made of it.
 * @throws ERROR_UNAVAILABLE when there is no answer, or one past the SDK's retries that is none of `answers`.
 */
export async function request<Output>(
  { signal }: CallOptions,
  send: (http: HttpOptions) => Promise<Output>,
): Promise<Output> {
  try {
    return await send(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw isOutage(error) ? unavailable(error) : error;
  }
}

export function unavailable(cause: unknown): SecretError {
  return new SecretError("ERROR_UNAVAILABLE", { service: "dynamodb" }, { cause });
}

/** Whether the request failed because more was asked for than the table, or a partition of it, gives at a time. */
export function isThrottling(error: unknown): boolean {
  return (
    error instanceof SecretError && error.cause instanceof DynamoDBServiceException && throttlings.has(error.cause.name)
  );
}

function isOutage(error: unknown): boolean {
  if (error instanceof DynamoDBServiceException) return !answers.has(error.name) || lostIndex.test(error.message);
  // The SDK's retry loop marks what it gave up on: refused connections, timeouts, answers that are no DynamoDB's.
  // Credentials are looked up before that loop.
  return error instanceof Error && ("$metadata" in error || error.name === "CredentialsProviderError");
}
