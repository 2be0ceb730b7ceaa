/** Calls by invoking the functions. The only importer of the Lambda client. */

import {
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  type LambdaClient,
  LambdaServiceException,
} from "@aws-sdk/client-lambda";
import type { ErrorCode } from "../lib/base/errors.ts";
import { isObject } from "../lib/base/json.ts";
import { holdsInexactNumber, stringifyObject } from "../lib/base/json-text.ts";
import type { Route } from "../lib/http/routes.ts";
import { SecretApiError } from "./secret-api-error.ts";
import { InexactNumberError } from "./secret-data.ts";
import { noAnswer, parseAnswer, parseJson, type Transport } from "./transport.ts";

export interface LambdaTransportOptions {
  /**
   * It retries by itself as well; with `maxAttempts: 1` only `SecretClient` does, which knows what may be repeated.
   */
  readonly client: LambdaClient;
  /** Names or ARNs of the functions that are called, or how to tell them: `` (route) => `secret-prod-${route}` ``. */
  readonly functions: { readonly [Name in Route]?: string } | ((route: Route) => string);
  /**
   * The functions' alias to invoke. Then the caller has what the deployment grants this alias, in the grant's own domain;
   * without one it is a system caller, who names the domain in every message.
   */
  readonly alias?: string;
}

interface Invocation {
  readonly input: InvokeCommandInput;
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * What failures of Lambda itself mean. Others with a status from 500 on are ERROR_UNAVAILABLE, and the rest, such as a
 * function that does not exist, are thrown as they come.
 */
const codeByFailure = new Map<string, ErrorCode>([
  ["AccessDeniedException", "ERROR_PERMISSION_DENIED"],
  ["RequestTooLargeException", "ERROR_INVALID_PARAMETER"],
  ["TooManyRequestsException", "ERROR_UNAVAILABLE"],
  ["Sandbox.Timedout", "ERROR_REQUEST_TIMEOUT"],
]);

export function lambdaTransport({ client, functions, alias }: LambdaTransportOptions): Transport {
  return async (route, message, signal) => {
    const name = nameOf(functions, route);
    const target = `the function ${name}${alias === undefined ? "" : `:${alias}`}`;
    const input = { FunctionName: name, Qualifier: alias, Payload: toPayload(message) };
    const output = await invoke(client, { input, target, signal });
    const requestId = output.$metadata.requestId;
    const payload = output.Payload?.transformToString() ?? "";
    if (output.FunctionError !== undefined) throw toError(payload, requestId);
    return parseAnswer(payload, { route, message, target }, { requestId });
  };
}

/** @throws TypeError (by the promise) where the caller has named none */
function nameOf(functions: LambdaTransportOptions["functions"], route: Route): string {
  const name = typeof functions === "function" ? functions(route) : functions[route];
  if (!name) throw new TypeError(`No function is named for ${route}.`);
  return name;
}

async function invoke(client: LambdaClient, { input, target, signal }: Invocation): Promise<InvokeCommandOutput> {
  try {
    return await client.send(new InvokeCommand(input), { ...(signal !== undefined && { abortSignal: signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof LambdaServiceException ? toServiceError(error) : noAnswer(error, target);
  }
}

/** @throws InexactNumberError, since Lambda's runtime reads an event's numbers as JavaScript's before the function sees it */
function toPayload(message: object): Buffer {
  const payload = stringifyObject(message);
  if (holdsInexactNumber(payload)) {
    throw new InexactNumberError("The message holds a number that Lambda would change: send it over HTTP.");
  }
  return Buffer.from(payload);
}

function toServiceError(error: LambdaServiceException): Error {
  const { httpStatusCode: status = 0, requestId } = error.$metadata;
  const code = codeByFailure.get(error.name) ?? (status >= 500 ? "ERROR_UNAVAILABLE" : undefined);
  if (code === undefined) return error;
  return new SecretApiError(code, error.message, { status, requestId, cause: error, isUnprocessed: status === 429 });
}

/** Where a function of ours throws, `errorMessage` is `CODE: message`; where it crashed, whatever the runtime says. */
function toError(payload: string, requestId: string | undefined): SecretApiError {
  const failure = parseJson(payload);
  const { errorType, errorMessage } = isObject(failure) ? failure : {};
  const [, code, message] = /^(ERROR_[A-Z_]+): (.*)$/s.exec(String(errorMessage)) ?? [];
  if (code !== undefined && message !== undefined) return new SecretApiError(code, message, { requestId });
  const known = codeByFailure.get(String(errorType)) ?? "ERROR_UNKNOWN";
  return new SecretApiError(known, `The function failed. (type = ${String(errorType)})`, { requestId });
}
