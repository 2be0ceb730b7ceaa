/** Makes a method a Lambda handler for both ways in. In lib, only this file and exchange.ts know middy. */

import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { SecretError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { Call, Method } from "../method/call.ts";
import type { Parse } from "../request/message.ts";
import type { CallerRules, Principal } from "../secret/principal.ts";
import { type Caller, identifyInvoker, identifyToken } from "./caller.ts";
import { type Exchange, exchangeMiddleware } from "./exchange.ts";
import type { Incoming } from "./incoming.ts";
import { type Route, routes } from "./routes.ts";

export type Endpoint = (event: unknown, context: Context) => Promise<unknown>;

export interface EndpointOptions<Request, Ports, Result> {
  readonly route: Route;
  readonly parse: Parse<Request>;
  readonly method: Method<Request, Ports, Result>;
  readonly ports: Ports;
  readonly callers: CallerRules;
}

/** Leaves time to answer before Lambda ends the invocation. */
const timeoutEarlyInMillis = 500;

/**
 * The handler answers an HTTP event with a response, also for a failure. For a direct invocation it returns the
 * method's answer, or throws an error whose name is the code.
 */
export function endpoint<Request extends { readonly domain_id: string }, Ports, Result extends object>(
  options: EndpointOptions<Request, Ports, Result>,
): Endpoint {
  const run = async (exchange: Exchange, context: Context, { signal }: { signal: AbortSignal }): Promise<Result> => {
    const { incoming, startedAt } = exchange;
    const { grant, scopes: _, ...principal } = callerOf(incoming, context, options);
    exchange.principal = principal;
    exchange.grant = grant;
    exchange.body = incoming.readBody();
    const request = options.parse(withDefaults(exchange, principal, options.route));
    if (principal.domainId !== null && principal.domainId !== request.domain_id) {
      throw new SecretError("ERROR_PERMISSION_DENIED", {});
    }
    const remainingMs = () => context.getRemainingTimeInMillis() - timeoutEarlyInMillis;
    const noteName: Call["noteName"] = (name, secretId) => exchange.namedIds.set(name, secretId);
    return await options.method(request, { principal, now: startedAt, signal, remainingMs, noteName }, options.ports);
  };
  const timeoutEarlyResponse = () => {
    throw new SecretError("ERROR_REQUEST_TIMEOUT", {});
  };
  return middy(run as never, { timeoutEarlyInMillis, timeoutEarlyResponse }).use(
    exchangeMiddleware(options),
  ) as Endpoint;
}

function callerOf(
  incoming: Incoming,
  { invokedFunctionArn }: Context,
  { route, callers }: { readonly route: Route; readonly callers: CallerRules },
): Caller {
  const { scope } = routes[route];
  if (incoming.kind === "direct") return identifyInvoker(invokedFunctionArn, scope, callers);
  return identifyToken(incoming.claims, scope, callers);
}

/**
 * Completes the message: `domain_id` from the token and `client_token` from the header, unless the message has them.
 */
function withDefaults({ body, incoming }: Exchange, principal: Principal, route: Route): unknown {
  if (!isObject(body)) return body;
  const domain = isUnset(body["domain_id"]) && principal.domainId !== null ? { domain_id: principal.domainId } : {};
  return { ...body, ...domain, ...clientTokenOf(incoming, body, route) };
}

function clientTokenOf(
  { idempotencyKey }: Incoming,
  body: { readonly [key: string]: unknown },
  route: Route,
): { readonly client_token?: string } {
  if (idempotencyKey === null || !routes[route].takesClientToken) return {};
  const inBody = body["client_token"];
  if (isUnset(inBody) || inBody === idempotencyKey) return { client_token: idempotencyKey };
  throw new SecretError("ERROR_INVALID_PARAMETER", { key: "client_token", reason: "differs from Idempotency-Key" });
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
