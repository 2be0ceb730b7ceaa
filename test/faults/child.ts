/**
 * Runs a function in its own process, so that it can be killed. Receives route and event, and sends back the answer.
 */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Endpoint } from "../../lib/http/endpoint.ts";
import type { Route } from "../../lib/http/routes.ts";
import { documentClient, type TableNames } from "../../lib/store/client.ts";
import { invokedFunctionArn } from "../http/events.ts";
import type { Message } from "../support/functions.ts";
import { operatorOn } from "./operator.ts";

/** The order to the process. */
export type Invocation =
  | { readonly route: Route; readonly event: unknown }
  /** An order to the operator's tool. */
  | { readonly route: "undelete"; readonly message: Message; readonly tables: TableNames };

const timeoutMs = 10_000;

process.once("message", (invocation: Invocation) => {
  const done = invocation.route === "undelete" ? takeBack(invocation) : invoke(invocation.route, invocation.event);
  void done.then((answer) => process.send?.(answer, () => process.disconnect()));
});

async function takeBack({ message, tables }: Extract<Invocation, { route: "undelete" }>): Promise<object> {
  return await operatorOn({ client: documentClient(new DynamoDBClient()), tables })(message);
}

async function invoke(route: Route, event: unknown): Promise<object> {
  const { handler }: { readonly handler: Endpoint } = await import(`../../handlers/${route}.ts`);
  const end = Date.now() + timeoutMs;
  const context = { awsRequestId: "request", invokedFunctionArn, getRemainingTimeInMillis: () => end - Date.now() };
  return Object(await handler(event, context as never));
}
