/** Access to the running service for end-to-end tests: over HTTP with a token, and by invoking functions. */

import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect, inject, type ProvidedContext } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { lambdaTransport } from "../../client/lambda-transport.ts";
import { SecretApiError } from "../../client/secret-api-error.ts";
import { SecretClient, type SecretClientOptions } from "../../client/secret-client.ts";
import { type Route, routes } from "../../lib/http/routes.ts";
import { credentials } from "../../tools/local/folder.ts";
import { getToken, type TokenFields } from "../support/stack.ts";

export const stack: ProvidedContext["stack"] = inject("stack");

/** The scopes of a caller that may do everything in its domain. */
export const allScopes = "secret:read secret:write secret:data";

/** A domain that no other test uses. */
export function newDomain(): string {
  return `domain-${randomUUID()}`;
}

/** The smallest valid message for create. */
export const secret = {
  name: "secret",
  data: { user: "ada", password: "s3cr3t" },
  secret_type: "CREDENTIALS",
} as const;

export async function tokenFor(fields: TokenFields): Promise<string> {
  return await getToken(stack.issuer, { scope: allScopes, ...fields });
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed text. */
  readonly body: unknown;
}

/** Sends strings and bytes as they are, and anything else as JSON. */
export async function post(
  token: string,
  route: Route,
  message: unknown,
  headers: { readonly [name: string]: string } = {},
): Promise<HttpAnswer> {
  const isRaw = typeof message === "string" || message instanceof Uint8Array;
  const response = await fetch(`${stack.api}/secret/v1/secret/${route}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: isRaw ? (message as string) : JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** No retries, which would hide what a test checks. */
const once: SecretClientOptions = { retry: { attempts: 1 } };

/** A client over HTTP with one token. */
export async function httpClient(fields: TokenFields, options: SecretClientOptions = once): Promise<SecretClient> {
  return new SecretClient(httpTransport({ url: stack.api, token: await tokenFor(fields) }), options);
}

const lambda = new LambdaClient({ endpoint: stack.lambda, region: stack.region, credentials, maxAttempts: 1 });

function functionOf(route: Route): string {
  return stack.functions[route] ?? "";
}

export function lambdaClient(options: SecretClientOptions = once): SecretClient {
  const names = Object.fromEntries(Object.keys(routes).map((route) => [route, functionOf(route as Route)]));
  return new SecretClient(lambdaTransport({ client: lambda, functions: names as Record<Route, string> }), options);
}

export interface Invocation {
  readonly failed: boolean;
  readonly payload: unknown;
}

/** A bare direct invocation. */
export async function invoke(route: Route, event: unknown): Promise<Invocation> {
  const command = new InvokeCommand({ FunctionName: functionOf(route), Payload: Buffer.from(JSON.stringify(event)) });
  const { FunctionError: error, Payload: payload } = await lambda.send(command);
  return { failed: error !== undefined, payload: JSON.parse(payload?.transformToString() ?? "null") };
}

/** The code of a call's error; `OK` if it succeeds. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    if (error instanceof SecretApiError) return error.code;
    throw error;
  }
}

export function expectFailure(answer: HttpAnswer, status: number, code: string, message: unknown): void {
  expect(answer).toMatchObject({ status, body: { detail: { code, message } } });
  expect(answer.headers.get("content-type")).toMatch(/^application\/json\b/);
  expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
}
