/** The templates of docs/deploy.md: the issuer's tokens are valid for the API, and the policy opens no data. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { identifyToken } from "../../../lib/http/caller.ts";
import { callerRules } from "../../http/events.ts";
import { isThorough } from "../../support/thorough.ts";
import { at, listAt } from "./template.ts";

const docs = join(import.meta.dirname, "../../../docs");
const issuerPath = join(docs, "issuer.yml");

const readYaml = createRequire(import.meta.url)("serverless/lib/configuration/read") as (
  path: string,
) => Promise<unknown>;

/** A shell's exit code for a missing program. */
const notFound = 127;

type Trigger = (event: object) => Promise<unknown>;

let issuer: unknown;
let trigger: Trigger;

beforeAll(async () => {
  issuer = await readYaml(issuerPath);
  const module: { handler?: Trigger } = {};
  runInNewContext(String(at(issuer, "Resources", "Claims", "Properties", "Code", "ZipFile")), { exports: module });
  trigger = module.handler ?? (async () => undefined);
});

/** Claims of the token that Cognito would sign for a client with these scopes, in the gateway's form. */
async function claimsFor(scopes: readonly string[]) {
  const answer = await trigger({ triggerSource: "TokenGeneration_ClientCredentials", request: { scopes } });
  const changes = at(answer, "response", "claimsAndScopeOverrideDetails", "accessTokenGeneration");
  const suppressed = listAt(changes, "scopesToSuppress");
  const granted = [...scopes.filter((scope) => !suppressed.includes(scope)), ...listAt(changes, "scopesToAdd")];
  return {
    sub: "client-1",
    client_id: "client-1",
    scope: granted.join(" "),
    ...Object(at(changes, "claimsToAddOrOverride")),
  };
}

describe("the issuer", () => {
  it.runIf(isThorough)("passes AWS's linter", ({ skip }) => {
    const { error, status, stdout } = spawnSync("cfn-lint", ["--", issuerPath], { encoding: "utf8" });

    skip(error !== undefined || status === notFound, "cfn-lint is not installed");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("lets its client do everything in its own domain, and nothing in another domain", async () => {
    const scopes = listAt(issuer, "Resources", "Domain1Client", "Properties", "AllowedOAuthScopes").map(String);

    const claims = await claimsFor(scopes);

    expect(claims.scope).toBe("secret:read secret:write secret:data");
    for (const scope of ["secret:read", "secret:write", "secret:data"]) {
      expect(identifyToken(claims, scope, callerRules)).toMatchObject({
        caller: "client-1",
        domainId: "domain-1",
        projects: null,
      });
    }
  });

  it("grants only the scopes that the client asked for", async () => {
    const claims = await claimsFor(["secret/read", "domain/domain-1"]);

    expect(() => identifyToken(claims, "secret:data", callerRules)).toThrow("Permission denied.");
  });

  it.each([
    { what: "no domain", scopes: ["secret/read"] },
    { what: "no scope of the API", scopes: ["domain/domain-1"] },
    { what: "another API's scopes", scopes: ["other/read", "domain/domain-1"] },
  ])("a token of $what opens nothing", async ({ scopes }) => {
    const claims = await claimsFor(scopes);

    expect(() => identifyToken(claims, "secret:read", callerRules)).toThrow("Permission denied.");
  });

  it("refuses a token for two domains", async () => {
    await expect(claimsFor(["secret/read", "domain/domain-1", "domain/domain-2"])).rejects.toThrow("one domain");
  });

  it("defines every scope that its clients have", () => {
    const scopesOf = (id: string) => {
      const { Identifier, Scopes } = Object(at(issuer, "Resources", id, "Properties"));
      return listAt({ Scopes }, "Scopes").map((scope) => `${Identifier}/${at(scope, "ScopeName")}`);
    };
    const there = [...scopesOf("Scopes"), ...scopesOf("Domains")];

    const allowed = listAt(issuer, "Resources", "Domain1Client", "Properties", "AllowedOAuthScopes").map(String);

    expect(allowed.filter((scope) => !there.includes(scope))).toEqual([]);
  });
});

describe("the deployer's policy", () => {
  it("does not let the deployer open data", () => {
    const statements = listAt(JSON.parse(readFileSync(join(docs, "deployer-policy.json"), "utf8")), "Statement");

    const actions = statements.flatMap((statement) => listAt(statement, "Action").map(String));
    expect(actions.length).toBeGreaterThan(40);
    expect(actions.filter((action) => /^kms:.*(Decrypt|\*)/.test(action))).toEqual([]);
    expect(statements.filter((statement) => at(statement, "Effect") !== "Allow")).toEqual([]);
  });
});
