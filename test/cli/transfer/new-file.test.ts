/** The files of an export: new, readable only by their owner, complete or absent. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeNewFile } from "../../../cli/transfer/new-file.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "new-file-"));
  path = join(folder, "export");
});

afterEach(() => rmSync(folder, { recursive: true }));

it("a new file is readable only by its owner from the first byte on", async () => {
  const modes: number[] = [];
  function* texts(): Generator<string> {
    yield "a";
    modes.push(statSync(path).mode & 0o777);
    yield "b";
  }

  await writeNewFile(path, texts());

  expect([...modes, statSync(path).mode & 0o777]).toEqual([0o600, 0o600]);
  expect(readFileSync(path, "utf8")).toBe("ab");
});

it("a new file is removed if its content fails, and the failure is thrown", async () => {
  const failure = new Error("the service does not answer");
  function* texts(): Generator<string> {
    yield "a";
    throw failure;
  }

  await expect(writeNewFile(path, texts())).rejects.toBe(failure);
  expect(readdirSync(folder)).toEqual([]);
});

it("a new file replaces no file, and follows no link", async () => {
  const link = join(folder, "link");
  writeFileSync(path, "before");
  symlinkSync(join(folder, "elsewhere"), link);

  await expect(writeNewFile(path, ["a"])).rejects.toThrow("already exists");
  await expect(writeNewFile(link, ["a"])).rejects.toThrow("already exists");
  expect(readFileSync(path, "utf8")).toBe("before");
  expect([lstatSync(link).isSymbolicLink(), existsSync(join(folder, "elsewhere"))]).toEqual([true, false]);
});

it("a new file that cannot be made says why", async () => {
  await expect(writeNewFile(join(folder, "nowhere/export"), ["a"])).rejects.toThrow(
    "cannot be written: no such file or directory (ENOENT)",
  );
});

it.each([
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGHUP", code: 129 },
] as const)("a new file is removed after $signal", async ({ signal, code }) => {
  const module = join(import.meta.dirname, "../../../cli/transfer/new-file.ts");
  const script = `
    const { writeNewFile } = await import(${JSON.stringify(module)});
    async function* texts() {
      yield "a";
      process.stdout.write("written");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    await writeNewFile(${JSON.stringify(path)}, texts());`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  await once(child.stdout, "data");
  expect(readFileSync(path, "utf8")).toBe("a");

  child.kill(signal);
  const [exitCode] = await once(child, "close");

  expect(exitCode).toBe(code);
  expect(readdirSync(folder)).toEqual([]);
});
