/** A call from its event to its answer, as a middleware: reads the event, answers in its form, and audits. */

import type { MiddlewareObj, Request } from "@middy/core";
import type { Context } from "aws-lambda";
import type { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { log } from "../base/log.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { audit } from "./audit.ts";
import { describeFailure, serviceOf, toSecretError } from "./failure.ts";
import { nameCaller } from "./identify.ts";
import { type Incoming, readEvent } from "./incoming.ts";
import { InvocationError, toDirectResult, toHttpFailure, toHttpResult } from "./reply.ts";
import type { Route } from "./routes.ts";

/** What is known of a call so far; it takes the event's place. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly startedAt: Date;
  principal: Principal | null;
  /** The request message as far as it was read. */
  body: unknown;
}

/** Which function it is, and how it reads tokens. */
export interface ExchangeOptions {
  readonly route: Route;
  readonly callers: CallerRules;
}

export function exchangeMiddleware(options: ExchangeOptions): MiddlewareObj<unknown, object> {
  return {
    before: (request) => {
      request.event = begin(request.event, request.context);
    },
    after: (request) => {
      const exchange = exchangeOf(request);
      const result = request.response ?? {};
      const { kind, requestId } = exchange.incoming;
      request.response = kind === "http" ? toHttpResult(result, requestId) : toDirectResult(result);
      // Last, so that it tells how the call ended; before the answer leaves.
      writeAudit(options, exchange, { outcome: "OK", result });
    },
    onError: (request) => {
      const exchange = exchangeOf(request);
      const { kind, requestId } = exchange.incoming;
      const error = toSecretError(request.error, requestId);
      if (error.status >= 500) logFailure(options, exchange, error);
      writeAudit(options, exchange, { outcome: error.code, result: {} });
      if (kind === "http") {
        request.response = toHttpFailure(error, requestId);
      } else {
        // Replaced, not thrown: middy would hang the first error, with its message, on one that is thrown here.
        request.error = new InvocationError(error);
      }
    },
  };
}

function begin(event: unknown, context: Partial<Context>): Exchange {
  return { incoming: readEvent(event, context), startedAt: new Date(), principal: null, body: undefined };
}

/** `before` has put it there. */
function exchangeOf(request: Pick<Request, "event">): Exchange {
  return request.event as Exchange;
}

function writeAudit(
  { route, callers }: ExchangeOptions,
  exchange: Exchange,
  { outcome, result }: { readonly outcome: string; readonly result: object },
): void {
  const { body, incoming, startedAt } = exchange;
  const { caller, domainId } = exchange.principal ?? nameCaller(incoming.claims, callers);
  audit({
    requestId: incoming.requestId,
    caller,
    via: incoming.via,
    domainId: textMember(body, "domain_id") ?? domainId,
    method: route,
    secretId: textMember(body, "secret_id") ?? textMember(result, "secret_id"),
    outcome,
    startedAt,
  });
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
