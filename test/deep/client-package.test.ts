/** The packages as users get them: built, packed, installed by npm, type-checked and run. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
/** Has the packages and their dependencies, but no peer dependencies. */
const bare = join(dir, "bare");
/** Has the client and its peer dependencies, but not the command line. */
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

/** Installs like a user, but without the registry: dependencies are files too, and peer dependencies are links. */
async function install(): Promise<void> {
  const workspaces = ["--workspace", "client", "--workspace", "cli"];
  await run("npm", ["pack", "--silent", ...workspaces, "--pack-destination", dir], { cwd: root });
  const needed = ["commander", "valibot"].map((dependency) => join(installed, dependency));
  await run("npm", ["pack", "--silent", ...needed, "--pack-destination", dir]);
  const tarballs = readdirSync(dir).filter((file) => file.endsWith(".tgz"));
  const files = { [bare]: tarballs, [full]: tarballs.filter((file) => file.startsWith(name)) };
  for (const [project, wanted] of Object.entries(files)) {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
    const paths = wanted.map((file) => join(dir, file));
    await run("npm", ["install", "--offline", "--omit=peer", "--no-audit", "--no-fund", ...paths], { cwd: project });
  }
  for (const peer of ["@aws-sdk", "@middy", "@types", "undici-types"]) {
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

/** The compiler's messages in a project like a user's. */
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
import { SecretApiError, SecretClient, SecretDataCache, clientCredentials, httpTransport, type Query, type SecretInfo } from "${name}";
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
const client = new SecretClient(httpTransport({ url: SECRET_API, token }), {
  domain_id: "domain-consumer",
  unwrap: kmsUnwrap(kms),
});
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

describe("the packages", () => {
  it("hold the files that their entries need, the licence and a README", () => {
    const licence = readFileSync(join(root, "LICENSE"), "utf8");
    const shown = ["cloudforet-secret-client", "cloudforet-secret-cli"].map((each) => {
      const folder = join(bare, "node_modules", each);
      const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
      const foreign = /(handlers|wiring|store|test|examples|build)\b|(?<!\.d)\.ts$/;
      return {
        top: readdirSync(folder).sort(),
        foreign: files.filter((file) => foreign.test(file)),
        isLicensed: readFileSync(join(folder, "LICENSE"), "utf8") === licence,
      };
    });

    expect(shown).toEqual([
      { top: ["LICENSE", "README.md", "dist", "package.json"], foreign: [], isLicensed: true },
      { top: ["LICENSE", "README.md", "dist", "package.json", "secret.mjs"], foreign: [], isLicensed: true },
    ]);
  });

  it("have no command line if only the client is installed", () => {
    expect(readdirSync(join(full, "node_modules")).sort()).toEqual([
      ".package-lock.json",
      "@aws-sdk",
      "@middy",
      "@types",
      name,
      "undici-types",
    ]);
  });

  it("type-check in a strict project, including the client's own types", async () => {
    expect(await complaintsAbout("consumer.ts", consumer)).toBe("");
  });

  it("have types that reject mistakes", async () => {
    const mistake = consumer.replace("openData({ secret_id })", 'openData({ secret_id: 1, sealed: "x" })');

    expect(await complaintsAbout("mistake.ts", mistake)).toContain("TS2322");
  });

  it("compile the code in the client's README", async () => {
    const readme = readFileSync(join(root, "client/README.md"), "utf8");
    const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block);

    // middy's own types name a package that it does not install.
    const complaints = await complaintsAbout("readme.ts", blocks.join("\n"), true);

    expect(blocks.length).toBe(10);
    expect(complaints).toBe("");
  });

  it("work on the real functions over HTTP", async () => {
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
    ["/dist/entry.js", "ERR_PACKAGE_PATH_NOT_EXPORTED"],
  ])("need only the peer packages of an entry: %s", async (entry, outcome) => {
    const code = `await import("${name}${entry}").then(
      () => console.log("loaded"),
      ({ code, message }) => console.log(/Cannot find package '(@aws-sdk.[a-z-]+)'/.exec(message)?.[1].replace(/^/, "no ") ?? code),
    );`;

    expect(await outputOf(bare, code)).toBe(outcome);
  });

  it("bring the program secret, which needs nothing but Node", async () => {
    const program = join(bare, "node_modules/.bin/secret");

    const { stdout } = await run(program, ["--version"], { env: { PATH: dirname(process.execPath) } });

    expect(stdout).toBe("1.0.0\n");
  });

  it("say which package a command needs", async () => {
    const direct = { kind: "lambda", stage: "local", region: "us-east-1", domain: "domain-1" };
    mkdirSync(join(dir, "cloudforet-secret"));
    writeFileSync(join(dir, "cloudforet-secret/config.json"), JSON.stringify({ profiles: { direct } }), {
      mode: 0o600,
    });
    const env = { PATH: dirname(process.execPath), XDG_CONFIG_HOME: dir, SECRET_PROFILE: "direct" };

    const failure = await run(join(bare, "node_modules/.bin/secret"), ["list"], { env }).catch((error) => error);

    expect(failure).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("This needs the package @aws-sdk/client-lambda"),
    });
  });

  it("say on an older Node which version the client needs", async () => {
    const code = `delete Promise.withResolvers;
      const { SecretClient } = await import("${name}");
      try { new SecretClient(async () => ({})); } catch ({ message }) { console.log(message); }`;

    expect(await outputOf(bare, code)).toMatch(/^cloudforet-secret-client needs Node.js 22 or newer; this is /);
  });

  it.each([
    ["20.20.0", "clone"],
    ["22.17.1", "clone"],
    ["18.0.0", "package"],
  ])("say on Node %s which version a %s needs, without a stack trace", async (version, kind) => {
    const program =
      kind === "clone" ? join(root, "cli/secret.mjs") : join(bare, "node_modules/cloudforet-secret-cli/secret.mjs");
    const code = `Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });
      await import(${JSON.stringify(program)});`;

    const failure = await run(process.execPath, ["--input-type=module", "--eval", code]).catch((error) => error);

    expect(failure).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `secret: Node.js ${kind === "clone" ? "22.18" : "22.0"} or newer is needed; this is ${version}.\n`,
    });
  });
});
