/** Runs the commands of docs/import.md one after the other. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Run, runInProcess } from "../cli/run.ts";
import { type RunningStore, startParameterStore, startSecretsManager } from "../fakes/aws-stores.ts";
import { type RunningVault, startVault } from "../fakes/vault.ts";
import { newDomain, stack } from "./service.ts";

const page = readFileSync(new URL("../../docs/import.md", import.meta.url), "utf8");
/** The output of each command that the page shows; for a pipe, that of its last command. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms)].flatMap(
  ([, lines = "", printed]) =>
    lines
      .trimEnd()
      .split("\n")
      .map((line) => ({ command: line.replace(/^sops .*\| /, ""), printed }))
      .filter(({ command }) => command.startsWith("secret ")),
);

/** The files that the page reads, and the secrets that its first commands need. */
const files: { readonly [name: string]: string } = {
  "prod.env": "DB_USER=ada\nDB_PASSWORD='s3cr3t #1'\n",
  "prod.json": '{"db":{"user":"ada","pin":12345678901234567890},"token":"t"}',
  "prod.yaml": "user: ada\nn: 1.10\n",
  "passwords.csv":
    "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nDB,https://x,ada,s3cr3t,,false,false,,\n",
  "accounts.csv": "system,user,password\ndb,ada,s3cr3t\n",
};

const folder = mkdtempSync(join(tmpdir(), "import-docs-"));
const domains = { "": newDomain(), "domain-2": newDomain() };
const closing: (RunningVault | RunningStore)[] = [];
let environment: { readonly [name: string]: string };

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const vault = await startVault({
    mount: "secret",
    token: "t",
    secrets: {
      "apps/billing": { versions: [{ data: '{"a":1}' }, { data: '{"a":2}' }] },
      "apps/web/db": { versions: [{ data: "{}" }] },
    },
  });
  const secretsManager = await startSecretsManager({ "/prod/db": { text: "s3cr3t" } });
  const parameterStore = await startParameterStore({ "/prod/db": { text: "s3cr3t", tags: { team: "billing" } } });
  closing.push(vault, secretsManager, parameterStore);
  environment = { HOME: folder, LOCAL_DIR: stack.dir, VAULT_ADDR: vault.address, VAULT_TOKEN: "t" };
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
    AWS_ENDPOINT_URL_SSM: parameterStore.endpoint,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: "eu-west-1",
  })) {
    vi.stubEnv(name, value);
  }
});

afterAll(() => {
  vi.unstubAllEnvs();
  for (const { close } of closing) close();
  rmSync(folder, { recursive: true });
});

/** Runs in the folder of the files, and in domains of this run. An export never replaces a file. */
async function run(command: string): Promise<Run> {
  const words = command.split(/\s+/).slice(1);
  const isExport = words[0] === "export";
  if (isExport && words[1] === "prod.env") rmSync(join(folder, "prod.env"));
  const here = words.map((word) => (/\.(?:env|json|yaml|csv|sealed)$/.test(word) ? join(folder, word) : word));
  const at = here.indexOf("--domain");
  const args = at === -1 ? [...here, "--domain", domains[""]] : here.with(at + 1, domains["domain-2"]);
  return await runInProcess(args, { input: files["prod.yaml"] ?? "", environment });
}

it.each(commands)("$command", async ({ command, printed }) => {
  const { code, stdout, stderr } = await run(command);

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("ERROR") });
  expect(stdout + stderr).not.toMatch(/s3cr3t|12345678901234567890/);
  if (printed !== undefined) expect(stdout).toBe(printed);
});

it("has a command for each source", () => {
  expect(commands.length).toBeGreaterThan(15);
});
