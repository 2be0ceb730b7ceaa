/**
 * Preloaded into the process of serverless-offline: tells the parent where it listens, which for free ports nobody else
 * could, ends it when it fails to start or the parent dies in whatever way, keeps others' pages from its endpoints, and
 * repairs where it answers unlike AWS.
 */

import { subscribe } from "node:diagnostics_channel";
import { Server as HttpServer } from "node:http";
import { registerHooks } from "node:module";
import { Server } from "node:net";
import { isMainThread } from "node:worker_threads";
import { parseCorsOrigins } from "../deploy/gateway.ts";
import { takeOwnRequests } from "./loopback.ts";

/** The message to the parent process for each server that listens. */
export interface Listening {
  readonly port: number;
}

interface Repair {
  /** End of the module's URL. */
  readonly module: string;
  readonly wrong: string;
  readonly right: string;
}

const repairs: readonly Repair[] = [
  {
    // All requests had the same id.
    module: "/serverless-offline/src/events/http/lambda-events/LambdaProxyIntegrationEventV2.js",
    wrong: '"offlineContext_resourceId"',
    right: "crypto.randomUUID()",
  },
  {
    // A function that failed or outlasted its time was a success: 200, with the error as its body. The gateway's own
    // answers, as AWS documents them: 504 for what takes too long, 500 for what fails otherwise.
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
    // The error's name does not get out of the function's thread, but its message begins with it. Lambda has a name of
    // its own for a function that outlasts its time.
    module: "/serverless-offline/src/lambda/routes/invocations/InvocationsController.js",
    wrong: 'errorType: "Error"',
    right: `errorType:
              /^ERROR_[A-Z_]+/.exec(err.message)?.[0] ??
              (err.message.startsWith("[504]") ? "Sandbox.Timedout" : err.name)`,
  },
  {
    // serverless-offline finds a function only by its bare name, not by its ARN or alias. On AWS the function sees its alias.
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

// The worker threads that run the functions load this too.
if (isMainThread) {
  process.on("disconnect", () => process.exit());
  // The parent may be gone before this begins.
  if (!process.connected) process.exit();
  // When the build fails, the framework sets the exit code, and the bundler's own process keeps it from exiting.
  setInterval(() => {
    if (process.exitCode !== undefined) process.exit();
  }, failureCheckMs).unref();
  let servers = 0;
  subscribe("tracing:net.server.listen:asyncEnd", (message) => {
    const server: unknown = Reflect.get(Object(message), "server");
    if (server instanceof HttpServer) {
      servers += 1;
      // The first is the endpoint for invocations, which asks for no token: it is for no page.
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
