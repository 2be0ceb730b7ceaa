/** Makes the CloudFormation template that a deployment would use, as `npm run package` does, with nothing of the machine. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Template } from "./template.ts";

const project = join(import.meta.dirname, "../../..");

/** What the framework reads; a copy, because it writes its bundles and archives beside them. */
const sources = ["serverless.yml", "package.json", "tsconfig.json", "handlers", "lib", "tools"];

/** Packages a stage offline, in an empty environment; `parameters` are those of serverless.yml. */
export async function packageTemplate(
  stage: string,
  parameters: { readonly [name: string]: string } = {},
): Promise<Template> {
  const dir = mkdtempSync(join(tmpdir(), "package-"));
  try {
    for (const source of sources) cpSync(join(project, source), join(dir, source), { recursive: true });
    symlinkSync(join(project, "node_modules"), join(dir, "node_modules"));
    const settings = Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const program = join(dir, "node_modules/serverless/bin/serverless.js");
    const env = { PATH: process.env["PATH"] ?? "", HOME: dir };
    const options = { cwd: dir, env };
    await promisify(execFile)(process.execPath, [program, "package", "--stage", stage, ...settings], options);
    return JSON.parse(readFileSync(join(dir, ".serverless/cloudformation-template-update-stack.json"), "utf8"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
