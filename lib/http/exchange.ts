/**
 * The middleware around every method: reads the event, answers in the same form, and writes the audit line. Only here
 * does a thrown value become an error of the contract.
 */

import type { MiddlewareObj, Request } from "@middy/core";
import type { Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { type LogLine, log } from "../base/log.ts";
import { ItemAnswers } from "../method/call.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { nameAlias, nameCaller, qualifierOf } from "./caller.ts";
import { type Incoming, readEvent, type Via } from "./incoming.ts";
import { type EndedItems, endItems } from "./items.ts";
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

/** One log line for each call: who did what to which secret, and how it ended. Never data. */
interface AuditEntry {
  readonly requestId: string;
  readonly caller: string;
  readonly via: Via;
  /** Id of the grant that let the caller in; `null` if its token or IAM did. */
  readonly grant: string | null;
  readonly domainId: string | null;
  readonly method: Route;
  readonly secretId: string | null;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  readonly startedAt: Date;
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
      const { kind, requestId } = exchange.incoming;
      const { result, items } = endResult(options, exchange, request.response ?? {});
      request.response = kind === "http" ? toHttpResult(result, requestId) : toDirectResult(result);
      for (const [item, { reference, error }] of items.entries()) {
        writeAudit(options, exchange, { outcome: error?.code ?? "OK", secretId: idOf(reference, exchange), item });
      }
      // The call's own line comes last, when nothing can fail any more.
      const secretId = idOf(exchange.body, exchange) ?? textMember(result, "secret_id");
      writeAudit(options, exchange, { outcome: "OK", secretId });
    },
    onError: (request) => {
      const exchange = exchangeOf(request);
      const { kind, requestId } = exchange.incoming;
      const error = toSecretError(request.error, requestId);
      if (error.status >= 500) logFailure(options, exchange, error);
      writeAudit(options, exchange, { outcome: error.code, secretId: idOf(exchange.body, exchange) });
      if (kind === "http") {
        request.response = toHttpFailure(error, requestId);
      } else {
        // Assigned, not thrown: middy attaches the original error, with its message, to an error thrown here.
        request.error = new InvocationError(error);
      }
    },
  };
}

function audit(entry: AuditEntry): void {
  const line: LogLine = {
    level: "INFO",
    message: "audit",
    time: new Date().toISOString(),
    request_id: entry.requestId,
    caller: cut(entry.caller),
    via: entry.via,
    grant: entry.grant,
    domain_id: entry.domainId === null ? null : cut(entry.domainId),
    method: entry.method,
    secret_id: entry.secretId === null ? null : cut(entry.secretId),
    outcome: entry.outcome,
    ...(entry.item !== undefined && { item: entry.item }),
    ms: Date.now() - entry.startedAt.getTime(),
  };
  log(line);
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
 * What a log line tells about a failure: the names of the error and its causes, and where the innermost was thrown.
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

function writeAudit(
  { route, callers }: ExchangeOptions,
  exchange: Exchange,
  ended: Pick<AuditEntry, "outcome" | "secretId" | "item">,
): void {
  const { body, incoming, startedAt } = exchange;
  const { caller, domainId } = exchange.principal ?? nameUnidentified(exchange, callers);
  audit({
    requestId: incoming.requestId,
    caller,
    via: incoming.via,
    grant: exchange.grant,
    domainId: textMember(body, "domain_id") ?? domainId,
    method: route,
    startedAt,
    ...ended,
  });
}

/** The caller of a call that was refused before its caller was identified. */
function nameUnidentified({ alias, incoming }: Exchange, rules: CallerRules): Pick<Principal, "caller" | "domainId"> {
  return alias === null ? nameCaller(incoming.claims, rules) : { caller: nameAlias(alias), domainId: null };
}

/** Id of the secret that a request, or one of its items, names by id or by name. */
function idOf(request: unknown, { namedIds }: Exchange): string | null {
  return textMember(request, "secret_id") ?? namedIds.get(textMember(request, "name") ?? "") ?? null;
}

/** The answer, and for `items` how each item ended. Logs the items that failed. */
function endResult(options: ExchangeOptions, exchange: Exchange, result: object): EndedItems {
  if (!(result instanceof ItemAnswers)) return { result, items: [] };
  const { kind, requestId } = exchange.incoming;
  const ended = endItems(result, kind, (error) => toSecretError(error, requestId));
  for (const { error } of ended.items) if (error !== null && error.status >= 500) logFailure(options, exchange, error);
  return ended;
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

function cut(text: string): string {
  return text.slice(0, maxCharacters);
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
