/**
 * The functions of handlers/ in this process, on their own DynamoDB Local, KMS and identity service. They are called
 * directly, or in containers with a proxy before each backend, which can be made to fail.
 */

import { setTimeout } from "node:timers/promises";
import { vi } from "vitest";
import type { Endpoint } from "../../lib/http/endpoint.ts";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import type { LocalDatabase } from "../../tools/local/database.ts";
import type { LocalKms } from "../../tools/local/kms/server.ts";
import { startParts } from "../../tools/local/parts.ts";
import { claims, httpEvent, invokedFunctionArn } from "../http/events.ts";
import { FaultProxy } from "../store/fault-proxy.ts";
import { type LocalIdentity, startIdentity } from "./identity-server.ts";
import { muteLog } from "./mute-log.ts";

/** A service that functions wait for. */
export type Backend = "dynamodb" | "kms" | "identity";

/** What the caller got. `killed`: Lambda would have had to end the function. */
export type Outcome =
  | { readonly kind: "answer"; readonly status: number; readonly body: { readonly [field: string]: unknown } }
  | { readonly kind: "killed" };

export interface CallSettings {
  /** The invocation's time when it begins. */
  readonly remainingMs?: number;
  /** Further claims. By default the caller may do everything in its domain. */
  readonly claims?: { readonly [name: string]: unknown };
}

export type Message = { readonly domain_id: string; readonly [field: string]: unknown };

export interface Functions {
  readonly database: LocalDatabase;
  readonly kms: LocalKms;
  readonly identity: LocalIdentity;
  readonly proxies: { readonly [Name in Backend]: FaultProxy };
  /** The environment of a function in a container. */
  readonly environment: { readonly [name: string]: string };
  /** Calls a function over HTTP, as a caller of the message's domain; without proxies and identity service. */
  call(route: Route, message: Message, settings?: CallSettings): Promise<Outcome>;
  /** Calls a function in the same way, and returns the answer's body. @throws Error for any status but 200 */
  do(route: Route, message: Message, settings?: CallSettings): Promise<{ readonly [field: string]: unknown }>;
  /** Makes a container behind the proxies, with further variables, and returns a function that calls it. */
  newContainer(variables?: { readonly [name: string]: string }): Promise<Functions["call"]>;
  close(): Promise<void>;
}

export type Handlers = { readonly [Name in Route]: Endpoint };

/** The timeouts in serverless.yml: `rows` for list and stat. */
const timeoutsMs = { rows: 29_000, one: 10_000 } as const;

/** @param variables further environment variables of the functions */
export async function startFunctions(variables: { readonly [name: string]: string } = {}): Promise<Functions> {
  const [parts, identity] = await Promise.all([startParts(), startIdentity()]);
  const { database, kms } = parts;
  const proxies = {
    dynamodb: await new FaultProxy(database.url).start(),
    kms: await new FaultProxy(kms.url).start(),
    identity: await new FaultProxy(identity.url).start(),
  };
  const unmute = muteLog();
  const call = toCall(await loadAfresh({ ...parts.environment, ...variables, IDENTITY_URL: "" }));
  await warmUp(call);
  const environment = {
    ...parts.environment,
    ...variables,
    AWS_ENDPOINT_URL_DYNAMODB: proxies.dynamodb.url,
    AWS_ENDPOINT_URL_KMS: proxies.kms.url,
    IDENTITY_URL: proxies.identity.url,
  };

  return {
    database,
    kms,
    identity,
    proxies,
    environment,
    call,
    async do(route, message, settings) {
      const outcome = await call(route, message, settings);
      if (outcome.kind === "answer" && outcome.status === 200) return outcome.body;
      throw new Error(`${route} failed: ${JSON.stringify(outcome)}`);
    },
    newContainer: async (more = {}) => toCall(await loadAfresh({ ...environment, ...more })),
    async close() {
      unmute();
      vi.unstubAllEnvs();
      await Promise.all(Object.values(proxies).map(async (proxy) => await proxy.close()));
      await Promise.all([parts.close(), identity.close()]);
    },
  };
}

function toCall(handlers: Handlers): Functions["call"] {
  return async (route, message, settings = {}) => {
    const timeoutMs = route === "list" || route === "stat" ? timeoutsMs.rows : timeoutsMs.one;
    const { remainingMs = timeoutMs } = settings;
    const token = { ...claims, domain_id: message.domain_id, ...settings.claims };
    const event = httpEvent({ body: message, claims: token });
    const end = Date.now() + remainingMs;
    const context = { awsRequestId: "request", invokedFunctionArn, getRemainingTimeInMillis: () => end - Date.now() };
    const ended = setTimeout(remainingMs, killed, { ref: false });
    return await Promise.race([ended, handlers[route](event, context as never).then(toOutcome)]);
  };
}

const killed: Outcome = { kind: "killed" };

/** Loads the functions as a container of their own, with these variables in its environment until `vi.unstubAllEnvs`. */
export async function loadAfresh(environment: { readonly [name: string]: string }): Promise<Handlers> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const loaded = routeNames.map(async (route) => {
    const module: { readonly handler: Endpoint } = await import(`../../handlers/${route}.ts`);
    return [route, module.handler] as const;
  });
  return Object.fromEntries(await Promise.all(loaded)) as Handlers;
}

/** Sends first requests before the environment names the proxies: a client looks up its endpoint then. */
async function warmUp(call: Functions["call"]): Promise<void> {
  const domain_id = "domain-warm-up";
  const created = await call("create", { domain_id, name: "name", data: {}, secret_type: "CREDENTIALS" });
  const secret_id = created.kind === "answer" ? created.body["secret_id"] : undefined;
  await call("update", { domain_id, secret_id, name: "other" });
  await call("update-data", { domain_id, secret_id, data: {} });
  await call("get-data", { domain_id, secret_id });
  await call("get", { domain_id, secret_id });
  await call("list", { domain_id });
  await call("stat", { domain_id, query: { aggregate: [{ count: { name: "n" } }] } });
  await call("delete", { domain_id, secret_id, permanently: true });
}

function toOutcome(answer: unknown): Outcome {
  const { statusCode, body }: { statusCode?: unknown; body?: unknown } = Object(answer);
  return { kind: "answer", status: Number(statusCode), body: JSON.parse(String(body)) };
}
