/** The effects of grants.json on a deployment: aliases, routes without scopes, and errors before anything is built. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { copyProject } from "../support/stack.ts";
import { packageTemplate, packagingMs } from "../tools/deploy/package-template.ts";

vi.setConfig({ testTimeout: packagingMs });

const alias = { id: "billing", alias: "billing", domain_id: "domain-1", scopes: ["secret:data", "secret:read"] };
const claims = { id: "ci", claims: { repository_id: "74" }, domain_id: "domain-1", scopes: ["secret:data"] };

async function resourcesOf(parameters: Record<string, string>, grants: readonly object[]) {
  const { Resources } = Object(await packageTemplate("prod", parameters, grants));
  const all = Object.values(Resources) as { readonly Type: string; readonly Properties: Record<string, unknown> }[];
  return (type: string) => all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
}

describe("a grant by an alias", () => {
  it("makes an alias only of the functions that its scopes need, and keeps the routes' scopes", async () => {
    const ofType = await resourcesOf({}, [alias]);

    const functions = ["GetDashdata", "Get", "List", "Stat"].map((name) => `${name}LambdaFunction`);
    expect(ofType("AWS::Lambda::Alias")).toEqual(
      expect.arrayContaining(
        functions.map((Ref) => ({ FunctionName: { Ref }, FunctionVersion: "$LATEST", Name: "billing" })),
      ),
    );
    expect(ofType("AWS::Lambda::Alias")).toHaveLength(functions.length);
    expect(ofType("AWS::ApiGatewayV2::Route").every((route) => "AuthorizationScopes" in route)).toBe(true);
  });
});

describe("the routes", () => {
  it.each([
    ["a grant by claims", {}, [claims]],
    ["a claim of another name for scopes", { scopeClaim: "roles" }, []],
  ])("have no scopes, but still the authorizer, with %s", async (_, parameters, grants) => {
    const routes = (await resourcesOf(parameters, grants))("AWS::ApiGatewayV2::Route");

    expect(routes).toHaveLength(8);
    expect(routes.filter((route) => "AuthorizationScopes" in route)).toEqual([]);
    expect(routes.every(({ AuthorizationType: type }) => type === "JWT")).toBe(true);
  });
});

describe("packaging is refused", () => {
  const gitHub = "https://token.actions.githubusercontent.com";

  it.each([
    ["a grant that is wrong", {}, [{ ...claims, scopes: [] }], 'entry 1 ("ci"): "scopes" must be a list'],
    ["GitHub's issuer and a name", { jwtIssuer: gitHub }, [{ ...claims, claims: { repository: "a/b" } }], 'grant "ci"'],
    ["GitHub in iss, with a slash", {}, [{ ...claims, claims: { iss: `${gitHub}/`, sub: "repo:a/b" } }], 'grant "ci"'],
    [
      "an id that is not a number",
      { jwtIssuer: gitHub },
      [{ ...claims, claims: { repository_id: "x" } }],
      'grant "ci"',
    ],
  ])("for %s, naming the entry", async (_, parameters, grants, sentence) => {
    await expect(packageTemplate("prod", parameters as Record<string, string>, grants)).rejects.toThrow(sentence);
  });

  it("but not for GitHub's issuer with a repository's number", async () => {
    const ofType = await resourcesOf({ jwtIssuer: gitHub }, [claims]);

    expect(ofType("AWS::Lambda::Function")).toHaveLength(8);
  });
});

describe("npm run grants", () => {
  it("prints an IAM policy for only the alias's functions", () => {
    const dir = mkdtempSync(join(tmpdir(), "grants-"));
    copyProject(dir);
    writeFileSync(join(dir, "grants.json"), JSON.stringify([alias, claims]));
    const print = (...options: readonly string[]) =>
      execFileSync(process.execPath, [join(dir, "tools/deploy/print-grants.ts"), ...options], { encoding: "utf8" });

    const policy = JSON.parse(print("billing", "--account", "123456789012", "--stage", "prod"));
    const all = print();
    rmSync(dir, { recursive: true });

    const functions = ["get-data", "get", "list", "stat"];
    expect(policy.Statement).toEqual([
      {
        Sid: "Secretbilling",
        Effect: "Allow",
        Action: "lambda:InvokeFunction",
        Resource: functions.map((name) => `arn:aws:lambda:us-east-1:123456789012:function:secret-prod-${name}:billing`),
      },
    ]);
    expect(all).toContain("billing: alias billing → domain-1, secret:data, secret:read\n");
    expect(all).toContain('ci: claims {"repository_id":"74"} → domain-1, secret:data\n');
  });
});
