/** Identifies callers from claims, in every form in which gateways pass them on. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretError } from "../../lib/base/errors.ts";
import { identifyToken, nameCaller } from "../../lib/http/caller.ts";
import { callerRules } from "./events.ts";

const denied = new SecretError("ERROR_PERMISSION_DENIED", {});

const rules = callerRules;

const claims = { sub: "user-1", scope: "secret:read", domain_id: "domain-1" };

function identifyReader(changes: object) {
  return identifyToken({ ...claims, ...changes }, "secret:read", rules);
}

describe("identifyToken", () => {
  it("makes a caller for one domain and all its projects", () => {
    expect(identifyReader({})).toMatchObject({ caller: "user-1", domainId: "domain-1", projects: null });
  });

  it("makes a system caller for the scope secret:system, whatever its domain", () => {
    const expected = { caller: "user-1", domainId: null, projects: null };

    expect(identifyReader({ scope: "secret:system" })).toMatchObject(expected);
    expect(identifyReader({ scope: "secret:system", domain_id: undefined })).toMatchObject(expected);
  });

  it("limits a system caller to its projects", () => {
    expect(identifyReader({ scope: "secret:system", projects: "a" }).projects).toEqual(["a"]);
  });

  it.each([undefined, null, "text", [], 1])("does not authenticate the claims %j", (value) => {
    expect(() => identifyToken(value, "secret:read", rules)).toThrow(
      new SecretError("ERROR_AUTHENTICATE_FAILURE", { reason: "the request carries no verified token" }),
    );
  });

  it.each([
    { scope: "secret:read" },
    { scope: "openid secret:read profile" },
    { scope: "[openid secret:read]" },
    { scope: ["openid", "secret:read"] },
    { scope: undefined, scp: "secret:read" },
    { scope: undefined, scp: "[secret:read secret:data]" },
    { scope: undefined, scp: ["secret:read"] },
    { scope: "secret/read" },
    { scope: "openid secret/system" },
  ])("admits $scope $scp", ({ scope, scp }) => {
    const token = { sub: "user-1", domain_id: "domain-1", ...(scope && { scope }), ...(scp && { scp }) };

    expect(identifyToken(token, "secret:read", rules).caller).toBe("user-1");
  });

  it.each([
    "",
    "[]",
    "secret:write secret:data",
    "secret:reader",
    "xsecret:read",
    "SECRET:READ",
    "secret:system:x",
    "secret:*",
    "secret",
    "secret: read",
    null,
    1,
    true,
    {},
    { "secret:read": true },
    [["secret:read"]],
    [1],
  ])("denies the scope %j", (scope) => {
    expect(() => identifyReader({ scope })).toThrow(denied);
  });

  it("denies a token without scopes", () => {
    expect(() => identifyToken({ sub: "user-1", domain_id: "domain-1" }, "secret:read", rules)).toThrow(denied);
  });

  it("reads scopes only from scp if there is one, as the gateway does", () => {
    expect(identifyReader({ scp: "secret:read", scope: "secret:write" }).caller).toBe("user-1");
    expect(() => identifyReader({ scp: "", scope: "secret:read" })).toThrow(denied);
    expect(() => identifyReader({ scp: "secret:write", scope: "secret:read secret:system" })).toThrow(denied);
  });

  it.each([undefined, null, "", 1, true, {}, ["domain-1"]])("denies a token whose domain is %j", (domain_id) => {
    expect(() => identifyReader({ domain_id })).toThrow(denied);
  });

  it("reads the domain from the claim that the deployment names, and from no other", () => {
    const token = { ...claims, "https://example.org/domain": "domain-2" };

    expect(identifyToken(token, "secret:read", { ...rules, domainClaim: "https://example.org/domain" }).domainId).toBe(
      "domain-2",
    );
    expect(() => identifyToken(claims, "secret:read", { ...rules, domainClaim: "https://example.org/domain" })).toThrow(
      denied,
    );
    expect(() => identifyToken(claims, "secret:read", { ...rules, domainClaim: "toString" })).toThrow(denied);
  });

  it.each([
    { what: "the gateway's list", projects: "[a b]", expected: ["a", "b"] },
    { what: "commas", projects: "a,b", expected: ["a", "b"] },
    { what: "commas and whitespace", projects: " a , b ", expected: ["a", "b"] },
    { what: "blanks", projects: "a b", expected: ["a", "b"] },
    { what: "one", projects: "a", expected: ["a"] },
    { what: "a list", projects: ["a", "b,c"], expected: ["a", "b,c"] },
    { what: "an empty list", projects: [], expected: [] },
    { what: "the gateway's empty list", projects: "[]", expected: [] },
    { what: "empty text", projects: "", expected: [] },
    { what: "only whitespace", projects: " ,\n", expected: [] },
    { what: "null", projects: null, expected: [] },
    { what: "a number", projects: 1, expected: [] },
    { what: "a boolean", projects: true, expected: [] },
    { what: "an object", projects: { a: true }, expected: [] },
    { what: "a list of values that are not strings", projects: [1, null, ["a"], { a: 1 }], expected: [] },
    { what: "the text of a JSON list", projects: '["a","b"]', expected: ['"a"', '"b"'] },
  ])("limits the caller to projects given as $what", ({ projects, expected }) => {
    expect(identifyReader({ projects }).projects).toEqual(expected);
  });

  it.each(["secret:read", "secret:system"])(
    "limits a token without a required projects claim to no project: %s",
    (scope) => {
      const strict = { ...rules, projectsClaimRequired: true };

      expect(identifyToken({ ...claims, scope }, "secret:read", strict).projects).toEqual([]);
      expect(identifyToken({ ...claims, scope, projects: "[a]" }, "secret:read", strict).projects).toEqual(["a"]);
    },
  );

  it("limits the caller to projects, whatever value the claim has", () => {
    fc.assert(
      fc.property(fc.anything(), (projects) => {
        expect(identifyReader({ projects }).projects).toBeInstanceOf(Array);
      }),
    );
  });

  it("ignores properties that every object inherits", () => {
    const inherited: object = Object.create({ ...claims, projects: "a" });

    expect(() => identifyToken(inherited, "secret:read", rules)).toThrow(denied);
  });
});

describe("nameCaller", () => {
  it.each([
    { token: claims, expected: { caller: "user-1", domainId: "domain-1" } },
    { token: { client_id: "client-1" }, expected: { caller: "client-1", domainId: null } },
    { token: { sub: "", client_id: 1, domain_id: {} }, expected: { caller: "unknown", domainId: null } },
    { token: undefined, expected: { caller: "unknown", domainId: null } },
  ])("names the caller of $token", ({ token, expected }) => {
    expect(nameCaller(token, rules)).toEqual(expected);
  });
});
