/** Calls the service by invoking its functions. Only this file imports the Lambda client. */

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
   * Give it `maxAttempts: 1`, because it retries every call. `SecretClient` retries only what is safe to repeat.
   */
  readonly client: LambdaClient;
  /** Names or ARNs of the functions, or a function that returns them: `` (route) => `secret-prod-${route}` ``. */
  readonly functions: { readonly [Name in Route]?: string } | ((route: Route) => string);
  /**
   * The functions' alias to invoke. The caller then has the rights that the deployment grants this alias, in the
   * grant's domain. Without an alias it is a system caller, and must name the domain in every message.
   */
  readonly alias?: string;
}

interface Invocation {
  readonly input: InvokeCommandInput;
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The meaning of Lambda's own failures. Others with a status from 500 on are ERROR_UNAVAILABLE. The rest, such as a
 * function that does not exist, are thrown unchanged.
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

/** @throws TypeError if the caller has named no function for the route */
function nameOf(functions: LambdaTransportOptions["functions"], route: Route): string {
  const name = typeof functions === "function" ? functions(route) : functions[route];
  if (!name) throw new TypeError(`No function is configured for ${route}.`);
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

/** @throws InexactNumberError, because Lambda's runtime turns an event's numbers into JavaScript's */
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

/** If the function threw an error of the API, `errorMessage` is `CODE: message`; if it crashed, it is the runtime's. */
function toError(payload: string, requestId: string | undefined): SecretApiError {
  const failure = parseJson(payload);
  const { errorType, errorMessage } = isObject(failure) ? failure : {};
  const [, code, message] = /^(ERROR_[A-Z_]+): (.*)$/s.exec(String(errorMessage)) ?? [];
  if (code !== undefined && message !== undefined) return new SecretApiError(code, message, { requestId });
  const known = codeByFailure.get(String(errorType)) ?? "ERROR_UNKNOWN";
  return new SecretApiError(known, `The function failed. (type = ${String(errorType)})`, { requestId });
}
