/** The command line with its own home folder, on a running stack. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main, type Run, runCli, runInProcess } from "./run.ts";

export type Variables = { readonly [name: string]: string };

/** A value that must not appear unless it was requested. */
export const password = "s3cr3t-in-the-data";
export const data: { readonly [field: string]: unknown } = { user: "ada", password, port: 5432 };

export const done: Run = { code: 0, signal: null, stdout: "", stderr: "" };

export interface CliHome {
  /** The folder; `bin/secret` in it is the program. */
  readonly path: string;
  /** A file with `data`. */
  readonly dataFile: string;
  /** The program's environment. */
  readonly environment: Variables;
  secret(args: readonly string[], input?: string, variables?: Variables): Promise<Run>;
  /** Runs it in its own process, for commands that replace the process or read its environment. */
  spawnSecret(args: readonly string[], input?: string, variables?: Variables): Promise<Run>;
  /** The answer with --json. @throws Error if the program fails */
  answer(...args: readonly string[]): Promise<unknown>;
  /** Creates a secret with `data`, and returns its id. */
  create(name: string, ...args: readonly string[]): Promise<string>;
  /** Makes a folder with this configuration, and returns XDG_CONFIG_HOME for it. */
  configured(configuration: unknown): Variables;
  remove(): void;
}

/** @param localDir the stack's folder */
export function makeHome(localDir: string): CliHome {
  const path = mkdtempSync(join(tmpdir(), "cli-"));
  const dataFile = join(path, "data.json");
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: path,
    LOCAL_DIR: localDir,
    NODE_COMPILE_CACHE: join(path, "cache"),
  };
  writeFileSync(dataFile, JSON.stringify(data));
  mkdirSync(join(path, "bin"));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  writeFileSync(join(path, "bin/secret"), script, { mode: 0o755 });

  const secret: CliHome["secret"] = async (args, input = "", variables = {}) =>
    await runInProcess(args, { input, environment: { ...environment, ...variables } });
  const answer: CliHome["answer"] = async (...args) => {
    const { code, stdout, stderr } = await secret([...args, "--json"]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return {
    path,
    dataFile,
    environment,
    secret,
    async spawnSecret(args, input = "", variables = {}) {
      return await runCli(args, { input, environment: { ...environment, ...variables }, cwd: path });
    },
    answer,
    async create(name, ...args) {
      const made = await answer("create", name, "--data-file", dataFile, ...args);
      return (made as { readonly secret_id: string }).secret_id;
    },
    configured(configuration) {
      const dir = mkdtempSync(join(path, "config-"));
      mkdirSync(join(dir, "cloudforet-secret"));
      writeFileSync(join(dir, "cloudforet-secret/config.json"), JSON.stringify(configuration), { mode: 0o600 });
      return { XDG_CONFIG_HOME: dir };
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}
