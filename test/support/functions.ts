/**
 * The functions of handlers/ in this process, on a DynamoDB Local, a KMS and an identity service of their own, with a
 * proxy before each that can be told to fail.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { vi } from "vitest";
import type { Endpoint } from "../../lib/http/endpoint.ts";
import type { Route } from "../../lib/http/routes.ts";
import type { TableNames } from "../../lib/store/database.ts";
import { type LocalKms, startKms } from "../../local/kms/server.ts";
import { claims, httpEvent } from "../http/events.ts";
import { FaultProxy } from "../store/fault-proxy.ts";
import { type LocalDatabase, startDatabase } from "./dynamodb-local.ts";
import { type LocalIdentity, startIdentity } from "./identity-server.ts";

/** Something that a function waits for. */
export type Backend = "dynamodb" | "kms" | "identity";

/** What the caller got. `killed`: Lambda had to end the function. */
export type Outcome =
  | { readonly kind: "answer"; readonly status: number; readonly body: { readonly [field: string]: unknown } }
  | { readonly kind: "killed" };

export interface CallSettings {
  /** Of the invocation, when it begins. */
  readonly remainingMs?: number;
  /** Claims beside those that let the caller do everything in its domain. */
  readonly claims?: { readonly [name: string]: unknown };
}

export type Message = { readonly domain_id: string; readonly [field: string]: unknown };

export interface Functions {
  readonly database: LocalDatabase;
  readonly kms: LocalKms;
  readonly identity: LocalIdentity;
  readonly proxies: { readonly [Name in Backend]: FaultProxy };
  /** What a function finds in its environment. */
  readonly environment: { readonly [name: string]: string };
  /** Calls a function over HTTP, as a caller of the message's domain. */
  call(route: Route, message: Message, settings?: CallSettings): Promise<Outcome>;
  /** The same; the answer's body. @throws Error for any other status than 200 */
  do(route: Route, message: Message, settings?: CallSettings): Promise<{ readonly [field: string]: unknown }>;
  /** Calls functions in containers of their own, with these variables beside the others. One at a time is made. */
  newContainer(variables?: { readonly [name: string]: string }): Promise<Functions["call"]>;
  close(): Promise<void>;
}

const loaders: { readonly [Name in Route]: () => Promise<{ readonly handler: Endpoint }> } = {
  create: async () => await import("../../handlers/create.ts"),
  update: async () => await import("../../handlers/update.ts"),
  delete: async () => await import("../../handlers/delete.ts"),
  "update-data": async () => await import("../../handlers/update-data.ts"),
  "get-data": async () => await import("../../handlers/get-data.ts"),
  get: async () => await import("../../handlers/get.ts"),
  list: async () => await import("../../handlers/list.ts"),
  stat: async () => await import("../../handlers/stat.ts"),
};

/** serverless.yml's, of the functions that write. */
const timeoutMs = 10_000;

/** With `variables` in the functions' environment, and an identity service where `IDENTITY_URL` is not among them. */
export async function startFunctions(variables: { readonly [name: string]: string } = {}): Promise<Functions> {
  const dir = mkdtempSync(join(tmpdir(), "kms-"));
  const [database, kms, identity] = await Promise.all([startDatabase(), startKms({ dir }), startIdentity()]);
  const proxies = {
    dynamodb: await new FaultProxy(database.url).start(),
    kms: await new FaultProxy(kms.url).start(),
    identity: await new FaultProxy(identity.url).start(),
  };
  const environment = { ...environmentOf(database.tables, kms, proxies), ...variables };
  const unmute = muteLog();
  const newContainer = async (more: { readonly [name: string]: string } = {}) =>
    toCall(await load({ ...environment, ...more }));
  const call = await newContainer();

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
    newContainer,
    async close() {
      unmute();
      await Promise.all(Object.values(proxies).map(async (proxy) => await proxy.close()));
      await Promise.all([database.close(), kms.close(), identity.close()]);
      rmSync(dir, { recursive: true });
    },
  };
}

function toCall(handlers: Readonly<Record<Route, Endpoint>>): Functions["call"] {
  return async (route, message, settings = {}) => {
    const { remainingMs = timeoutMs } = settings;
    const token = { ...claims, domain_id: message.domain_id, ...settings.claims };
    const event = httpEvent({ body: message, claims: token });
    const end = Date.now() + remainingMs;
    const context = { awsRequestId: "request", getRemainingTimeInMillis: () => end - Date.now() };
    const ended = setTimeout(remainingMs, killed, { ref: false });
    return await Promise.race([ended, handlers[route](event, context as never).then(toOutcome)]);
  };
}

const killed: Outcome = { kind: "killed" };

function environmentOf(tables: TableNames, kms: LocalKms, proxies: Functions["proxies"]): Record<string, string> {
  return {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: proxies.dynamodb.url,
    AWS_ENDPOINT_URL_KMS: proxies.kms.url,
    IDENTITY_URL: proxies.identity.url,
    KMS_KEY_ID: kms.keyId,
    SECRETS_TABLE: tables.secrets,
    SECRET_NAMES_TABLE: tables.names,
    SECRET_DATA_TABLE: tables.data,
    CLIENT_TOKENS_TABLE: tables.tokens,
  };
}

async function load(environment: { readonly [name: string]: string }): Promise<Record<Route, Endpoint>> {
  Object.assign(process.env, environment);
  vi.resetModules();
  const loaded = Object.entries(loaders).map(async ([route, loader]) => [route, (await loader()).handler] as const);
  return Object.fromEntries(await Promise.all(loaded)) as Record<Route, Endpoint>;
}

function toOutcome(answer: unknown): Outcome {
  const { statusCode, body }: { statusCode?: unknown; body?: unknown } = Object(answer);
  return { kind: "answer", status: Number(statusCode), body: JSON.parse(String(body)) };
}

/** Keeps the functions' lines from the terminal; tells how to undo that. */
function muteLog(): () => void {
  const write = process.stdout.write;
  process.stdout.write = ((...args: Parameters<typeof write>) =>
    String(args[0]).startsWith('{"level":') || write.apply(process.stdout, args)) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}
