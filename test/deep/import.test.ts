/** An import that is killed any number of times loses nothing, and writes nothing twice. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import { finished, type Run, startCli } from "../cli/run.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

const domain = "domain-import";
const count = 120;
const folder = mkdtempSync(join(tmpdir(), "import-"));
const file = join(folder, "secrets.json");
let stack: TestStack;
let client: SecretClient;

beforeAll(async () => {
  stack = await startTestStack();
  const token = await stack.token({ domain_id: domain, scope: "secret:read secret:data" });
  client = new SecretClient(httpTransport({ url: stack.description.api, token }));
  writeFileSync(
    file,
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), { index }]))),
  );
});

afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true });
});

function nameOf(index: number): string {
  return `app/${String(index).padStart(5, "0")}`;
}

async function total(): Promise<number> {
  return (await client.list({ query: { count_only: true } })).total_count;
}

/** Sends SIGKILL as soon as there are this many secrets; `undefined` if the import ended before. */
async function importUntil(wanted: number): Promise<Run> {
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder, LOCAL_DIR: stack.dir };
  const child = startCli(["import", "json", file, "--each", "--domain", domain, "--apply", "--verify", "--json"], {
    environment,
  });
  const run = finished(child);
  while (child.exitCode === null && (await total()) < wanted) await sleep(200);
  child.kill("SIGKILL");
  return await run;
}

it("an import that was killed continues, until every secret exists once", { timeout: 300_000 }, async () => {
  const killed: Run[] = [];
  for (const share of [0.1, 0.6]) killed.push(await importUntil(count * share));
  const between = await total();

  const last = await importUntil(Number.POSITIVE_INFINITY);

  const {
    counts,
    verified,
  }: { readonly counts: { readonly create: number; readonly unchanged: number }; readonly verified: boolean } =
    JSON.parse(last.stdout);
  expect(killed.map(({ signal, stdout }) => ({ signal, stdout }))).toEqual(
    Array(2).fill({ signal: "SIGKILL", stdout: "" }),
  );
  expect(between).toBeLessThan(count);
  expect({ code: last.code, verified }).toEqual({ code: 0, verified: true });
  expect(counts.create + counts.unchanged).toBe(count);
  // A write that was in progress when its sender was killed may still have arrived.
  expect(counts.unchanged).toBeGreaterThanOrEqual(between);
  const names: string[] = [];
  for await (const { name, version } of client.listAll({ query: { only: ["name", "version"] } })) {
    names.push(name);
    expect(version).toBe(1);
  }
  expect(names.sort()).toEqual(Array.from({ length: count }, (_, index) => nameOf(index)));
});
