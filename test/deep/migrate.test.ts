/**
 * A migration that is killed repeatedly: each secret is stored completely or not at all, and the last run moves the
 * rest.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { checkIntegrity } from "../../tools/ops/integrity/check.ts";
import { type Functions, startFunctions } from "../support/functions.ts";

const secrets = 300;
const kills = 6;
const domain_id = "domain-1";
const created_at = { $date: "2021-03-01T05:12:45Z" };

let functions: Functions;
let dir: string;

const digits = (n: number) => n.toString(16).padStart(12, "0");
/** Every tenth secret is trusted by the nine that follow. */
const trustedOf = (n: number) => n - (n % 10);
const isTrusted = (n: number) => n % 10 === 0;
const numbers = Array.from({ length: secrets }, (_, n) => n);

beforeAll(async () => {
  functions = await startFunctions();
  dir = mkdtempSync(join(tmpdir(), "migrate-"));
  const documents = numbers.map((n) => ({
    ...(isTrusted(n)
      ? { trusted_secret_id: `trusted-secret-${digits(n)}` }
      : { secret_id: `secret-${digits(n)}`, trusted_secret_id: `trusted-secret-${digits(trustedOf(n))}` }),
    ...{ name: `name-${n}`, domain_id, created_at },
  }));
  const values = numbers.map((n) => ({
    secret_id: `${isTrusted(n) ? "trusted-" : ""}secret-${digits(n)}`,
    data: { [isTrusted(n) ? "shared" : "own"]: n },
  }));
  const toLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  writeFileSync(join(dir, "documents.jsonl"), toLines(documents));
  writeFileSync(join(dir, "values.jsonl"), toLines(values));
  const { database, kms } = functions;
  const unused = { api: "", lambda: "", issuer: "", reference: "", functions: {} };
  const places = { region: "us-east-1", dynamodb: database.url, kms: kms.url, tables: database.tables };
  writeFileSync(join(dir, "stack.json"), JSON.stringify({ ...unused, ...places, key_id: kms.keyId }));
});
afterAll(async () => {
  await functions.close();
  rmSync(dir, { recursive: true });
});

function start(): ChildProcess {
  const files = ["--secrets", join(dir, "documents.jsonl"), "--values", join(dir, "values.jsonl")];
  return spawn(process.execPath, [join(import.meta.dirname, "../../tools/ops/migrate.ts"), ...files, "--apply"], {
    env: { PATH: process.env["PATH"], LOCAL_DIR: dir },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const sealed = () => functions.kms.requests["GenerateDataKey"] ?? 0;

it("a migration moves everything once, however often it is killed", { timeout: 300_000 }, async () => {
  const left: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const before = sealed();
    const tool = start();
    const ended = once(tool, "close");
    await vi.waitUntil(() => sealed() >= before + 7 + kill * 5, { timeout: 60_000, interval: 1 });
    tool.kill("SIGKILL");
    await ended;
    const { rows, violations } = await checkIntegrity(functions.database, {
      versionsKept: 5,
      pause: async () => undefined,
    });
    expect(violations).toEqual([]);
    left.push(secrets - rows.secrets);
  }

  const last = start();
  if (last.stdout === null) throw new Error("It has no output.");
  const [output] = await Promise.all([text(last.stdout), once(last, "close")]);

  const [, moved, before] = /^(\d+) moved, (\d+) moved before, 0 refused\.\n$/.exec(output) ?? [];
  expect(left).toEqual(left.toSorted((one, other) => other - one));
  expect(new Set(left).size).toBe(kills);
  expect(Number(moved)).toBeGreaterThan(0);
  // The database completed the write that was in progress at the last kill.
  expect(Number(moved)).toBeLessThanOrEqual(left.at(-1) ?? 0);
  expect(Number(moved) + Number(before)).toBe(secrets);
  for (const n of numbers) {
    const { data } = await functions.do("get-data", { domain_id, secret_id: `secret-${digits(n)}` });
    expect(data).toEqual(isTrusted(n) ? { shared: n } : { shared: trustedOf(n), own: n });
  }
});
