/** The smoke test passes on working functions, reports failures, and leaves nothing behind in either case. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Route } from "../../lib/http/routes.ts";
import { close, listen } from "../../tools/local/loopback.ts";
import { type Functions, type Message, startFunctions } from "../support/functions.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

function start(options: readonly string[], environment: { readonly [name: string]: string }) {
  const program = join(import.meta.dirname, "../../tools/ops/smoke.ts");
  return spawn(process.execPath, [program, ...options], { env: { PATH: process.env["PATH"], ...environment } });
}

async function outcomeOf(tool: ReturnType<typeof start>): Promise<Run> {
  const [output, complaint, [code]] = await Promise.all([text(tool.stdout), text(tool.stderr), once(tool, "close")]);
  return { code, output, complaint };
}

/** `ok name` or `FAIL name`, and the message of a failure. */
function linesOf({ output }: Run): readonly string[] {
  const lines = [...output.matchAll(/^(ok|FAIL) +(.+?) +\d+ ms *(.*)$/gm)];
  return lines.map(([, state, name, note]) => `${state} ${name} ${note}`.trimEnd());
}

const life = [
  ...["create", "get", "get-data", "get-data, unchanged", "update", "update-data", "get-data, new version"],
  ...["list", "stat", "delete", "get, deleted", "clean-up"],
];
const door = ["no token", "invalid token"];
const reader = ["reader: list", "reader: get-data refused", "reader: delete refused"];
const ok = (names: readonly string[]) => names.map((name) => `ok ${name}`);

type Answer = { readonly status: number; readonly body: { readonly [field: string]: unknown } };
/** Replaces the real answer by another. */
type Fault = (route: Route, answer: Answer) => Answer;

const domain_id = "domain-smoke";
const readToken = "token-read";
const token = "token-of-all.that-must-not-be-told";

describe("the smoke test behind a gateway that can fail on demand", () => {
  let functions: Functions;
  let gateway: Server;
  let url: string;
  let fault: Fault;
  let held: string[];
  /** This many deletes are answered, but not executed. */
  let undone = 0;

  beforeAll(async () => {
    functions = await startFunctions();
    gateway = createServer((request, response) => {
      serve(request).then(
        ({ status, body }) => response.writeHead(status).end(JSON.stringify(body)),
        (error: unknown) => response.destroy(error as Error),
      );
    });
    url = await listen(gateway, 0);
  });
  afterEach(() => expectNothingLeft());
  afterAll(async () => {
    await close(gateway);
    await functions.close();
  });

  async function serve(request: IncomingMessage): Promise<Answer> {
    const route = String(request.url).split("/").at(-1) as Route;
    const bearer = request.headers.authorization?.replace("Bearer ", "") ?? "";
    return await pass(bearer, route, { domain_id, ...Object(await json(request)) });
  }

  async function pass(bearer: string, route: Route, message: Message): Promise<Answer> {
    if (bearer !== token && bearer !== readToken) return { status: 401, body: { message: "Unauthorized" } };
    const scope = bearer === token ? {} : { claims: { scope: "secret:read" } };
    if (route === "delete" && undone-- > 0) return { status: 200, body: {} };
    const outcome = await functions.call(route, message, scope);
    if (outcome.kind === "killed") throw new Error(`${route} was killed`);
    if (route === "get-data" && outcome.status === 200) held.push(JSON.stringify(outcome.body["data"]));
    return fault(route, outcome);
  }

  async function smoke(planted: Fault = (_, answer) => answer, options: readonly string[] = []): Promise<Run> {
    [fault, held] = [planted, []];
    const environment = { SECRET_TOKEN: token, READ_TOKEN: readToken };
    return await outcomeOf(start(["--url", url, ...options], environment));
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await functions.do("list", { domain_id, query: { count_only: true } })).toMatchObject({ total_count: 0 });
  }

  it("passes all checks", async () => {
    const run = await smoke();

    expect({ code: run.code, lines: linesOf(run), complaint: run.complaint }).toEqual({
      code: 0,
      lines: ok([...door, ...life]),
      complaint: "",
    });
  });

  it("checks that a read-only token is refused data", async () => {
    const run = await smoke(undefined, ["--read-token-env", "READ_TOKEN"]);

    expect({ code: run.code, lines: linesOf(run) }).toEqual({ code: 0, lines: ok([...door, ...reader, ...life]) });
  });

  it("reports a read-only token that is not refused data", async () => {
    const environment = { SECRET_TOKEN: token, READ_TOKEN: token };
    [fault, held] = [(_, answer) => answer, []];

    const run = await outcomeOf(start(["--url", url, "--read-token-env", "READ_TOKEN"], environment));

    expect(run.code).toBe(1);
    expect(linesOf(run)).toContain(
      "FAIL reader: get-data refused ERROR_NOT_FOUND: Resource cannot be found or access is denied. (secret_id = secret-000000000000) (status 404)",
    );
  });

  const unavailable = { status: 503, body: { detail: { code: "ERROR_UNAVAILABLE", message: "(service = kms)" } } };
  const planted: readonly { readonly what: string; readonly fault: Fault; readonly lines: readonly string[] }[] = [
    {
      what: "other data than was stored",
      fault: (route, answer) =>
        route === "get-data" && answer.body["not_modified"] === undefined
          ? { ...answer, body: { ...answer.body, data: { user: "smoke", password: "another" } } }
          : answer,
      lines: [
        "FAIL get-data the answer's data is not what was stored",
        "FAIL get-data, new version the answer's data is not what was stored",
      ],
    },
    {
      what: "an old version",
      fault: (route, answer) => (route === "get-data" ? { ...answer, body: { ...answer.body, version: 1 } } : answer),
      lines: ["FAIL get-data, new version the answer has version 1 instead of 2"],
    },
    {
      what: "unchanged data again",
      fault: (route, answer) => {
        const { not_modified: _, ...body } = answer.body;
        return route === "get-data" ? { ...answer, body } : answer;
      },
      lines: ["FAIL get-data, unchanged unchanged data was sent again"],
    },
    {
      what: "a delete that fails after it was done",
      fault: (route, answer) => (route === "delete" ? unavailable : answer),
      lines: ["FAIL delete ERROR_UNAVAILABLE: (service = kms) (status 503)"],
    },
    {
      what: "an update that changes nothing",
      fault: (route, answer) => (route === "update" ? { ...answer, body: { ...answer.body, tags: {} } } : answer),
      lines: ["FAIL update the tags are not those that were set"],
    },
    {
      what: "no count",
      fault: (route, answer) => (route === "stat" ? { ...answer, body: { results: [] } } : answer),
      lines: ["FAIL stat the secret is not counted once"],
    },
  ];

  it.each(planted)("reports $what, and cleans up", async ({ fault: plan, lines }) => {
    const run = await smoke(plan);

    expect(linesOf(run).filter((line) => line.startsWith("FAIL"))).toEqual(lines);
    expect(run.code).toBe(1);
  });

  it("cleans up a secret whose creation got no answer, and whose id it never learnt", async () => {
    const run = await smoke((route, answer) =>
      route === "create" ? { status: 500, body: { detail: { code: "ERROR_UNKNOWN", message: "gone" } } } : answer,
    );

    expect(run.code).toBe(1);
    expect(linesOf(run).slice(door.length)).toEqual([
      "FAIL create ERROR_UNKNOWN: gone (status 500)",
      expect.stringMatching(/^ok clean-up deleted what was left behind, smoke-/),
    ]);
  });

  it("deletes only its own secret, whatever the list for its clean-up says", async () => {
    const other = { domain_id, name: "smoke", secret_type: "CREDENTIALS", data: {} };
    const { secret_id } = await functions.do("create", other);
    undone = 1;

    const run = await smoke((route, answer) => {
      const { results, ...rest } = answer.body;
      if (route !== "list" || !Array.isArray(results)) return answer;
      return { ...answer, body: { ...rest, results: [...results, { secret_id, name: "smoke" }] } };
    });

    expect(run.code).toBe(1);
    expect(linesOf(run).at(-1)).toBe("FAIL clean-up secrets of other names were found, and left alone");
    await functions.do("delete", { domain_id, secret_id });
  });

  it("reports a delete that does nothing, and cleans up", async () => {
    undone = 1;

    const run = await smoke();

    expect(run.code).toBe(1);
    expect(linesOf(run).slice(-2)).toEqual([
      "FAIL get, deleted the call succeeded, instead of being refused with ERROR_NOT_FOUND",
      expect.stringMatching(/^ok clean-up deleted what was left behind, smoke-/),
    ]);
  });

  it("cleans up after an interruption, and exits with 2", async () => {
    const tool = start(["--url", url], { SECRET_TOKEN: token });
    [fault, held] = [
      (route, answer) => {
        if (route === "create") tool.kill("SIGINT");
        return answer;
      },
      [],
    ];

    const run = await outcomeOf(tool);

    expect({ code: run.code, complaint: run.complaint }).toEqual({ code: 2, complaint: "Interrupted.\n" });
    expect(linesOf(run).at(-1)).toMatch(/^ok clean-up/);
  });

  it("cleans up even if its output is closed", async () => {
    [fault, held] = [(_, answer) => answer, []];
    const tool = start(["--url", url], { SECRET_TOKEN: token });
    tool.stdout.once("data", () => tool.stdout.destroy());

    const [code] = await once(tool, "close");

    expect(code).toBe(0);
  });

  it("prints neither data nor tokens, even if everything fails", async () => {
    const runs = [
      await smoke(),
      await smoke((route, answer) =>
        route === "get-data" ? { ...answer, body: { ...answer.body, version: 9 } } : answer,
      ),
    ];

    expect(held.length).toBeGreaterThan(0);
    const passwords = held.flatMap((data) => JSON.parse(data)["password"] ?? []);
    for (const { output, complaint } of runs) {
      expect([token, readToken, ...passwords].filter((secret) => (output + complaint).includes(secret))).toEqual([]);
    }
  });
});

describe("a smoke test that cannot run", () => {
  it.each([
    {
      options: ["--url", "http://127.0.0.1:9"],
      says: "A token is missing: set SECRET_TOKEN, or SECRET_TOKEN_URL with SECRET_CLIENT_ID and SECRET_CLIENT_SECRET.",
    },
    { options: ["--url", "http://127.0.0.1:9", "--token-env", "NONE"], says: "variable NONE is not set" },
    {
      options: ["--url", "http://api.example"],
      says: "--url must be an https URL (http is allowed only for this machine).",
    },
    {
      options: ["--url", "https://u:p@api.example"],
      says: "--url must be an https URL (http is allowed only for this machine).",
    },
    {
      options: ["--url", "https://api.example"],
      environment: { SECRET_TOKEN_URL: "http://issuer.example/token" },
      says: "SECRET_TOKEN_URL must be an https URL (http is allowed only for this machine).",
    },
    { options: [], says: "No local stack is running" },
    { options: ["--what"], says: "Unknown option '--what'" },
  ])("with $options $environment exits with 2", async ({ options, environment = {}, says }) => {
    const dir = mkdtempSync(join(tmpdir(), "smoke-"));

    const { code, output, complaint } = await outcomeOf(start(options, { LOCAL_DIR: dir, ...environment }));

    rmSync(dir, { recursive: true });
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(complaint).toContain(says);
  });

  it("exits with 1 if the service does not answer", async () => {
    const run = await outcomeOf(start(["--url", "http://127.0.0.1:9"], { SECRET_TOKEN: "token" }));

    expect(run.code).toBe(1);
    expect(linesOf(run).join("\n")).toMatch(/^FAIL +create .*ERROR_UNAVAILABLE: The service does not answer\. \(http/m);
  });
});
