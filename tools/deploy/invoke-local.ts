/** Plugin of the framework: `serverless invoke local --stage local` works on the rows and keys of the running stack. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import * as v from "valibot";
import { awsEnvironment } from "../local/environment.ts";

interface Framework {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
  /** Its own errors are told without a stack. */
  readonly classes: { readonly Error: new (message: string) => Error };
  getProvider(name: "aws"): { getStage(): string };
}

const descriptionSchema = v.object({ region: v.string(), dynamodb: v.string(), kms: v.string() });

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
  const path = join(dir, "stack.json");
  if (!existsSync(path)) {
    throw new framework.classes.Error(`No stack runs in ${dir}: start one with npm start, in another terminal.`);
  }
  const description = v.parse(descriptionSchema, JSON.parse(readFileSync(path, "utf8")));
  Object.assign(process.env, awsEnvironment(description));
  // It would go before the keys.
  delete process.env["AWS_PROFILE"];
  buildApart(framework.serviceDir, join(dir, `invoke-${process.pid}`));
}

/** Two invocations at once must not share a bundle. */
function buildApart(serviceDir: string, folder: string): void {
  process.env["BUILD_DIR"] = relative(serviceDir, folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
