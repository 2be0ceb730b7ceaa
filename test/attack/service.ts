/**
 * The eight handlers in this process, as Lambda runs them, on their own DynamoDB Local and KMS. Takes any event, and
 * returns what its sender gets and what is logged. One call at a time.
 */

import { vi } from "vitest";
import { type ErrorCode, errors } from "../../lib/base/errors.ts";
import type { Route } from "../../lib/http/routes.ts";
import { type LocalParts, startParts } from "../../tools/local/parts.ts";
import { claims, httpEvent, invokedFunctionArn, runtimeReport } from "../http/events.ts";
import { loadAfresh } from "../support/functions.ts";
import { record } from "./recorder.ts";

export interface Reply {
  /** The HTTP status; for a direct invocation that of its error, or 200. */
  readonly status: number;
  /** The whole answer. */
  readonly text: string;
  /** The parsed answer; over HTTP its body. */
  readonly body: unknown;
  /** Everything that was logged. */
  readonly logged: string;
}

export interface HttpOptions {
  /** Further claims. By default the caller may do everything in `domain-1`. */
  readonly claims?: object;
  readonly headers?: Record<string, string>;
  readonly isBase64Encoded?: boolean;
}

export interface Service extends Pick<LocalParts, "database" | "kms" | "close"> {
  /** Passes an event to a function unchanged. */
  deliver(route: Route, event: unknown, remainingMs?: number): Promise<Reply>;
  /** Invokes a function by an alias with a message. */
  invoke(route: Route, alias: string, message: object): Promise<Reply>;
  /** Sends a body over HTTP; objects as JSON. */
  post(route: Route, body: unknown, options?: HttpOptions): Promise<Reply>;
}

/** Starts one whose functions have `variables` in their environment. */
export async function startService(variables: { readonly [name: string]: string } = {}): Promise<Service> {
  const parts = await startParts();
  const handlers = await loadAfresh({ ...parts.environment, ...variables });
  const run = async (route: Route, event: unknown, arn: string, remainingMs: number): Promise<Reply> => {
    const end = Date.now() + remainingMs;
    const context = {
      awsRequestId: "lambda-request",
      invokedFunctionArn: arn,
      getRemainingTimeInMillis: () => end - Date.now(),
    };
    const recording = record();
    try {
      const answer = await handlers[route](event, context as never);
      return { ...readAnswer(answer), logged: recording.text };
    } catch (error) {
      const report = runtimeReport(error);
      const status = errors[(error as Error).name as ErrorCode]?.status ?? 0;
      const told = { status, text: JSON.stringify(report.answer), body: report.answer };
      return { ...told, logged: recording.text + report.logged };
    } finally {
      recording.stop();
    }
  };
  const deliver: Service["deliver"] = async (route, event, remainingMs = 10_000) =>
    await run(route, event, invokedFunctionArn, remainingMs);
  return {
    ...parts,
    async close() {
      vi.unstubAllEnvs();
      await parts.close();
    },
    deliver,
    async invoke(route, alias, message) {
      return await run(route, message, `${invokedFunctionArn}:${alias}`, 10_000);
    },
    async post(route, body, { claims: more = {}, ...options } = {}) {
      return await deliver(route, httpEvent({ ...options, body, claims: { ...claims, ...more } }));
    },
  };
}

/** Only an answer over HTTP has a status. */
function readAnswer(answer: unknown): Omit<Reply, "logged"> {
  const { statusCode, body } = Object(answer);
  if (typeof statusCode !== "number") return { status: 200, text: JSON.stringify(answer), body: answer };
  return { status: statusCode, text: JSON.stringify(answer), body: JSON.parse(body) };
}
