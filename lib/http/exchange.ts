/** A call from its event to its answer, as a middleware: reads the event, answers in its form, and audits. */

import type { Context } from "aws-lambda";
import type { MiddlewareObj, Request } from "@middy/core";
import type { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { log } from "../base/log.ts";
import type { Principal } from "../secret/principal.ts";
import { audit } from "./audit.ts";
import { describeFailure, toSecretError } from "./failure.ts";
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

export function exchangeMiddleware(route: Route): MiddlewareObj<unknown, object> {
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
      writeAudit(route, exchange, "OK", result);
    },
    onError: (request) => {
      const exchange = exchangeOf(request);
      const { kind, requestId } = exchange.incoming;
      const error = toSecretError(request.error, requestId);
      if (error.status >= 500) logFailure(route, exchange, error);
      writeAudit(route, exchange, error.code, {});
      if (kind === "direct") throw new InvocationError(error);
      request.response = toHttpFailure(error, requestId);
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

function writeAudit(route: Route, exchange: Exchange, outcome: string, result: object): void {
  const { body, principal, incoming, startedAt } = exchange;
  audit({
    requestId: incoming.requestId,
    caller: principal?.caller ?? "unknown",
    domainId: textMember(body, "domain_id") ?? principal?.domainId ?? null,
    method: route,
    secretId: textMember(body, "secret_id") ?? textMember(result, "secret_id"),
    outcome,
    startedAt,
  });
}

function logFailure(route: Route, { incoming }: Exchange, error: SecretError): void {
  const { errors, at } = describeFailure(error);
  log({ level: "ERROR", message: "failure", request_id: incoming.requestId, method: route, code: error.code, errors, at });
}

function textMember(value: unknown, name: string): string | null {
  const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === "string" && member !== "" ? member : null;
}
