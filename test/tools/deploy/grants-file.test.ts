/** Valid and invalid grants.json files, and which tokens have which grants. */

import { describe, expect, it } from "vitest";
import { identifyToken } from "../../../lib/http/caller.ts";
import { findByClaims } from "../../../lib/secret/grants.ts";
import { parseGrants } from "../../../tools/deploy/grants-file.ts";
import { callerRules } from "../../http/events.ts";

const ci = { id: "ci", claims: { repository_id: "74" }, domain_id: "domain-1", scopes: ["secret:read", "secret:data"] };
const billing = { id: "billing", alias: "billing", domain_id: "domain-1", scopes: ["secret:data"], projects: ["p-1"] };

describe("parseGrants", () => {
  it("accepts grants by claims and by alias", () => {
    expect(parseGrants([ci, billing])).toEqual({ byClaims: [ci], byAlias: new Map([["billing", billing]]) });
  });

  it.each([
    ["no list", {}, "grants.json must be a list of grants."],
    ["no object", ["ci"], "grants.json, entry 1: it must be an object."],
    ["an unknown member", [{ ...ci, domain: "d" }], 'grants.json, entry 1 ("ci"): it has an unknown member "domain".'],
    ["no id", [{ ...ci, id: undefined }], 'grants.json, entry 1: "id" must be 1 to 64'],
    ["an id twice", [ci, { ...billing, id: "ci" }], 'grants.json, entry 2 ("ci"): another grant has this id.'],
    ["an alias twice", [billing, { ...billing, id: "b" }], 'entry 2 ("b"): another grant has this alias.'],
    ["no domain", [{ ...ci, domain_id: "" }], '"domain_id" must name a domain.'],
    ["no scopes", [{ ...ci, scopes: [] }], '"scopes" must be a list of secret:read, secret:write, secret:data.'],
    ["the system's scope", [{ ...ci, scopes: ["secret:system"] }], '"scopes" must be a list of'],
    ["projects of a wrong type", [{ ...ci, projects: "p-1" }], '"projects" must be a list of project ids.'],
    ["claims and an alias", [{ ...ci, alias: "ci" }], 'it must have either "claims" or "alias".'],
    ["neither", [{ ...ci, claims: undefined }], 'it must have either "claims" or "alias".'],
    ["no claim", [{ ...ci, claims: {} }], '"claims" must have at least one claim'],
    [
      "a claim that is not a string",
      [{ ...ci, claims: { repository_id: 74 } }],
      '"claims" must have at least one claim',
    ],
    ["an empty claim", [{ ...ci, claims: { repository_id: "" } }], '"claims" must have at least one claim'],
    ["a claim that looks like a list", [{ ...ci, claims: { groups: "[a]" } }], "a claim that is a list cannot be used"],
    ["an alias of digits", [{ ...billing, alias: "1" }], '"alias" must be 1 to 128 letters'],
    ["an alias that is the function", [{ ...billing, alias: "$LATEST" }], '"alias" must be 1 to 128 letters'],
  ])("refuses %s, naming the entry", (_, value, sentence) => {
    expect(() => parseGrants(value)).toThrow(sentence);
  });
});

describe("findByClaims", () => {
  const both = { ...ci, id: "both", claims: { repository_id: "74", ref: "refs/heads/main" } };
  const inherited = { ...ci, id: "inherited", claims: JSON.parse('{"toString": "x", "__proto__": "y"}') };
  const grants = parseGrants([ci, both, inherited]);

  it.each([
    ["only the claim", { repository_id: "74" }, ["ci"]],
    ["both claims", { repository_id: "74", ref: "refs/heads/main" }, ["ci", "both"]],
    ["one more digit", { repository_id: "740" }, []],
    ["whitespace", { repository_id: " 74" }, []],
    ["a number", { repository_id: 74 }, []],
    ["a list", { repository_id: ["74"] }, []],
    ["the gateway's list", { repository_id: "[74]" }, []],
    ["several values", { repository_id: "74 75" }, []],
    ["another case of the name", { Repository_id: "74" }, []],
    ["properties that every object inherits", {}, []],
    ["own members of such names", JSON.parse('{"toString": "x", "__proto__": "y"}'), ["inherited"]],
  ])("compares exactly: %s", (_, claims, expected) => {
    expect(findByClaims(grants, claims).map(({ id }) => id)).toEqual(expected);
  });

  it("ignores inherited properties of the claims", () => {
    expect(findByClaims(grants, Object.create({ repository_id: "74" }))).toEqual([]);
  });
});

describe("a token with grants", () => {
  const token = { sub: "repo:octo/app", repository_id: "74", scope: "secret:system", domain_id: "domain-2" };
  const rulesOf = (...grants: readonly object[]) => ({ ...callerRules, grants: parseGrants(grants) });

  it("has the grant's rights, and none that it claims itself", () => {
    expect(identifyToken(token, "secret:read", rulesOf(ci))).toEqual({
      caller: "repo:octo/app",
      domainId: "domain-1",
      projects: null,
      scopes: ["secret:data", "secret:read"],
      grant: "ci",
    });
    expect(() => identifyToken(token, "secret:write", rulesOf(ci))).toThrow("Permission denied.");
  });

  it.each([
    ["domain", { domain_id: "domain-2" }],
    ["scopes", { scopes: ["secret:read"] }],
    ["projects", { projects: [] }],
  ])("is refused where two grants differ in their %s", (_, difference) => {
    expect(() => identifyToken(token, "secret:read", rulesOf(ci, { ...ci, id: "other", ...difference }))).toThrow(
      "Permission denied.",
    );
  });

  it("is accepted if two matching grants say the same", () => {
    const same = { ...ci, id: "same", scopes: ["secret:data", "secret:read"] };

    expect(identifyToken(token, "secret:read", rulesOf(ci, same)).grant).toBe("ci");
  });

  it("is required if claims are not trusted", () => {
    const rules = { ...rulesOf(ci), trustClaims: false };

    expect(identifyToken(token, "secret:read", rules).grant).toBe("ci");
    expect(() => identifyToken({ ...token, repository_id: "75" }, "secret:read", rules)).toThrow("Permission denied.");
  });

  it("reads scopes from the claim that the deployment names, and from no other", () => {
    const rules = { ...callerRules, scopeClaim: "roles" };
    const entra = { sub: "app", domain_id: "domain-1", roles: "[secret:read other]", scope: "secret:write" };

    expect(identifyToken(entra, "secret:read", rules).domainId).toBe("domain-1");
    expect(() => identifyToken(entra, "secret:write", rules)).toThrow("Permission denied.");
    expect(() => identifyToken({ ...entra, roles: undefined }, "secret:write", rules)).toThrow("Permission denied.");
  });
});
