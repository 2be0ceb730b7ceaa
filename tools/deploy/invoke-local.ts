/** Plugin of the framework: `serverless invoke local --stage local` works on the rows and keys of the running stack. */

import { rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { awsEnvironment, findStack } from "../local/folder.ts";

interface Framework {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
  /** Its own errors are told without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  getProvider(name: "aws"): { getStage(): string };
}

/** Goes first in the list of plugins: the one that bundles reads `BUILD_DIR` when it begins. */
class InvokeLocal {
  readonly hooks: { readonly [event: string]: () => void };

  constructor(framework: Framework) {
    this.hooks = { initialize: () => prepare(framework) };
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

/** Two invocations at once must not share a bundle. */
function buildApart(serviceDir: string, folder: string): void {
  process.env["BUILD_DIR"] = relative(serviceDir, folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
