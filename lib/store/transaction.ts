/** Runs a write as one transaction, and reports which of its actions was refused. */

import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  IdempotentParameterMismatchException,
  TransactionCanceledException,
  TransactionInProgressException,
} from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { type Abortable, backOff, maxAttempts } from "../base/async.ts";
import { SecretError } from "../base/errors.ts";
import { request, unavailable } from "./client.ts";
import type { Refusal, WriteResult } from "./secret-store.ts";

export type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** A row as a failed condition found it, if the action asks for it. */
export type FoundRow = { readonly [attribute: string]: AttributeValue } | undefined;

/** One write of a transaction, and what it means when its condition fails. */
export interface Action {
  readonly item: TransactItem;
  readonly refusal: Refusal | ((found: FoundRow) => Refusal);
}

type Attempt = WriteResult | { readonly kind: "busy"; readonly isChange: boolean; readonly cause: Error };

/** DynamoDB's limit. */
const maxActions = 100;

/** Reasons that are temporary. */
const transientReasons: ReadonlySet<string | undefined> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/**
 * All of the actions or none; a write's part that it does not have is `null`. They stand in the order in which the
 * contract checks: of several that fail, the first decides. While its row is being written by another transaction the
 * condition is undecided, and the write is repeated. A row that stays contended counts as changed where that is what
 * its condition watches.
 * @throws ERROR_UNAVAILABLE when there is no answer, or throttling or contention outlast the repeats.
 */
export async function transact(
  client: DynamoDBDocumentClient,
  parts: readonly (Action | null)[],
  options: Abortable,
): Promise<WriteResult> {
  const actions = parts.filter((part) => part !== null);
  if (actions.length > maxActions) {
    throw new Error(`A transaction holds ${maxActions} actions, not ${actions.length}.`);
  }
  // One token for all repeats, the SDK's own included: a write that was done though its answer got lost is answered as
  // done, and is not refused by its own traces.
  const input = { TransactItems: actions.map(({ item }) => item), ClientRequestToken: randomUUID() };
  for (let attempt = 1; ; attempt++) {
    const result = await send(client, input, actions, options);
    if (result.kind !== "busy") return result;
    if (attempt < maxAttempts) await backOff(attempt, options);
    else if (result.isChange) return { kind: "refused", refusal: "changed" };
    else throw unavailable(result.cause);
  }
}

async function send(
  client: DynamoDBDocumentClient,
  input: TransactWriteCommandInput,
  actions: readonly Action[],
  options: Abortable,
): Promise<Attempt> {
  try {
    await request(options, (http) => client.send(new TransactWriteCommand(input), http));
    return { kind: "done" };
  } catch (error) {
    if (error instanceof TransactionCanceledException) return decide(actions, error);
    if (isInFlight(error)) return { kind: "busy", isChange: false, cause: error };
    throw error;
  }
}

/**
 * Whether the same write, whose answer was lost, is still being done. DynamoDB calls that `TransactionInProgress`, DynamoDB
 * Local a mismatch, though the content under our token is always the same.
 */
function isInFlight(error: unknown): error is Error {
  if (error instanceof IdempotentParameterMismatchException) return true;
  return error instanceof SecretError && error.cause instanceof TransactionInProgressException;
}

function decide(actions: readonly Action[], error: TransactionCanceledException): Attempt {
  const reasons = error.CancellationReasons ?? [];
  const index = reasons.findIndex(({ Code }) => Code !== "None");
  const [action, reason] = [actions[index], reasons[index]];
  if (action === undefined || reason === undefined) throw error;
  const refusal = typeof action.refusal === "string" ? action.refusal : action.refusal(reason.Item);
  if (reason.Code === "ConditionalCheckFailed") return { kind: "refused", refusal };
  if (transientReasons.has(reason.Code)) {
    return { kind: "busy", isChange: reason.Code === "TransactionConflict" && refusal === "changed", cause: error };
  }
  throw error;
}
