/**
 * Serverless plugin: lets `serverless invoke local` call a function by its plain name, and with `--stage local` on the
 * rows and keys of the running local stack.
 */

import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isObject } from "../../lib/base/json.ts";
import { awsEnvironment, findStack } from "../local/folder.ts";

/** The default in serverless.yml. */
const defaultTimeoutSeconds = 10;

interface Framework {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
  /** The framework prints its own errors without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly service: { getFunction(name: string): { readonly name: string; readonly timeout?: number } };
  getProvider(name: "aws"): { getStage(): string; getRegion(): string };
}

interface Options {
  readonly function?: string;
  /** The parsed value of `--context` or `--contextPath`. */
  context?: unknown;
}

/** Must be first in the list of plugins, because the bundling plugin reads `BUILD_DIR` when it begins. */
class InvokeLocal {
  readonly hooks: { readonly [event: string]: () => void };

  constructor(framework: Framework, options: Options) {
    this.hooks = {
      initialize: () => prepare(framework),
      "before:invoke:local:invoke": () => {
        sendLogToStderr();
        options.context = { ...contextOf(framework, options), ...(isObject(options.context) && options.context) };
      },
    };
  }
}

/** The result of `require`, as the framework expects it. */
export { InvokeLocal as "module.exports" };

function prepare(framework: Framework): void {
  const isInvocation = framework.processedInput.commands.join(" ") === "invoke local";
  // Rows of other stages are on AWS. An endpoint in the environment overrides the local stack.
  if (!isInvocation || framework.getProvider("aws").getStage() !== "local") return;
  if (process.env["AWS_ENDPOINT_URL_DYNAMODB"] !== undefined) return;
  const dir = resolve(framework.serviceDir, process.env["LOCAL_DIR"] ?? ".local");
  const stack = findStack(dir);
  if (stack === undefined) {
    throw new framework.classes.Error(
      `No local stack is running in ${dir}: start one with npm start, in another terminal.`,
    );
  }
  Object.assign(process.env, awsEnvironment(stack));
  // A profile would override the keys.
  delete process.env["AWS_PROFILE"];
  buildApart(framework.serviceDir, join(dir, `invoke-${process.pid}`));
}

/** The framework's context has no ARN, and a function refuses calls if it cannot tell how it was invoked. */
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

/** Moves the functions' log from standard output, where the framework prints the answer, to standard error. */
function sendLogToStderr(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array, ...rest: unknown[]) =>
    String(text).startsWith('{"level":')
      ? process.stderr.write(text)
      : (Reflect.apply(write, undefined, [text, ...rest]) as boolean);
}

/** Concurrent invocations must not share a bundle. */
function buildApart(serviceDir: string, folder: string): void {
  process.env["BUILD_DIR"] = relative(serviceDir, folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
