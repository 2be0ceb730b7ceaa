/**
 * DynamoDB as the adapters hold it: how values cross, which texts can be keys, and one request, which takes the caller's
 * signal along and fails with the contract's error.
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

/** A client made by `documentClient`, and the tables that its user touches. */
export interface Database<Table extends keyof TableNames = keyof TableNames> {
  readonly client: DynamoDBDocumentClient;
  readonly tables: Pick<TableNames, Table>;
}

export interface HttpOptions {
  readonly abortSignal?: AbortSignal;
}

/** Errors of DynamoDB that a retry cannot fix: a bug of ours, or a failed condition of a transaction. All others are outages. */
const finalErrors: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "IdempotentParameterMismatchException",
  "TransactionCanceledException",
]);

/** What a `ValidationException` says of an index that is gone or still being built, which is no bug of ours. */
const lostIndex = /does not have the specified index|backfilling global secondary index/;

const throttlings: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/**
 * Wraps a client so that a number comes back as the double that went in: by default the SDK refuses to write one above
 * 2^53 and reads it as a bigint or not at all. A double's shortest decimal form has 17 digits, DynamoDB keeps 38.
 */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { allowImpreciseNumbers: true },
    unmarshallOptions: { wrapNumbers: Number },
  });
}

/**
 * Sends what `send` sends. When the caller's signal has fired, its reason is thrown, whatever the SDK made of it.
 * @throws ERROR_UNAVAILABLE when there is no answer, or one past the SDK's retries that is none of `finalErrors`.
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

/** Whether a string can be a partition key, alone or as part of an index's. */
export function isPartitionKey(text: string): boolean {
  return isKey(text, 2048);
}

export function isSortKey(text: string): boolean {
  return isKey(text, 1024);
}

function isOutage(error: unknown): boolean {
  if (error instanceof DynamoDBServiceException) return !finalErrors.has(error.name) || lostIndex.test(error.message);
  // The SDK's retry loop marks what it gave up on: refused connections, timeouts, answers that are no DynamoDB's.
  // Credentials are looked up before that loop.
  return error instanceof Error && ("$metadata" in error || error.name === "CredentialsProviderError");
}

/** An ill-formed string (half a surrogate pair) is no key, because the SDK would send another string. */
function isKey(text: string, maxBytes: number): boolean {
  return text !== "" && text.isWellFormed() && Buffer.byteLength(text) <= maxBytes;
}
