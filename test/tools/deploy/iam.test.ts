/** The evaluator behind `isAllowed`: it must not guess, and only tests may use it. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { routeNames } from "../../../lib/http/routes.ts";
import { policyFor } from "../../../tools/deploy/grants-file.ts";
import { type Invoker, isAllowed, mayInvoke, ownKey, tableArn } from "./iam.ts";
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

it("the policy simulator evaluates conditions on single keys of an encryption context", async () => {
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
])("the policy simulator refuses %s", async (_, request) => {
  const template = templateWith({ Action: "dynamodb:*", Resource: "*" });

  await expect(isAllowed(template, "get", { resource: tableArn("secrets"), ...request })).rejects.toThrow("evaluated");
});

it("the policy simulator refuses a policy with unknown values", async () => {
  const template = templateWith({ Action: "dynamodb:GetItem", Resource: { Ref: "SecretsTable" } });

  const request = { action: "dynamodb:GetItem", resource: tableArn("secrets"), context: {} };
  await expect(isAllowed(template, "get", request)).rejects.toThrow("which the test does not know");
});

describe("a role that calls by an alias", () => {
  const prefix = "arn:aws:lambda:us-east-1:000000000000:function";
  const name = `${prefix}:secret-prod-get-data`;
  const functions = Object.fromEntries(routeNames.map((route) => [route, `secret-prod-${route}`]));
  const grant = { id: "billing", alias: "billing", domain_id: "domain-1", scopes: ["secret:data"] };
  const printed = policyFor(grant, prefix, functions);
  const targets = {
    plain: name,
    latest: `${name}:$LATEST`,
    version: `${name}:1`,
    own: `${name}:billing`,
    other: `${name}:reporting`,
    longer: `${name}:billing-2`,
    list: `${prefix}:secret-prod-list:billing`,
    stage: `${prefix}:secret-prod-get-data-2:billing`,
  };

  async function reached(invoker: Invoker): Promise<readonly string[]> {
    const asked = Object.entries(targets).map(
      async ([target, arn]) => [target, await mayInvoke(invoker, arn)] as const,
    );
    return (await Promise.all(asked)).flatMap(([target, isAllowed]) => (isAllowed ? [target] : []));
  }

  function policyOn(...Resource: readonly string[]): object {
    return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource }] };
  }

  it("may, with the printed policy, invoke only its alias of the functions for its scopes", async () => {
    expect(await reached({ identityPolicy: printed })).toEqual(["own"]);
  });

  it.each([
    // Each of the first three makes the role a system caller: by the plain name, or by $LATEST.
    ["a star behind the name", `${name}*`, ["plain", "latest", "version", "own", "other", "longer", "stage"]],
    ["a star for the qualifier", `${name}:*`, ["latest", "version", "own", "other", "longer"]],
    ["the plain name", name, ["plain"]],
    ["a star behind the alias", `${name}:billing*`, ["own", "longer"]],
    ["a star for the function", `${prefix}:*:billing`, ["own", "list", "stage"]],
  ])("may invoke more with %s", async (_, resource, expected) => {
    expect(await reached({ identityPolicy: policyOn(resource) })).toEqual(expected);
  });

  it("of another account also needs the alias's resource policy, and may invoke nothing else", async () => {
    const account = "222222222222";
    const Principal = { AWS: `arn:aws:iam::${account}:role/billing` };
    const allowed = { Effect: "Allow", Principal, Action: "lambda:InvokeFunction", Resource: targets.own };
    const resourcePolicy = { Version: "2012-10-17", Statement: [allowed] };

    expect(await reached({ account, identityPolicy: printed })).toEqual([]);
    expect(await reached({ account, identityPolicy: policyOn(`${prefix}:*`), resourcePolicy })).toEqual(["own"]);
  });
});

it("the policy simulator, with its AGPL licence, is in nothing that ships", () => {
  const shipped = globSync(["{handlers,lib,client,cli,tools}/**/*.{ts,mjs,json}"], {
    cwd: project,
    exclude: ["**/node_modules/**", "**/dist/**"],
  });

  expect(shipped.length).toBeGreaterThan(100);
  expect(shipped.filter((path) => readFileSync(join(project, path), "utf8").includes("@cloud-copilot"))).toEqual([]);
});
