/**
 * Plugin of the framework: `serverless invoke local` calls a function by its plain name, and with `--stage local` on the
 * rows and keys of the running stack.
 */

import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isObject } from "../../lib/base/json.ts";
import { awsEnvironment, findStack } from "../local/folder.ts";

/** As in serverless.yml. */
const defaultTimeoutSeconds = 10;

interface Framework {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
  /** Its own errors are told without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly service: { getFunction(name: string): { readonly name: string; readonly timeout?: number } };
  getProvider(name: "aws"): { getStage(): string; getRegion(): string };
}

interface Options {
  readonly function?: string;
  /** Of `--context` or `--contextPath`, parsed. */
  context?: unknown;
}

/** Goes first in the list of plugins: the one that bundles reads `BUILD_DIR` when it begins. */
class InvokeLocal {
  readonly hooks: { readonly [event: string]: () => void };

  constructor(framework: Framework, options: Options) {
    this.hooks = {
      initialize: () => prepare(framework),
      "before:invoke:local:invoke": () => {
        options.context = { ...contextOf(framework, options), ...(isObject(options.context) && options.context) };
      },
    };
  }
}

/** What `require` of this module gives. */
export { InvokeLocal as "module.exports" };

function prepare(framework: Framework): void {
  const isInvocation = framework.processedInput.commands.join(" ") === "invoke local";
  // Another stage's rows are on AWS; and who names an endpoint knows better.
  if (!isInvocation || framework.getProvider("aws").getStage() !== "local") return;
  if (process.env["AWS_ENDPOINT_URL_DYNAMODB"] !== undefined) return;
  const dir = resolve(framework.serviceDir, process.env["LOCAL_DIR"] ?? ".local");
  const stack = findStack(dir);
  if (stack === undefined) {
    throw new framework.classes.Error(`No stack runs in ${dir}: start one with npm start, in another terminal.`);
  }
  Object.assign(process.env, awsEnvironment(stack));
  // It would go before the keys.
  delete process.env["AWS_PROFILE"];
  buildApart(framework.serviceDir, join(dir, `invoke-${process.pid}`));
}

/** The framework's own context lacks the ARN, and a function that cannot tell how it was invoked refuses the call. */
function contextOf(framework: Framework, options: Options): object {
  const { name: functionName, timeout = defaultTimeoutSeconds } = framework.service.getFunction(options.function ?? "");
  const end = Date.now() + timeout * 1000;
  return {
    awsRequestId: randomUUID(),
    functionName,
    invokedFunctionArn: `arn:aws:lambda:${framework.getProvider("aws").getRegion()}:000000000000:function:${functionName}`,
    getRemainingTimeInMillis: () => Math.max(end - Date.now(), 0),
  };
}

/** Two invocations at once must not share a bundle. */
function buildApart(serviceDir: string, folder: string): void {
  process.env["BUILD_DIR"] = relative(serviceDir, folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
