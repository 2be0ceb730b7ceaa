/**
 * A call from its event to its answer, as a middleware: reads the event, answers in its form, and audits. The one place
 * where whatever was thrown becomes an error of the contract.
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

/** What is known of a call so far; it takes the event's place. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly startedAt: Date;
  /** The alias or version that the function was invoked by. */
  readonly alias: string | null;
  principal: Principal | null;
  /** Id of the grant that decided who calls. */
  grant: string | null;
  /** The request message as far as it was read. */
  body: unknown;
  /** Id of the secret that a name in the message stands for. */
  readonly namedIds: Map<string, string>;
}

/** Which function it is, and how it reads tokens. */
export interface ExchangeOptions {
  readonly route: Route;
  readonly callers: CallerRules;
}

/** One line a call: who did what to which secret, and how it ended. Never data. */
interface AuditEntry {
  readonly requestId: string;
  readonly caller: string;
  readonly via: Via;
  /** Id of the grant that let the caller in; `null` where its token or IAM did. */
  readonly grant: string | null;
  readonly domainId: string | null;
  readonly method: Route;
  readonly secretId: string | null;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  readonly startedAt: Date;
  /** Of a line about one of several secrets: which one of the request's `items`, from 0. The call's own line comes last. */
  readonly item?: number;
}

/** Longer texts in an audit line can only come from requests that were refused. */
const maxCharacters = 1024;

/** What is logged of a failure: errors of its chain of causes, frames of its stack. */
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
      // Last, so that it tells how the call ended; before the answer leaves.
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
        // Replaced, not thrown: middy would hang the first error, with its message, on one that is thrown here.
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

/** Which service was unavailable, `null` for any other failure: an alarm on one must not count the others' failures. */
function serviceOf({ details }: SecretError): string | null {
  return "service" in details ? details.service : null;
}

/**
 * A failure as the log line has it: the names of the error and its causes, and where it was thrown. Never a message,
 * since messages of libraries quote their input.
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

/** `before` has put it there. */
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

/** Who a call that is refused says that it is from. */
function nameUnidentified({ alias, incoming }: Exchange, rules: CallerRules): Pick<Principal, "caller" | "domainId"> {
  return alias === null ? nameCaller(incoming.claims, rules) : { caller: nameAlias(alias), domainId: null };
}

/** The secret that a request, or an item of one, is about, by whatever it names it. */
function idOf(request: unknown, { namedIds }: Exchange): string | null {
  return textMember(request, "secret_id") ?? namedIds.get(textMember(request, "name") ?? "") ?? null;
}

/** What is answered; of several items, with how each ended. */
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

/** A stack begins with the message, whose own lines may look like frames: nothing of one without the message in it. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const start = stack.indexOf(message);
  const lines = start === -1 ? [] : stack.slice(start + message.length).split("\n");
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}
