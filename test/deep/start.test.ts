/** `npm start` as a process: its output, the files that it leaves, and what it finds at the next start. */

import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StackDescription } from "../../tools/local/folder.ts";
import { listen } from "../../tools/local/loopback.ts";
import { copyProject, getToken } from "../support/stack.ts";

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

type Program = ChildProcessByStdio<null, Readable, Readable>;

interface Run {
  readonly program: Program;
  readonly outcome: Promise<Outcome>;
  /** Standard output so far. */
  readonly printed: () => string;
  /** Standard error so far. */
  readonly complained: () => string;
}

const project = join(import.meta.dirname, "../..");

// Each test starts several programs, some of them one after the other.
vi.setConfig({ testTimeout: 300_000 });

let dir: string;
let runs: Run[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "start-"));
  runs = [];
});

afterEach(async () => {
  for (const { program, outcome } of runs) {
    program.kill("SIGTERM");
    await outcome;
  }
  rmSync(dir, { recursive: true });
});

function start(
  options: readonly string[] = [],
  environment: { readonly [name: string]: string } = {},
  cwd: string = project,
): Run {
  const program: Program = spawn(process.execPath, ["tools/local/start.ts", ...options], {
    cwd,
    env: { ...process.env, PORT: "0", LOCAL_DIR: dir, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  program.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  let complaints = "";
  program.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const outcome = once(program, "close").then(([code]) => ({ code, output, complaints }));
  const run = { program, outcome, printed: () => output, complained: () => complaints };
  runs.push(run);
  return run;
}

/** Waits until the stack runs. */
async function ready({ program, outcome }: Run): Promise<StackDescription> {
  const path = join(dir, "stack.json");
  while (!existsSync(path)) {
    if (program.exitCode !== null) throw new Error((await outcome).complaints);
    await setTimeout(100);
  }
  return JSON.parse(readFileSync(path, "utf8"));
}

function lastLine(lines: string): string {
  return lines.trimEnd().split("\n").at(-1) ?? "";
}

/** Ids of a process's descendants. */
function descendants(ancestor: number | undefined): readonly number[] {
  const parents = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const children = parents.filter(([, parent]) => parent === ancestor).map(([pid = 0]) => pid);
  return children.flatMap((pid) => [pid, ...descendants(pid)]);
}

function commandOf(pid: number): string {
  return execFileSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8" });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until none of these processes is left. If one stays, the test fails by its time limit. */
async function allEnded(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await setTimeout(50);
}

async function call({ api, issuer }: StackDescription, route: string, body: object): Promise<unknown> {
  const token = await getToken(issuer, { domain_id: "domain-1", scope: "secret:read secret:write secret:data" });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${api}/secret/v1/secret/${route}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return await response.json();
}

async function createSecret(stack: StackDescription): Promise<string> {
  const answer = await call(stack, "create", { name: "ada", secret_type: "CREDENTIALS", data: { key: "value" } });
  return String(Reflect.get(Object(answer), "secret_id"));
}

describe("a running stack", () => {
  it("prints a working first request, and SIGTERM stops all of it", async () => {
    const run = start();
    const stack = await ready(run);
    const pids = descendants(run.program.pid);

    while (!run.printed().includes("Ctrl-C")) await setTimeout(50);
    const first = /to copy:\n\n(.*)\n\nCtrl-C/s.exec(run.printed())?.[1] ?? "";
    const answers = ["bash", "sh"].map((shell) => execFileSync(shell, { input: first, encoding: "utf8" }));
    run.program.kill("SIGTERM");
    const { code, output } = await run.outcome;
    await allEnded(pids);

    expect(answers.map((answer) => JSON.parse(answer))).toEqual(
      answers.map(() => expect.objectContaining({ data: { user: "ada", password: "s3cr3t" }, encrypted: false })),
    );
    expect(code).toBe(0);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(dir, "stack.json"))).toBe(false);
    for (const url of [stack.api, stack.lambda, stack.dynamodb, stack.kms, stack.issuer, stack.reference]) {
      expect(output).toContain(url);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      await expect(fetch(url)).rejects.toThrow("fetch failed");
    }
  });

  it("describes itself for tools", async () => {
    const stack = await ready(start());

    const names = ["create", "update", "delete", "update-data", "get-data", "get", "list", "stat"];
    expect(stack).toEqual({
      api: expect.any(String),
      lambda: expect.any(String),
      dynamodb: expect.any(String),
      kms: expect.any(String),
      issuer: expect.any(String),
      reference: expect.any(String),
      region: "us-east-1",
      tables: {
        secrets: "secret-local-secrets",
        names: "secret-local-secret-names",
        data: "secret-local-secret-data",
        tokens: "secret-local-client-tokens",
        deleted: "secret-local-deleted-secrets",
      },
      key_id: expect.stringMatching(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/),
      functions: Object.fromEntries(names.map((name) => [name, `secret-local-${name}`])),
    });
  });

  it("stops completely when a part of it dies", async () => {
    const run = start();
    await ready(run);
    const pids = descendants(run.program.pid);
    const java = pids.find((pid) => commandOf(pid).includes("LoopbackServer")) ?? 0;

    process.kill(java, "SIGKILL");
    const { code, complaints } = await run.outcome;
    await allEnded(pids);

    expect(code).toBe(1);
    expect(complaints).toMatch(/^DynamoDB Local ended unexpectedly\. See .*functions\.log\.$/m);
  });

  it("refuses a second start, and says where it runs", async () => {
    const { api } = await ready(start());

    const runs = [start(), start(["--fresh"], { PORT: new URL(api).port })];

    for (const { outcome } of runs) {
      const { code, complaints } = await outcome;
      expect(code).toBe(1);
      expect(complaints).toBe(
        `The stack of ${dir} is already running at ${api}: stop it first, or set LOCAL_DIR and PORT to run another one.\n`,
      );
    }
    expect((await fetch(api)).status).toBe(404);
  });
});

describe("a restart", () => {
  it("finds the secrets again, even after the stack was killed, unless started with --fresh", async () => {
    const killed = start();
    const before = await ready(killed);
    const secretId = await createSecret(before);
    const pids = descendants(killed.program.pid);
    killed.program.kill("SIGKILL");
    await killed.outcome;
    await allEnded(pids);
    rmSync(join(dir, "stack.json"));

    const again = start();
    const found = await call(await ready(again), "get-data", { secret_id: secretId });
    // Twice, as from a terminal under npm, which passes it on.
    again.program.kill("SIGINT");
    again.program.kill("SIGINT");
    const { code } = await again.outcome;
    const isForgotten = !existsSync(join(dir, "stack.json"));
    const fresh = await ready(start(["--fresh"]));
    const forgotten = await call(fresh, "get-data", { secret_id: secretId });

    expect(found).toMatchObject({ data: { key: "value" } });
    expect({ code, isForgotten }).toEqual({ code: 0, isForgotten: true });
    expect(forgotten).toMatchObject({ detail: { code: "ERROR_NOT_FOUND" } });
    expect(fresh.key_id).not.toBe(before.key_id);
  });
});

describe("an interrupted start", () => {
  it.each([
    ["at once, while it loads", () => true],
    ["while the first parts start", (run: Run) => run.complained().includes("Starting DynamoDB Local")],
    ["while the functions start", (run: Run) => run.complained().includes("Starting the tables")],
  ] as const)("stops at Ctrl-C with everything it has started: %s", async (_, hasCome) => {
    const run = start();
    while (!hasCome(run)) await setTimeout(10);
    const pids = descendants(run.program.pid);

    run.program.kill("SIGINT");
    const { code } = await run.outcome;
    await allEnded(pids);

    // 130, or the signal itself if it came before the program handled it.
    expect([130, null]).toContain(code);
    expect(existsSync(join(dir, "stack.json"))).toBe(false);
  });
});

describe("a stack that cannot start says why", () => {
  it.each([0, 1, 2, 3, 4, 5])("when a port is taken: PORT + %i", async (offset) => {
    const other = createServer();
    // Below the ephemeral ports, which other tests use.
    const taken = 15_000 + randomInt(10_000);
    await listen(other, taken);
    const run = start([], { PORT: String(taken - offset) });

    const { code, complaints } = await run.outcome;

    other.close();
    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: `Port ${taken} is taken: stop what listens there, or set PORT to another port (PORT=0 takes free ones).\n`,
    });
  });

  it("when there is no Java", async () => {
    const { code, complaints } = await start([], { PATH: dir, JAVA_HOME: "" }).outcome;

    expect(code).toBe(1);
    expect(lastLine(complaints)).toBe(
      "Java 17 or newer is needed for DynamoDB Local: java was not found. Install a Java runtime, or set JAVA_HOME.",
    );
  });

  it.each([
    ["a part of it is a file", "file/stack", "a part of the path is not a folder"],
    ["it is a file", "file", "it is not a folder"],
    ["its name is too long", "x".repeat(300), "the path is too long"],
  ])("when its folder is impossible: %s", async (_, name, reason) => {
    writeFileSync(join(dir, "file"), "");
    const folder = join(dir, name);

    const { code, complaints } = await start([], { LOCAL_DIR: folder }).outcome;

    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: `The stack cannot keep its files in ${folder}: ${reason}. Choose another folder with LOCAL_DIR.\n`,
    });
  });

  it.skipIf(process.platform !== "linux")("when its folder can never be created (needs /proc)", async () => {
    const { code, complaints } = await start([], { LOCAL_DIR: "/proc/stack/deep" }).outcome;

    const reason = "no folder can be created there";
    expect({ code, complaints }).toEqual({
      code: 1,
      complaints: `The stack cannot keep its files in /proc/stack/deep: ${reason}. Choose another folder with LOCAL_DIR.\n`,
    });
  });

  it.each([
    ["kms-keys.json", /^The local KMS's key file .*kms-keys\.json cannot be read: it is a folder\.$/],
    ["issuer-key.json", /^The issuer's key file .*issuer-key\.json cannot be read: it is a folder\. /],
  ])("when a key file cannot be read: %s", async (name, sentence) => {
    mkdirSync(join(dir, name));

    const { code, complaints } = await start().outcome;

    expect(code).toBe(1);
    expect(lastLine(complaints)).toMatch(sentence);
  });

  it("when a function does not build", async () => {
    const copy = join(dir, "project");
    copyProject(copy);
    appendFileSync(join(copy, "handlers/get.ts"), 'import "../lib/none.ts";');

    const { code, complaints } = await start([], {}, copy).outcome;

    expect(code).toBe(1);
    expect(complaints).toContain('Could not resolve "../lib/none.ts"');
  });

  it.each([
    [["--fresk"], {}, "Unknown option '--fresk'"],
    [["--param", "sealedOnly"], {}, "--param must be name=value"],
    [[], { PORT: "http" }, "PORT must be a whole number from 0 to 65530"],
  ] as const)("when an option or variable is wrong: %j %j", async (options, environment, sentence) => {
    const { code, complaints } = await start(options, environment).outcome;

    expect(code).toBe(1);
    expect(complaints).toContain(sentence);
  });
});

it("serverless invoke local needs a running stack, and says so", async () => {
  const program = join(project, "node_modules/serverless/bin/serverless.js");
  const options = ["invoke", "local", "--stage", "local", "-f", "get", "-p", "events/get.json"];
  const env = { PATH: process.env["PATH"], HOME: dir, LOCAL_DIR: join(dir, "none") };

  const { status, stdout } = spawnSync(process.execPath, [program, ...options], {
    cwd: project,
    env,
    encoding: "utf8",
  });

  expect(status).toBe(1);
  expect(stdout).toContain(`No local stack is running in ${join(dir, "none")}: start one with npm start`);
});
