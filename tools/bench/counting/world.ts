/**
 * The functions as they are deployed, on DynamoDB Local and the local KMS, each behind a counting proxy. Two worlds
 * share nothing.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Route } from "../../../lib/http/routes.ts";
import { close, listen } from "../../local/loopback.ts";
import { startParts } from "../../local/parts.ts";
import { buildFunction, functionNames } from "../bundle/build.ts";
import { Candidate } from "../measure/candidates.ts";
import { type Caller, httpEvent } from "../stub/scenarios.ts";
import { type Counted, CountingProxy } from "./counting-proxy.ts";

/** A request or response message. */
export type Message = { readonly [field: string]: unknown };

/** The outcome of a call. */
export interface Outcome {
  /** The response message, or the error's code. */
  readonly answer: Message | string;
  /** The requests that it made, in the order of the answers. */
  readonly requests: readonly Counted[];
}

/** One container per function, started at its first call. */
export interface Containers {
  /** Calls a function directly, or as a caller through the gateway. */
  call(route: Route, message: Message, caller?: Caller): Promise<Outcome>;
  end(): Promise<void>;
}

export interface World {
  /** Starts fresh containers with empty caches; `settings` are environment variables. */
  start(settings?: { readonly [variable: string]: string }): Containers;
  /** The table of the secrets' metadata, without counting. */
  readonly secrets: { readonly client: DynamoDBDocumentClient; readonly table: string };
  readonly identityUrl: string;
  /** The log of all containers so far. */
  readLog(): string;
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "requests-"));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const local = await startParts();
  const { database, kms } = local;
  parts.defer(local.close);
  const identity = await startIdentity();
  parts.defer(identity.close);
  const proxies = [new CountingProxy(database.url, database.definitions), new CountingProxy(kms.url)];
  for (const proxy of proxies) {
    await proxy.start();
    parts.defer(async () => await proxy.close());
  }
  const [dynamodbUrl = "", kmsUrl = ""] = proxies.map(({ url }) => url);
  const environment = {
    ...local.environment,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    AWS_ENDPOINT_URL_KMS: kmsUrl,
  };
  const log = join(folder, "log");
  const paths = new Map<Route, string>();
  for (const route of functionNames) paths.set(route, (await buildFunction(route, folder)).path);
  return {
    start: (settings = {}) =>
      startContainers(
        (route) => new Candidate({ path: paths.get(route) ?? "", environment: { ...environment, ...settings }, log }),
        () => [...proxies, identity].flatMap(({ requests }) => requests.splice(0)),
      ),
    secrets: { client: database.client, table: database.tables.secrets },
    identityUrl: identity.url,
    readLog: () => readFileSync(log, "utf8"),
    close: async () => await parts.disposeAsync(),
  };
}

function startContainers(startOne: (route: Route) => Candidate, takeRequests: () => Counted[]): Containers {
  const running = new Map<Route, Candidate>();
  const containerOf = (route: Route): Candidate => {
    const container = running.get(route) ?? startOne(route);
    running.set(route, container);
    return container;
  };
  return {
    async call(route, message, caller) {
      takeRequests();
      const event = caller === undefined ? message : httpEvent(route, message, caller);
      return { answer: await answerOf(containerOf(route), event), requests: takeRequests() };
    },
    end: async () => {
      for (const container of running.values()) await container.end();
    },
  };
}

async function answerOf(container: Candidate, event: unknown): Promise<Outcome["answer"]> {
  try {
    const { answer } = await container.run({ event, calls: 1 });
    return isHttpAnswer(answer) ? messageOf(answer) : (answer as Message);
  } catch (error) {
    const code = error instanceof Error ? /^ERROR_[A-Z_]+/.exec(error.message)?.[0] : undefined;
    if (code === undefined) throw error;
    return code;
  }
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

function isHttpAnswer(answer: unknown): answer is HttpAnswer {
  return typeof answer === "object" && answer !== null && "statusCode" in answer;
}

function messageOf({ statusCode, body }: HttpAnswer): Outcome["answer"] {
  if (statusCode === 200) return JSON.parse(body) as Message;
  const { detail } = JSON.parse(body) as { readonly detail: { readonly code: string } };
  return detail.code;
}

export interface IdentityStub {
  readonly url: string;
  /** The paths of the requests since the list was last emptied. */
  readonly requests: Counted[];
  close(): Promise<void>;
}

async function startIdentity(): Promise<IdentityStub> {
  const requests: Counted[] = [];
  const server = createServer((request, response) => {
    requests.push({ operation: request.url ?? "", readUnits: 0, writeUnits: 0 });
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ provider: "aws", project_info: { project_id: "project-1" } }));
  });
  const url = await listen(server, 0);
  return { url, requests, close: async () => await close(server) };
}
