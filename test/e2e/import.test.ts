/** `secret import` and `secret export` against the running service. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Run, runInProcess } from "../cli/run.ts";
import { httpClient, newDomain, stack } from "./service.ts";

const folder = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { HOME: folder, LOCAL_DIR: stack.dir };

async function secret(args: readonly string[], input = ""): Promise<Run> {
  return await runInProcess(args, { input, environment });
}

/** A file with this content. */
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function dataOf(domain: string, name: string): Promise<string> {
  return (await secret(["get-data", `name:${name}`, "--domain", domain, "--format", "json"])).stdout;
}

describe("a dotenv file", () => {
  it("is planned, written, verified, found unchanged, and written again where it changed", async () => {
    const domain = newDomain();
    const path = file("prod.env", "\uFEFF# of the database\nexport DB_USER=ada\nDB_PASSWORD='s3cr3t #1'\n");
    const run = async (...options: readonly string[]) =>
      await secret(["import", "dotenv", path, "--domain", domain, ...options]);

    const planned = await run();
    const nothing = await secret(["list", "--domain", domain, "--count"]);
    const applied = await run("--apply", "--verify", "--tag", "env=prod");
    const again = await run("--apply");
    file("prod.env", "DB_USER=ada\nDB_PASSWORD=n3w\n");
    const differing = await run("--verify");
    const changed = await run("--apply");

    expect(planned).toEqual({
      code: 0,
      signal: null,
      stdout: "ACTION  NAME  WHY\ncreate  prod  -\n",
      stderr: "secret: 1 create.\n",
    });
    expect(nothing.stdout).toBe("0\n");
    expect(applied.stderr).toContain("Everything was read back, and is as in the source.");
    expect(applied.code).toBe(0);
    expect(again.stdout).toContain("unchanged  prod");
    expect({ code: differing.code, stderr: differing.stderr }).toEqual({
      code: 7,
      stderr: "secret: 1 new version.\nsecret: prod differs: new version, data.\n",
    });
    expect(changed.stdout).toContain("new version  prod  data  done");
    expect(JSON.parse(await dataOf(domain, "prod"))).toEqual({ DB_USER: "ada", DB_PASSWORD: "n3w" });
    const client = await httpClient({ domain_id: domain });
    expect((await client.list({ name: "prod" })).results).toMatchObject([{ tags: { env: "prod" }, version: 2 }]);
    for (const { stdout, stderr } of [planned, applied, again, differing, changed]) {
      expect(stdout + stderr).not.toMatch(/s3cr3t|n3w/);
    }
  });
});
