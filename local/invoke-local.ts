/** Plugin of the framework: `serverless invoke local --stage local` works on the rows and keys of the running stack. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import * as v from "valibot";
import { awsEnvironment } from "./environment.ts";

interface Framework {
  readonly serviceDir: string;
  readonly processedInput: { readonly commands: readonly string[] };
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
  Object.assign(process.env, awsEnvironment(readDescription(dir)));
  // It would go before the keys.
  delete process.env["AWS_PROFILE"];
  buildApart(framework.serviceDir, join(dir, `invoke-${process.pid}`));
}

/** @throws Error with a sentence for the user */
function readDescription(dir: string): v.InferOutput<typeof descriptionSchema> {
  const path = join(dir, "stack.json");
  if (!existsSync(path)) throw new Error(`No stack runs in ${dir}: start one with npm start, in another terminal.`);
  return v.parse(descriptionSchema, JSON.parse(readFileSync(path, "utf8")));
}

/** Two invocations at once must not share a bundle. */
function buildApart(serviceDir: string, folder: string): void {
  process.env["BUILD_DIR"] = relative(serviceDir, folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
