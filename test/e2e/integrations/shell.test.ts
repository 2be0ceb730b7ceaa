/**
 * The shell commands of docs/integrations, with the command line as `secret`, and the programs that read its output.
 */

import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { main } from "../../cli/run.ts";
import { httpClient, newDomain, stack, tokenFor } from "../service.ts";
import { blocksOf } from "./page.ts";

const domain_id = newDomain();
let token: string;
let dir: string;

beforeAll(async () => {
  token = await tokenFor({ domain_id });
  const data = { user: "ada", password: "it's $5\\n" };
  await (await httpClient({ domain_id })).create({ name: "db", secret_type: "CREDENTIALS", data });
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shell-"));
  program("secret", `exec "${process.execPath}" "${main}" "$@"`);
  // There is no Docker daemon and no machine key here, so these programs print their input.
  program("docker", 'while [ $# -gt 0 ]; do [ "$1" = --env-file ] && cat "$2"; shift; done');
  program("systemd-creds", 'echo "$@"; cat');
});
afterEach(() => rmSync(dir, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
}

async function run(script: string): Promise<string> {
  const env = {
    ...{ PATH: `${dir}:${process.env["PATH"]}`, HOME: dir, XDG_CONFIG_HOME: dir, XDG_RUNTIME_DIR: dir },
    ...{ SECRET_URL: stack.api, SECRET_TOKEN: token },
  };
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { cwd: dir, env });
  return stdout;
}

const [file = "", variables = "", credential = "", envrc = ""] = blocksOf("docker-systemd-direnv.md", "sh");

it("a container's file holds the value byte for byte, readable only by its owner", async () => {
  await run(file);

  const { secrets } = parse(blocksOf("docker-systemd-direnv.md", "yaml")[0] ?? "") as {
    secrets: { db_password: { file: string } };
  };
  const path = secrets.db_password.file.replace(/\$\{XDG_RUNTIME_DIR\}/, dir);
  expect(readFileSync(path, "utf8")).toBe("it's $5\\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("docker run gets lines that its parser reads unchanged", async () => {
  expect(await run(variables)).toBe("DB_USER=ada\nDB_PASSWORD=it's $5\\n\n");
});

it("a systemd credential is encrypted from the data, which is never on disk", async () => {
  const output = await run(credential);

  const [given = "", ...rest] = output.split("\n");
  expect(given).toBe("encrypt --name=db - /etc/credstore.encrypted/db");
  expect(JSON.parse(rest.join("\n"))).toEqual({ user: "ada", password: "it's $5\\n" });
});

it("direnv's lines set the variables, or fail if the read fails", async () => {
  expect(await run(`${envrc}\nprintf %s "$DB_PASSWORD"`)).toBe("it's $5\\n");
  await expect(run(`${envrc.replaceAll(" db ", " no-such-secret ")}\ntouch reached`)).rejects.toThrow();
  expect(existsSync(join(dir, "reached"))).toBe(false);
});

it("Node.js reads the env file of the configuration page", async () => {
  const [lines = ""] = blocksOf("node-config.md", "sh");

  expect(await run(lines)).toBe("it's $5\\n\n");
});
