/** The package as its users get it: built, packed, unpacked beside its peers, type-checked and run. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestStack, type TestStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const installed = join(root, "node_modules");
const name = "cloudforet-secret-client";

const dir = mkdtempSync(join(tmpdir(), "package-"));
/** Has the package and nothing else. */
const bare = join(dir, "bare");
/** Has its peers too. */
const full = join(dir, "full");
let stack: TestStack;

beforeAll(async () => {
  const [started] = await Promise.all([startTestStack(), install()]);
  stack = started;
});

afterAll(async () => {
  await stack.close();
  rmSync(dir, { recursive: true });
});

/** Without a registry. */
async function install(): Promise<void> {
  const source = join(dir, "source");
  mkdirSync(source);
  for (const file of ["package.json", "README.md"]) cpSync(join(root, "client", file), join(source, file));
  await run(process.execPath, [join(root, "client/build.ts"), join(source, "dist")]);
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", dir], { cwd: source });
  for (const project of [bare, full]) {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    await run("tar", ["-xzf", join(dir, `${name}-1.0.0.tgz`), "-C", folder, "--strip-components=1"]);
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
  }
  for (const peer of ["@aws-sdk", "@middy", "@types", "commander", "undici-types"]) {
    symlinkSync(join(installed, peer), join(full, "node_modules", peer));
  }
}

async function outputOf(
  project: string,
  code: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = { PATH: process.env["PATH"], ...variables };
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { cwd: project, env });
  return stdout.trimEnd();
}

/** What the compiler says to it, in a project as a user would have it. */
async function complaintsAbout(file: string, text: string, skipLibCheck = false): Promise<string> {
  writeFileSync(join(full, file), text);
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    types: ["node"],
    skipLibCheck,
  };
  const project = join(full, `tsconfig.${file}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files: [file] }));
  return await run(join(installed, ".bin/tsc"), ["-p", project]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
}

const consumer = `
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { clientCredentials, httpTransport, SecretApiError, SecretClient, SecretDataCache, type Query, type SecretInfo } from "${name}";
import { kmsUnwrap } from "${name}/kms";
import { lambdaTransport } from "${name}/lambda";

const { SECRET_API = "", TOKEN_URL = "", KMS_URL = "" } = process.env;
const kms = new KMSClient({ endpoint: KMS_URL, region: "us-east-1" });
const token = clientCredentials({
  tokenUrl: TOKEN_URL,
  clientId: "consumer",
  clientSecret: "s3cr3t",
  scope: "secret:read secret:write secret:data",
  parameters: { domain_id: "domain-consumer" },
});
const client = new SecretClient(httpTransport({ url: SECRET_API, token }), { unwrap: kmsUnwrap(kms) });
export const direct = new SecretClient(lambdaTransport({ client: new LambdaClient({ region: "us-east-1" }), functions: (route) => route }));

const made: SecretInfo = await client.create({ name: "consumer", secret_type: "CREDENTIALS", data: { a: 1 } });
const { secret_id } = made;
const query: Query = { filter: [{ key: "name", operator: "eq", value: "consumer" }] };
const names: string[] = [];
for await (const { name } of client.listAll({ query: { ...query, only: ["name"] } as const })) names.push(name ?? "");
const opened = await client.openData({ secret_id });
const cached = await new SecretDataCache({ client }).get(secret_id);
await client.delete({ secret_id });
const code = await client.get({ secret_id }).then(
  () => "OK",
  (error: unknown) => (error instanceof SecretApiError ? error.code : String(error)),
);
console.log(JSON.stringify([names, opened.data, cached.data, code]));
`;

describe("the package", () => {
  it("holds what its entries reach, its licence and what a reader needs", () => {
    const folder = join(full, "node_modules", name);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });

    expect(readdirSync(folder).sort()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
    expect(files.filter((file) => /\.ts$/.test(file) && !file.endsWith(".d.ts"))).toEqual([]);
    expect(files.filter((file) => /handlers|wiring|store|test|examples|build/.test(file))).toEqual([]);
    expect(readFileSync(join(folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });

  it("names no source file in its code and types", () => {
    const folder = join(full, "node_modules", name, "dist");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      /\.(js|d\.ts)$/.test(file),
    );
    const naming = files.filter((file) =>
      /(from|import)\s*\(?\s*"\.[^"]*\.ts"/.test(readFileSync(join(folder, file), "utf8")),
    );

    expect(files.length).toBeGreaterThan(50);
    expect(naming).toEqual([]);
  });

  it("type-checks in a strict project, its own types too", async () => {
    expect(await complaintsAbout("consumer.ts", consumer)).toBe("");
  });

  it("has types that refuse mistakes", async () => {
    const mistake = consumer.replace("openData({ secret_id })", 'openData({ secret_id: 1, sealed: "x" })');

    expect(await complaintsAbout("mistake.ts", mistake)).toContain("TS2322");
  });

  it("does what the README says, as far as a compiler can tell", async () => {
    const readme = readFileSync(join(root, "client/README.md"), "utf8");
    const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);

    // middy's own types name a package that it does not install.
    const complaints = await complaintsAbout("readme.ts", blocks.join("\n"), true);

    expect(blocks.length).toBe(8);
    expect(complaints).toBe("");
  });

  it("works on the real functions over HTTP", async () => {
    const { api, issuer, kms } = stack.description;
    writeFileSync(join(full, "run.ts"), consumer);

    const output = await outputOf(full, 'await import("./run.ts")', {
      SECRET_API: api,
      TOKEN_URL: `${issuer}/token`,
      KMS_URL: kms,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    });

    expect(JSON.parse(output)).toEqual([["consumer"], { a: 1 }, { a: 1 }, "ERROR_NOT_FOUND"]);
  });

  it.each([
    ["", "loaded"],
    ["/middy", "loaded"],
    ["/lambda", "no @aws-sdk/client-lambda"],
    ["/kms", "no @aws-sdk/client-kms"],
    ["/dist/client/entry.js", "ERR_PACKAGE_PATH_NOT_EXPORTED"],
  ])("needs of its peers what an entry is for: %s", async (entry, outcome) => {
    const code = `await import("${name}${entry}").then(
      () => console.log("loaded"),
      ({ code, message }) => console.log(/Cannot find package '(@aws-sdk.[a-z-]+)'/.exec(message)?.[1].replace(/^/, "no ") ?? code),
    );`;

    expect(await outputOf(bare, code)).toBe(outcome);
  });

  it("brings the command line", async () => {
    const manifest: { readonly bin: { readonly secret: string } } = JSON.parse(
      readFileSync(join(full, "node_modules", name, "package.json"), "utf8"),
    );
    const program = join(full, "node_modules", name, manifest.bin.secret);

    // Nothing but Node is to be found.
    const { stdout } = await run(program, ["--version"], { env: { PATH: dirname(process.execPath) } });

    expect(stdout).toBe("1.0.0\n");
  });
});
