/** `serverless deploy` refuses parameters that cannot work, before it looks up the account. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const project = join(import.meta.dirname, "../..");
const issuer = "jwtIssuer=https://issuer.test";

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "deploy-"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** No account: neither the environment nor the home folder has credentials, and no other source is asked. */
function deploy(...parameters: readonly string[]) {
  const program = join(project, "node_modules/serverless/bin/serverless.js");
  const options = parameters.flatMap((parameter) => ["--param", parameter]);
  const { PATH, JWT_ISSUER } = process.env;
  const env = { PATH, HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...(JWT_ISSUER !== undefined && { JWT_ISSUER }) };
  const command = [program, "deploy", "--stage", "prod", "--package", join(home, "none"), ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: project, env, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

it.each([
  { parameters: [], says: "issuer is missing: set JWT_ISSUER=https://… or --param jwtIssuer=https://…" },
  { parameters: ["jwtIssuer=http://issuer.test"], says: 'must be an https URL, exactly as in their "iss"' },
  { parameters: ["jwtIssuer=https://issuer.example.com/"], says: "issuer is missing: set JWT_ISSUER=https://…" },
  { parameters: ["jwtIssuer= https://issuer.test"], says: "without whitespace, user, query or fragment" },
  { parameters: ["jwtIssuer=https://u:p@issuer.test"], says: "without whitespace, user, query or fragment" },
  { parameters: ["jwtIssuer=https://issuer.test/?a=b"], says: "without whitespace, user, query or fragment" },
  { parameters: ["jwtIssuer=issuer.test"], says: "must be an https URL" },
  { parameters: [issuer, "jwtAudience=,"], says: "audience (jwtAudience, JWT_AUDIENCE) must be one or more strings" },
  { parameters: [issuer, "jwtAudience=one, two"], says: "separated by commas, without whitespace" },
  { parameters: [issuer, "sealedOnly=yes"], says: "SEALED_ONLY must be true or false" },
  { parameters: [issuer, "dataVersionsKept=91"], says: "DATA_VERSIONS_KEPT must be a whole number from 1 to 90" },
  { parameters: [issuer, "deletedKeptDays=366"], says: "DELETED_KEPT_DAYS must be a whole number from 0 to 365" },
  { parameters: [issuer, "dataKeyCacheSeconds=3601"], says: "DATA_KEY_CACHE_SECONDS must be a whole number" },
  { parameters: [issuer, "identityUrl=identity"], says: "IDENTITY_URL must be a URL" },
  { parameters: [issuer, "kmsKeyId=alias/secret-prod"], says: "The key (kmsKeyId) must be the ARN of a key" },
  {
    parameters: [issuer, "routeThrottles=list"],
    says: "routeThrottles must be a comma-separated list such as list=20/40",
  },
  {
    parameters: [issuer, "reservedConcurrency=all=1"],
    says: "reservedConcurrency must be a comma-separated list such as get-data=100",
  },
  {
    parameters: [issuer, "corsOrigins=*"],
    says: "corsOrigins must be a comma-separated list such as https://console.example.com",
  },
  { parameters: [issuer, "providerBySchema=[]"], says: "PROVIDER_BY_SCHEMA must be a JSON object of strings" },
])("a deployment with $parameters is refused", ({ parameters, says }) => {
  const { status, text } = deploy(...parameters);

  expect(text).toContain("Nothing was deployed.");
  expect(text).toContain(says);
  expect(status).toBe(1);
});

it("a deployment reports all wrong parameters at once", () => {
  const { text } = deploy("sealedOnly=yes", "dataVersionsKept=0");

  const told = ["issuer is missing", "SEALED_ONLY must be", "DATA_VERSIONS_KEPT must be"];
  expect(told.filter((one) => !text.includes(one))).toEqual([]);
});

it("a deployment goes on if all parameters are right", () => {
  const { text } = deploy(issuer, "jwtAudience=client-1,client-2", "sealedOnly=true");

  expect(text).not.toContain("Nothing was deployed.");
  expect(text).toContain("Deploying secret to stage prod");
});

it("an httpApi that is neither true nor false is refused", () => {
  expect(deploy("httpApi=no")).toMatchObject({
    status: 1,
    text: expect.stringContaining('httpApi must be true or false, not "no"'),
  });
});

it("an empty JWT_ISSUER is reported as missing", () => {
  vi.stubEnv("JWT_ISSUER", "");

  const { text } = deploy();
  vi.unstubAllEnvs();

  expect(text).toContain("issuer is missing: set JWT_ISSUER=https://… or --param jwtIssuer=https://…");
  expect(text).toContain("or --param httpApi=false if all callers are in AWS");
});

it("a deployment without HTTP API needs no issuer", () => {
  const { text } = deploy("httpApi=false");

  expect(text).not.toContain("Nothing was deployed.");
  expect(text).toContain("Deploying secret to stage prod");
});
