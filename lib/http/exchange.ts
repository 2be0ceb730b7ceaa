/**
 * The middleware around every method: reads the event, answers in the same form, and writes the audit line. Only here
 * does a thrown value become an error of the API.
 */

import type { MiddlewareObj, Request } from "@middy/core";
import type { Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { type LogLine, log } from "../base/log.ts";
import { ItemAnswers } from "../method/call.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { nameAlias, nameCaller, qualifierOf } from "./caller.ts";
import { type Incoming, readEvent } from "./incoming.ts";
import { type EndedItem, endItems } from "./items.ts";
import { InvocationError, toDirectResult, toHttpFailure, toHttpResult } from "./reply.ts";
import type { Route } from "./routes.ts";

/** What is known about a call so far. It replaces the event, so that the handler and all hooks share it. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly startedAt: Date;
  /** The alias or version that the function was invoked by. */
  readonly alias: string | null;
  principal: Principal | null;
  /** Id of the grant that let the caller in. */
  grant: string | null;
  /** The request message; `undefined` until it is read. */
  body: unknown;
  /** Ids of the secrets that the message names by `name`. */
  readonly namedIds: Map<string, string>;
}

export interface ExchangeOptions {
  readonly route: Route;
  readonly callers: CallerRules;
}

/** How a call, or one of its items, ended: for the audit line. */
interface Ended {
  readonly secretId: string | null;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  /** Index in the request's `items`, if the line is about one of them. The call's own line has none, and comes last. */
  readonly item?: number;
}

/** Strings in an audit line are cut here: those of a refused request may be of any length. */
const maxCharacters = 1024;

/** How much of a failure is logged: errors in the chain of causes, and stack frames. */
const maxErrors = 5;

const maxFrames = 8;

export function exchangeMiddleware(options: ExchangeOptions): MiddlewareObj<unknown, object> {
  return {
    before: (request) => {
      request.event = begin(request.event, request.context);
    },
    after: (request) => {
      const exchange = exchangeOf(request);
      const result = request.response ?? {};
      const { response, items } = respond(options, exchange, result);
      request.response = response;
      const ofItems = items.map(({ reference, error }, item) =>
        auditLine(options, exchange, { secretId: idOf(reference, exchange), outcome: error?.code ?? "OK", item }),
      );
      // The lines come last, when nothing can fail any more.
      const secretId = idOf(exchange.body, exchange) ?? textMember(result, "secret_id");
      log(...ofItems, auditLine(options, exchange, { secretId, outcome: "OK" }));
    },
    onError: (request) => {
      const exchange = exchangeOf(request);
      const { kind, requestId } = exchange.incoming;
      const error = toSecretError(request.error, requestId);
      if (error.status >= 500) logFailure(options, exchange, error);
      log(auditLine(options, exchange, { secretId: idOf(exchange.body, exchange), outcome: error.code }));
      if (kind === "http") {
        request.response = toHttpFailure(error, requestId);
      } else {
        // Assigned, not thrown: middy attaches the original error, with its message, to an error thrown here.
        request.error = new InvocationError(error);
      }
    },
  };
}

/** One line for each call: who did what to which secret, and how it ended. Never data. */
function auditLine(
  { route, callers }: ExchangeOptions,
  exchange: Exchange,
  { secretId, outcome, item }: Ended,
): LogLine {
  const { body, grant, incoming, startedAt } = exchange;
  const { caller, domainId } = exchange.principal ?? nameUnidentified(exchange, callers);
  const now = new Date();
  return {
    level: "INFO",
    message: "audit",
    time: now.toISOString(),
    request_id: incoming.requestId,
    caller: cut(caller),
    via: incoming.via,
    grant,
    domain_id: cut(textMember(body, "domain_id") ?? domainId),
    method: route,
    secret_id: cut(secretId),
    outcome,
    ...(item !== undefined && { item }),
    ms: now.getTime() - startedAt.getTime(),
  };
}

/** The error that the caller gets. An unexpected error reveals only the request id. */
function toSecretError(error: unknown, requestId: string): SecretError {
  if (error instanceof SecretError) return error as SecretError;
  return new SecretError("ERROR_UNKNOWN", { request_id: requestId }, { cause: error });
}

/** The service that was unavailable; `null` for other failures. Each service has an alarm of its own. */
function serviceOf({ details }: SecretError): string | null {
  return "service" in details ? details.service : null;
}

/**
 * What a log line says about a failure: the names of the error and its causes, and where the innermost was thrown.
 * Never a message, because messages of libraries quote their input.
 */
function describeFailure(error: unknown): {
  readonly errors: readonly string[];
  readonly at: readonly string[];
} {
  const names: string[] = [];
  let at: readonly string[] = [];
  for (let next = error; next instanceof Error && names.length < maxErrors; next = next.cause) {
    names.push(next.name);
    at = framesOf(next);
  }
  return { errors: names, at };
}

function begin(event: unknown, context: Partial<Context>): Exchange {
  const alias = qualifierOf(context.invokedFunctionArn);
  const incoming = readEvent(event, context);
  return { incoming, startedAt: new Date(), alias, principal: null, grant: null, body: undefined, namedIds: new Map() };
}

/** `before` has replaced the event. */
function exchangeOf(request: Pick<Request, "event">): Exchange {
  return request.event as Exchange;
}

/** The caller of a call that was refused before its caller was identified. */
function nameUnidentified({ alias, incoming }: Exchange, rules: CallerRules): Pick<Principal, "caller" | "domainId"> {
  return alias === null ? nameCaller(incoming.claims, rules) : { caller: nameAlias(alias), domainId: null };
}

/** Id of the secret that a request, or one of its items, names by id or by name. */
function idOf(request: unknown, { namedIds }: Exchange): string | null {
  return textMember(request, "secret_id") ?? namedIds.get(textMember(request, "name") ?? "") ?? null;
}

/** The answer in the caller's form, and for `items` how each item ended. Logs the items that failed. */
function respond(
  options: ExchangeOptions,
  exchange: Exchange,
  result: object,
): { readonly response: object; readonly items: readonly EndedItem[] } {
  const { kind, requestId } = exchange.incoming;
  if (!(result instanceof ItemAnswers)) {
    return { response: kind === "http" ? toHttpResult(result, requestId) : toDirectResult(result), items: [] };
  }
  const ended = endItems(result, kind, (error) => toSecretError(error, requestId));
  for (const { error } of ended.items) if (error !== null && error.status >= 500) logFailure(options, exchange, error);
  return { response: kind === "http" ? toHttpResult(ended.result, requestId) : ended.result, items: ended.items };
}

function logFailure({ route }: ExchangeOptions, { incoming }: Exchange, error: SecretError): void {
  const { errors, at } = describeFailure(error);
  log({
    level: "ERROR",
    message: "failure",
    request_id: incoming.requestId,
    method: route,
    code: error.code,
    service: serviceOf(error),
    errors,
    at,
  });
}

function textMember(value: unknown, name: string): string | null {
  const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === "string" && member !== "" ? member : null;
}

function cut(text: string | null): string | null {
  return text?.slice(0, maxCharacters) ?? null;
}

/** A stack begins with the message, whose lines may look like frames. So only lines after the message count. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const lines = start === -1 ? [] : stack.slice(start + message.length).split("\n");
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}
