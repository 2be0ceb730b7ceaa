/** The unchanged programs of docs/integrations with the real libraries, each in its own process. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentials } from "../../../tools/local/folder.ts";
import { httpClient, newDomain, stack } from "../service.ts";
import { blocksOf } from "./page.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const domain_id = newDomain();
let dir: string;

/** The sources that replace the package's names, because the package is not built here. */
const sources: { readonly [specifier: string]: string } = {
  "cloudforet-secret-client": "client/entry.ts",
  "cloudforet-secret-client/lambda": "client/lambda-transport.ts",
  "cloudforet-secret-client/middy": "client/secret-data-middleware.ts",
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "integrations-"));
  const client = await httpClient({ domain_id });
  const data = { user: "ada", password: "s3cr3t" };
  const common = { secret_type: "CREDENTIALS", project_id: "project-1" } as const;
  await client.create({ ...common, name: "db", data });
  await client.create({ ...common, name: "smtp", dataText: '{"port":25,"id":1234567890123456789}' });
});
afterAll(() => rmSync(dir, { recursive: true }));

const toUrl = (specifier: string) =>
  sources[specifier] === undefined
    ? import.meta.resolve(specifier)
    : pathToFileURL(join(root, sources[specifier])).href;

/** The output of a program made of a page's blocks and this code. */
async function outputOf(blocks: readonly string[], more: string): Promise<unknown> {
  const code = [...blocks, more]
    .join("\n")
    .replaceAll(/ from "([^"]+)"/g, (_, specifier: string) => ` from ${JSON.stringify(toUrl(specifier))}`);
  const file = join(dir, "program.ts");
  writeFileSync(file, code);
  const { api, issuer, lambda, region } = stack;
  const env = {
    PATH: process.env["PATH"],
    ...{ SECRET_API: api, TOKEN_URL: `${issuer}/token`, CLIENT_ID: "program", CLIENT_SECRET: "s3cr3t" },
    ...{ DOMAIN: domain_id, FUNCTION_PREFIX: "secret-local-" },
    ...{ AWS_REGION: region, AWS_ENDPOINT_URL_LAMBDA: lambda },
    ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
  };
  const { stdout } = await run(process.execPath, [file], { env });
  return JSON.parse(stdout);
}

const write = (expression: string) => `console.log(JSON.stringify(${expression}));`;

describe("docs/integrations", () => {
  it("powertools.md: a provider with Powertools' cache, transforms and errors", async () => {
    const [provider = "", use = ""] = blocksOf("powertools.md", "ts");
    const client = `
      import { clientCredentials, httpTransport, SecretClient } from "cloudforet-secret-client";
      const { SECRET_API, TOKEN_URL, CLIENT_ID, CLIENT_SECRET, DOMAIN } = process.env;
      const scope = "secret:read secret:data";
      const options = { tokenUrl: TOKEN_URL, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, scope };
      const token = clientCredentials({ ...options, parameters: { domain_id: DOMAIN } });
      const client = new SecretClient(httpTransport({ url: SECRET_API, token }));`;

    const output = await outputOf(
      [client, provider, use],
      `const exact = await secrets.get("smtp");
       const none = await secrets.get("no-such-secret");
       const missing = await secrets.get("no-such-secret", { throwOnMissing: true }).catch(({ name }) => name);
       ${write("{ db, all, exact, none: none === undefined, missing, cached: (await secrets.get('db', { transform: 'json' })) === db }")}`,
    );

    expect(output).toEqual({
      db: { user: "ada", password: "s3cr3t" },
      all: { db: { user: "ada", password: "s3cr3t" }, smtp: { port: 25, id: expect.any(Number) } },
      exact: '{"port":25,"id":1234567890123456789}',
      ...{ none: true, missing: "ParameterNotFoundError", cached: true },
    });
  });

  it("middy.md: a handler that finds a secret in its context", async () => {
    const output = await outputOf(
      blocksOf("middy.md", "ts"),
      write("await handler({}, { getRemainingTimeInMillis: () => 10_000 })"),
    );

    expect(output).toBe("connects as ada");
  });

  it("node-config.md: secrets as values of the configuration, and a failure without them", async () => {
    const output = await outputOf(
      blocksOf("node-config.md", "ts"),
      `const failed = await loadSecrets({ db: "db", none: "no-such-secret" }).catch(({ code }) => code);
       ${write('{ loaded: await loadSecrets({ database: "db" }), failed }')}`,
    );

    expect(output).toEqual({
      loaded: { database: { user: "ada", password: "s3cr3t" } },
      failed: "ERROR_NOT_FOUND",
    });
  });
});
