/** Serverless plugin: sets limits of single routes and functions, and CORS, from the parameters of serverless.yml. */

import * as v from "valibot";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import { logicalId } from "./metrics.ts";

interface Framework {
  readonly classes: { readonly Error: new (message: string) => Error };
  /** The configuration with its variables resolved. */
  readonly service: {
    readonly custom: unknown;
    readonly provider: { readonly httpApi: { cors?: object } };
    readonly functions: { readonly [route: string]: { reservedConcurrency?: number } };
    readonly resources: {
      readonly extensions: { readonly [id: string]: { DependsOn?: readonly string[]; Properties: object } };
    };
  };
}

/** Requests per second, and requests at once. */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

const customSchema = v.object({
  gateway: v.object({ routeThrottles: v.string(), reservedConcurrency: v.string(), corsOrigins: v.string() }),
});

class Gateway {
  readonly hooks: { readonly [event: string]: () => void };

  constructor({ service, classes }: Framework) {
    this.hooks = {
      initialize: () => {
        try {
          apply(service);
        } catch (error) {
          throw new classes.Error(error instanceof Error ? error.message : String(error));
        }
      },
    };
  }
}

/** The result of `require`, as the framework expects it. */
export { Gateway as "module.exports" };

function apply({ custom, provider, functions, resources }: Framework["service"]): void {
  const { gateway } = v.parse(customSchema, custom);
  const { HttpApiStage } = resources.extensions;
  const throttles = parseRouteThrottles(gateway.routeThrottles);
  if (HttpApiStage !== undefined && throttles.size > 0) {
    Object.assign(HttpApiStage.Properties, { RouteSettings: toRouteSettings(throttles) });
    // The gateway refuses settings for routes that do not exist yet.
    HttpApiStage.DependsOn = [...throttles.keys()].map((route) => `HttpApiRoutePostSecretV1Secret${logicalId(route)}`);
  }
  for (const [route, concurrency] of parseReservedConcurrency(gateway.reservedConcurrency)) {
    Object.assign(functions[route] ?? {}, { reservedConcurrency: concurrency });
  }
  const origins = parseCorsOrigins(gateway.corsOrigins);
  if (origins.length > 0) provider.httpApi.cors = toCors(origins);
}

function toRouteSettings(throttles: ReadonlyMap<Route, Throttle>): object {
  const settings = [...throttles].map(
    ([route, { rate, burst }]) =>
      [`POST /secret/v1/secret/${route}`, { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }] as const,
  );
  return Object.fromEntries(settings);
}

/** What a browser may send and read. Tokens are sent in a header, so cookies are not allowed. */
function toCors(allowedOrigins: readonly string[]): object {
  return {
    allowedOrigins,
    allowedMethods: ["POST"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key"],
    exposedResponseHeaders: ["x-request-id"],
    maxAge: 600,
  };
}

/**
 * Parses `list=20/40,stat=10/20`: route=rate/burst.
 * @throws Error with a sentence for the user
 */
export function parseRouteThrottles(text: string): ReadonlyMap<Route, Throttle> {
  return parseByRoute(
    "routeThrottles",
    text,
    /^([1-9]\d*)\/([1-9]\d*)$/,
    "list=20/40 (requests a second/at once)",
    (found) => ({
      rate: Number(found[1]),
      burst: Number(found[2]),
    }),
  );
}

/**
 * Parses `get-data=100,list=20`: route=concurrent invocations. 0 stops a function.
 * @throws Error with a sentence for the user
 */
export function parseReservedConcurrency(text: string): ReadonlyMap<Route, number> {
  return parseByRoute("reservedConcurrency", text, /^\d+$/, "get-data=100", ([found]) => Number(found));
}

function parseByRoute<Value>(
  parameter: string,
  text: string,
  form: RegExp,
  example: string,
  toValue: (found: RegExpExecArray) => Value,
): ReadonlyMap<Route, Value> {
  const entries = splitList(text).map((one): readonly [Route, Value] => {
    const [name, value = ""] = one.split("=");
    const route = routeNames.find((known) => known === name);
    const found = form.exec(value);
    if (route === undefined || found === null) {
      throw new Error(`${parameter} must be a comma-separated list such as ${example}, not "${one}".`);
    }
    return [route, toValue(found)];
  });
  return new Map(entries);
}

/**
 * Parses origins in the form that browsers send, separated by commas.
 * @throws Error with a sentence for the user
 */
export function parseCorsOrigins(text: string): readonly string[] {
  const origins = splitList(text);
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong === undefined) return origins;
  throw new Error(
    `corsOrigins must be a comma-separated list such as https://console.example.com, without paths or wildcards, not "${wrong}".`,
  );
}

function isOrigin(text: string): boolean {
  return !text.includes("*") && URL.canParse(text) && new URL(text).origin === text;
}

function splitList(text: string): readonly string[] {
  return text === "" ? [] : text.split(",");
}
