/** The evaluator behind `isAllowed`: it must not answer where it could not tell, and it must not ship. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isAllowed, ownKey, tableArn } from "./iam.ts";
import type { Template } from "./template.ts";

const project = join(import.meta.dirname, "../../..");

/** A template whose function `get` has this statement. */
function templateWith(statement: object): Template {
  const Policies = [{ PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] } }];
  const trusting = {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::000000000000:root" },
    Action: "kms:*",
    Resource: "*",
  };
  const KeyPolicy = { Version: "2012-10-17", Statement: [trusting] };
  return {
    Resources: {
      GetIamRoleLambdaExecution: { Type: "AWS::IAM::Role", Properties: { Policies } },
      SecretKey: { Type: "AWS::KMS::Key", Properties: { KeyPolicy } },
    },
    Outputs: {},
  };
}

it("evaluates conditions on single keys of an encryption context", async () => {
  const template = templateWith({
    Action: "kms:Decrypt",
    Resource: ownKey,
    Condition: { StringEquals: { "kms:EncryptionContext:domain_id": "domain-1" } },
  });
  const decrypt = async (domain: string) =>
    await isAllowed(template, "get", {
      action: "kms:Decrypt",
      resource: ownKey,
      context: { "kms:EncryptionContextKeys": ["domain_id"], "kms:EncryptionContext:domain_id": domain },
    });

  expect(await decrypt("domain-1")).toBe(true);
  expect(await decrypt("domain-2")).toBe(false);
});

it.each([
  ["a context key that it would ignore", { action: "dynamodb:GetItem", context: { "kms:ViaService": "dynamodb" } }],
  ["an action that AWS does not have", { action: "dynamodb:TransactWriteItems", context: {} }],
])("does not answer for %s", async (_, request) => {
  const template = templateWith({ Action: "dynamodb:*", Resource: "*" });

  await expect(isAllowed(template, "get", { resource: tableArn("secrets"), ...request })).rejects.toThrow("evaluated");
});

it("does not answer for a policy whose values it does not know", async () => {
  const template = templateWith({ Action: "dynamodb:GetItem", Resource: { Ref: "SecretsTable" } });

  const request = { action: "dynamodb:GetItem", resource: tableArn("secrets"), context: {} };
  await expect(isAllowed(template, "get", request)).rejects.toThrow("which the test does not know");
});

it("is in nothing that ships: its licence is AGPL", () => {
  const shipped = globSync(["{handlers,lib,client,cli,tools}/**/*.{ts,mjs,json}"], {
    cwd: project,
    exclude: ["**/node_modules/**", "**/dist/**"],
  });

  expect(shipped.length).toBeGreaterThan(100);
  expect(shipped.filter((path) => readFileSync(join(project, path), "utf8").includes("@cloud-copilot"))).toEqual([]);
});
