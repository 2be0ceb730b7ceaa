/** The first step of `npm start` and `npm test`, in a separate project with a fake npm. */

import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isThorough } from "../../support/thorough.ts";

interface Outcome {
  readonly code: number;
  readonly complaints: string;
}

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "setup-"));
  mkdirSync(join(dir, "tools/local"), { recursive: true });
  copyFileSync(join(import.meta.dirname, "../../../tools/local/setup.mjs"), join(dir, "tools/local/setup.mjs"));
  writeLock("package-lock.json", { a: "1.0.0" });
  pretendNpm(`
    fs.mkdirSync("node_modules/.bin", { recursive: true });
    fs.writeFileSync("node_modules/.bin/node", "#!/bin/sh\\necho v24.0.0\\n", { mode: 0o755 });
    fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");
  `);
});

afterEach(() => rmSync(dir, { recursive: true }));

/** A lock file that names these packages, one that is for other platforms only, and Node itself. */
function writeLock(path: string, versions: { readonly [name: string]: string }): void {
  const packages = Object.entries({ ...versions, node: "24.0.0" }).map(([name, version]) => [
    `node_modules/${name}`,
    { version, integrity: `sha512-${name}-${version}` },
  ]);
  const elsewhere = ["node_modules/elsewhere", { version: "1.0.0", optional: true }];
  writeFileSync(join(dir, path), JSON.stringify({ packages: Object.fromEntries([["", {}], ...packages, elsewhere]) }));
}

/** Replaces npm by a program that first records its arguments and its folder. */
function pretendNpm(work: string): void {
  const note = `fs.appendFileSync(${JSON.stringify(join(dir, "npm.log"))}, process.argv[2] + " " + process.cwd() + "\\n");`;
  writeFileSync(join(dir, "npm-cli.js"), `const fs = require("node:fs");\n${note}\n${work}`);
}

async function setUp(): Promise<Outcome> {
  const env = { ...process.env, npm_execpath: join(dir, "npm-cli.js") };
  const done = Promise.withResolvers<Outcome>();
  execFile(process.execPath, [join(dir, "tools/local/setup.mjs")], { env }, (error, _, stderr) => {
    done.resolve({ code: error === null ? 0 : Number(error.code), complaints: stderr });
  });
  return await done.promise;
}

/** The commands that npm got so far. */
function npmCalls(): readonly string[] {
  const log = join(dir, "npm.log");
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
}

describe("the setup before each npm script", () => {
  it("installs missing packages, once", async () => {
    const outcomes = [await setUp(), await setUp()];

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(npmCalls()).toEqual([`ci ${dir}`]);
    expect(outcomes[1]?.complaints).toBe("");
  });

  it("installs again when the lock file has changed", async () => {
    await setUp();
    writeLock("package-lock.json", { a: "1.0.1" });

    await setUp();

    expect(npmCalls()).toHaveLength(2);
  });

  it.runIf(isThorough)("installs again when Node does not run, whatever the lock file says", async () => {
    await setUp();
    rmSync(join(dir, "node_modules/.bin/node"));

    await setUp();

    expect(npmCalls()).toHaveLength(2);
  });

  it.runIf(isThorough)("installs for every lock file", async () => {
    mkdirSync(join(dir, "bench"));
    writeLock("bench/package-lock.json", { b: "2.0.0" });

    await setUp();

    expect(npmCalls()).toEqual([`ci ${dir}`, `ci ${join(dir, "bench")}`]);
  });

  it("installs once when several start at once", async () => {
    const outcomes = await Promise.all([setUp(), setUp(), setUp()]);

    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(npmCalls()).toHaveLength(1);
  });

  it("quotes npm when it fails", async () => {
    pretendNpm(`console.error("npm error 404 Not Found"); process.exit(1);`);

    const { code, complaints } = await setUp();

    expect(code).toBe(1);
    expect(complaints).toContain(`npm ci failed in ${dir}.\nnpm error 404 Not Found`);
  });

  it("says what to allow if the program of the package node is missing", async () => {
    pretendNpm(
      `fs.mkdirSync("node_modules"); fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");`,
    );

    const { code, complaints } = await setUp();

    expect(code).toBe(1);
    expect(complaints).toContain('npm must be allowed to run the install script of the package "node"');
  });
});
