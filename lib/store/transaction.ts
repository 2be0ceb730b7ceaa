/** Runs a write as one transaction, and returns why it was refused. */

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

/** The row that a failed condition found, if the action asks for it. */
export type FoundRow = { readonly [attribute: string]: AttributeValue } | undefined;

/** One action of a transaction, and what it means if its condition fails. */
export interface Action {
  readonly item: TransactItem;
  readonly refusal: Refusal | ((found: FoundRow) => Refusal);
}

type Attempt = WriteResult | { readonly kind: "busy"; readonly isChange: boolean; readonly cause: Error };

/** DynamoDB's limit on the actions of a transaction. */
const maxActions = 100;

/** Cancellation reasons that are temporary. */
const transientReasons: ReadonlySet<string | undefined> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/**
 * Does all of the actions or none. `null` stands for an action that this write does not need. The order of the actions
 * is that of the API's checks (docs/api.md): if several conditions fail, the first decides.
 *
 * While another transaction writes the same row, the condition is undecided, so the transaction is repeated. If that
 * goes on and the action fails with `changed`, the row counts as changed.
 * @throws ERROR_UNAVAILABLE if there is no answer, or if throttling or conflicts outlast the repeats
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
  // One token for all repeats, the SDK's included: if the answer of a successful try was lost, the next try reports
  // success. Without the token, it would be refused because of what the first try wrote.
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
 * Whether an earlier try of the same write is still in progress. DynamoDB calls that `TransactionInProgress`. DynamoDB
 * Local calls it a mismatch, although all tries have the same content.
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
