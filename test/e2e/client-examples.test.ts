/** Runs the unchanged examples on a whole local stack, each in its own process. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { httpTransport } from "../../client/http-transport.ts";
import { SecretClient } from "../../client/secret-client.ts";
import { credentials } from "../../tools/local/folder.ts";
import { getToken } from "../support/stack.ts";
import { stack } from "./service.ts";

const run = promisify(execFile);
const examples = join(import.meta.dirname, "../../client/examples");
const domain = "domain-examples";

/** Its output, line by line. */
async function outputOf(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { api, issuer, lambda, kms, region, key_id } = stack;
  const env = {
    PATH: process.env["PATH"],
    SECRET_API: api,
    TOKEN_URL: `${issuer}/token`,
    CLIENT_ID: "examples",
    CLIENT_SECRET: "s3cr3t",
    DOMAIN: domain,
    FUNCTION_PREFIX: "secret-local-",
    KEY_ARN: key_id,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_LAMBDA: lambda,
    AWS_ENDPOINT_URL_KMS: kms,
    ...variables,
  };
  const { stdout } = await run(process.execPath, args, { env });
  return stdout.trimEnd().split("\n");
}

describe("the examples", () => {
  it.each([
    ["http.ts", ["1 { user: 'ada', password: '1st' }", "2 { user: 'ada', password: '2nd' }", "ERROR_NOT_FOUND final"]],
    ["lambda.ts", ["1 1", "{ user: 'ada' }"]],
    ["sealed.ts", ["{ user: 'ada', password: 's3cr3t' }"]],
    [
      "cache.ts",
      ["first { password: '1st' }", "changed { version: 2, data: { password: '2nd' } }", "now { password: '2nd' }"],
    ],
    [
      "list-all.ts",
      [
        "[",
        `  'example-list-all-a {"env":"prod"}',`,
        `  'example-list-all-b {"env":"prod"}',`,
        `  'example-list-all-c {"env":"prod"}'`,
        "]",
      ],
    ],
  ])("%s writes what it should", async (name, lines) => {
    expect(await outputOf([join(examples, name)])).toEqual(lines);
  });

  it("middy-handler.ts handles an event", async () => {
    const token = await getToken(stack.issuer, { domain_id: domain, scope: "secret:write" });
    const client = new SecretClient(httpTransport({ url: stack.api, token }));
    const { secret_id } = await client.create({
      name: "middy",
      secret_type: "CREDENTIALS",
      data: { user: "ada", password: "s3cr3t" },
    });
    const code = `const { handler } = await import(${JSON.stringify(join(examples, "middy-handler.ts"))});
      console.log(await handler({}, { getRemainingTimeInMillis: () => 10_000 }));`;

    const lines = await outputOf(["--input-type=module", "--eval", code], { SECRET_ID: secret_id });

    expect(lines).toEqual(["connects as ada"]);
  });
});
