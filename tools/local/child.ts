/**
 * Preloaded into the process of serverless-offline. It does four things:
 * - tells the parent process on which ports it listens;
 * - ends the process if it fails to start or the parent dies;
 * - refuses requests from web pages of other origins;
 * - repairs serverless-offline where it answers unlike AWS.
 */

import { subscribe } from "node:diagnostics_channel";
import { Server as HttpServer } from "node:http";
import { registerHooks } from "node:module";
import { Server } from "node:net";
import { isMainThread } from "node:worker_threads";
import { parseCorsOrigins } from "../deploy/gateway.ts";
import { keepAliveMs, takeOwnRequests } from "./loopback.ts";

/** The message to the parent process about each server that listens. */
export interface Listening {
  readonly port: number;
}

interface Repair {
  /** The end of the module's URL. */
  readonly module: string;
  readonly wrong: string;
  readonly right: string;
}

const repairs: readonly Repair[] = [
  {
    // All requests would have the same id.
    module: "/serverless-offline/src/events/http/lambda-events/LambdaProxyIntegrationEventV2.js",
    wrong: '"offlineContext_resourceId"',
    right: "crypto.randomUUID()",
  },
  {
    // A function that failed or timed out would count as a success: 200, with the error as its body. The gateway
    // answers 504 for a timeout and 500 for any other failure, as AWS documents.
    module: "/serverless-offline/src/events/http/HttpServer.js",
    wrong: "err = _err",
    right: `log.error(_err.message)
        const isLate = _err.message.startsWith("[504]")
        result = {
          statusCode: isLate ? 504 : 500,
          body: stringify({ message: isLate ? "Endpoint request timed out" : "Internal Server Error" }),
        }`,
  },
  {
    // The error's name does not leave the function's thread, but its message begins with it. Lambda has its own name
    // for a timeout.
    module: "/serverless-offline/src/lambda/routes/invocations/InvocationsController.js",
    wrong: 'errorType: "Error"',
    right: `errorType:
              /^ERROR_[A-Z_]+/.exec(err.message)?.[0] ??
              (err.message.startsWith("[504]") ? "Sandbox.Timedout" : err.name)`,
  },
  {
    // serverless-offline finds a function only by its plain name, not by ARN or alias. On AWS the function sees its
    // alias.
    module: "/serverless-offline/src/lambda/routes/invocations/InvocationsController.js",
    wrong: "async invoke(functionName, invocationType, event, clientContext) {",
    right: `async invoke(target, invocationType, event, clientContext) {
    const [, functionName, qualifier] = /^(?:arn:[^:]*:lambda:[^:]*:[^:]*:function:)?([^:]+)(?::(.+))?$/.exec(target) ?? [, target]`,
  },
  {
    module: "/serverless-offline/src/lambda/routes/invocations/InvocationsController.js",
    wrong: "lambdaFunction.setEvent(event)",
    right: "lambdaFunction.qualifier = qualifier\n    lambdaFunction.setEvent(event)",
  },
  {
    module: "/serverless-offline/src/lambda/routes/invocations/invocationsRoute.js",
    wrong: "        functionName,\n        invocationType,",
    right: `        request.query.Qualifier ? functionName + ":" + request.query.Qualifier : functionName,
        invocationType,`,
  },
  {
    module: "/serverless-offline/src/lambda/LambdaFunction.js",
    wrong: "const context = this.#lambdaContext.create()",
    right: `const context = {
      ...this.#lambdaContext.create(),
      invokedFunctionArn: ["arn:aws:lambda", this.#region, "000000000000:function", this.#functionName]
        .concat(this.qualifier ?? [])
        .join(":"),
    }
    this.qualifier = undefined`,
  },
];

const failureCheckMs = 200;

// The worker threads that run the functions load this file, too.
if (isMainThread) {
  process.on("disconnect", () => process.exit());
  // The parent may have died before this line.
  if (!process.connected) process.exit();
  // If the build fails, the framework sets the exit code, but the bundler's process keeps it running.
  setInterval(() => {
    if (process.exitCode !== undefined) process.exit();
  }, failureCheckMs).unref();
  let servers = 0;
  subscribe("tracing:net.server.listen:asyncEnd", (message) => {
    const server: unknown = Reflect.get(Object(message), "server");
    if (server instanceof HttpServer) {
      servers += 1;
      server.keepAliveTimeout = keepAliveMs;
      // The first server is the endpoint for invocations. It requires no token, so no web page may use it.
      takeOwnRequests(server, servers === 1 ? [] : parseCorsOrigins(process.env["CORS_ORIGINS"] ?? ""));
    }
    const address = server instanceof Server ? server.address() : null;
    if (address !== null && typeof address === "object") {
      process.send?.({ port: address.port } satisfies Listening);
    }
  });
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const due = repairs.filter(({ module }) => url.endsWith(module));
      return due.length === 0 ? loaded : { ...loaded, source: due.reduce(repairSource, String(loaded.source)) };
    },
  });
}

function repairSource(source: string, { module, wrong, right }: Repair): string {
  if (!source.includes(wrong)) {
    throw new Error(`${module} no longer says ${wrong}: see whether it still needs the repair.`);
  }
  return source.replace(wrong, () => right);
}
