/**
 * What the adapters share: how values are converted, which strings can be keys, and requests that obey the caller's
 * signal and fail with errors of the API.
 */

import { type DynamoDBClient, DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Abortable } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";

/** The names of the tables in this deployment. */
export interface TableNames {
  readonly secrets: string;
  readonly names: string;
  readonly data: string;
  readonly tokens: string;
  readonly deleted: string;
}

/** A client made by `documentClient`, and the tables that its user accesses. */
export interface Database<Table extends keyof TableNames = keyof TableNames> {
  readonly client: DynamoDBDocumentClient;
  readonly tables: Pick<TableNames, Table>;
}

export interface HttpOptions {
  readonly abortSignal?: AbortSignal;
}

/** Errors that a retry cannot fix: a bug of ours, or a failed condition of a transaction. All others are outages. */
const finalErrors: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "IdempotentParameterMismatchException",
  "TransactionCanceledException",
]);

/** In the message of a `ValidationException`, this means that an index is gone or still being built: an outage. */
const lostIndex = /does not have the specified index|backfilling global secondary index/;

const throttlings: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/**
 * Wraps a client so that a number comes back as the double that went in. By default the SDK refuses to write a number
 * above 2^53, and reads it as a bigint or not at all. A double needs at most 17 digits, and DynamoDB keeps 38.
 */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { allowImpreciseNumbers: true },
    unmarshallOptions: { wrapNumbers: Number },
  });
}

/**
 * Sends a request. If the caller's signal has fired, its reason is thrown, whatever error the SDK reports.
 * @throws ERROR_UNAVAILABLE if there is no answer, or if the SDK's retries end with an error not in `finalErrors`
 */
export async function request<Output>(
  { signal }: Abortable,
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

/** Whether the request failed because it exceeded the throughput of the table or of a partition. */
export function isThrottling(error: unknown): boolean {
  return (
    error instanceof SecretError && error.cause instanceof DynamoDBServiceException && throttlings.has(error.cause.name)
  );
}

/** Whether a string can be a partition key, alone or as one of the attributes of an index's key. */
export function isPartitionKey(text: string): boolean {
  return isKey(text, 2048);
}

export function isSortKey(text: string): boolean {
  return isKey(text, 1024);
}

function isOutage(error: unknown): boolean {
  if (error instanceof DynamoDBServiceException) return !finalErrors.has(error.name) || lostIndex.test(error.message);
  // The SDK adds `$metadata` to errors that it gave up on: refused connections, timeouts, answers not from DynamoDB.
  // It looks up credentials before, so their errors have none.
  return error instanceof Error && ("$metadata" in error || error.name === "CredentialsProviderError");
}

/** A string with half a surrogate pair cannot be a key: the SDK would send a different string. */
function isKey(text: string, maxBytes: number): boolean {
  return text !== "" && text.isWellFormed() && Buffer.byteLength(text) <= maxBytes;
}
