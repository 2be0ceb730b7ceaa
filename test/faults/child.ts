/** A function in a process of its own, to be killed: gets a route and an event by message, and sends the answer back. */

import type { Endpoint } from "../../lib/http/endpoint.ts";
import type { Route } from "../../lib/http/routes.ts";
import { invokedFunctionArn } from "../http/events.ts";

/** What the process is told to do. */
export interface Invocation {
  readonly route: Route;
  readonly event: unknown;
}

const timeoutMs = 10_000;

process.once("message", ({ route, event }: Invocation) => {
  void invoke(route, event).then((answer) => process.send?.(answer, () => process.disconnect()));
});

async function invoke(route: Route, event: unknown): Promise<object> {
  const { handler }: { readonly handler: Endpoint } = await import(`../../handlers/${route}.ts`);
  const end = Date.now() + timeoutMs;
  const context = { awsRequestId: "request", invokedFunctionArn, getRemainingTimeInMillis: () => end - Date.now() };
  return Object(await handler(event, context as never));
}
