/** Settings from the environment: their defaults, and that errors name the invalid variable. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  callerRules,
  dataVersionsKept,
  flag,
  optionalText,
  optionalUrl,
  providerBySchema,
  requiredText,
  wholeNumber,
} from "../../lib/wiring/environment.ts";
import { callerRules as contractRules } from "../http/events.ts";

const before = { ...process.env };
const ofCallers = ["DOMAIN_CLAIM", "PROJECTS_CLAIM_REQUIRED", "SCOPE_CLAIM", "TRUST_CLAIMS", "GRANTS"];

beforeEach(() => {
  for (const name of ["SETTING", "DATA_VERSIONS_KEPT", "PROVIDER_BY_SCHEMA", ...ofCallers]) delete process.env[name];
});

afterEach(() => {
  process.env = { ...before };
});

function withSetting<Value>(text: string | null, read: (name: string) => Value): Value {
  if (text !== null) process.env["SETTING"] = text;
  return read("SETTING");
}

describe("requiredText", () => {
  it("returns the value unchanged", () => {
    expect(withSetting(" a ", requiredText)).toBe(" a ");
  });

  it.each([null, ""])("throws for %j", (text) => {
    expect(() => withSetting(text, requiredText)).toThrow("the environment variable SETTING is not set");
  });
});

describe("optionalText", () => {
  it.each([
    { text: "a", value: "a" },
    { text: "", value: null },
    { text: null, value: null },
  ])("returns $value for $text", ({ text, value }) => {
    expect(withSetting(text, optionalText)).toBe(value);
  });
});

describe("optionalUrl", () => {
  it.each([
    { text: "https://identity.example:8080", value: new URL("https://identity.example:8080") },
    { text: "http://127.0.0.1/", value: new URL("http://127.0.0.1/") },
    { text: "", value: null },
    { text: null, value: null },
  ])("returns $value for $text", ({ text, value }) => {
    expect(withSetting(text, optionalUrl)).toEqual(value);
  });

  it.each(["identity.example", "identity:8080", "file:///etc/passwd", "https://", "none"])("throws for %s", (text) => {
    expect(() => withSetting(text, optionalUrl)).toThrow("the environment variable SETTING must be a URL");
  });
});

describe("wholeNumber", () => {
  const read = (name: string) => wholeNumber(name, { min: 1, max: 10, unset: 5 });

  it.each([
    { text: null, value: 5 },
    { text: "", value: 5 },
    { text: "1", value: 1 },
    { text: "10", value: 10 },
  ])("returns $value for $text", ({ text, value }) => {
    expect(withSetting(text, read)).toBe(value);
  });

  it.each(["0", "11", "-1", "1.5", "1e0", "0x5", " ", " 5", "five", "Infinity", "NaN"])("throws for %j", (text) => {
    expect(() => withSetting(text, read)).toThrow(
      "the environment variable SETTING must be a whole number from 1 to 10",
    );
  });
});

describe("flag", () => {
  it.each([
    { text: null, value: false },
    { text: "", value: false },
    { text: "false", value: false },
    { text: "true", value: true },
  ])("returns $value for $text", ({ text, value }) => {
    expect(withSetting(text, flag)).toBe(value);
  });

  it.each(["1", "yes", "TRUE", "true "])("throws for %j, so that a typo cannot turn a safety setting off", (text) => {
    expect(() => withSetting(text, flag)).toThrow("the environment variable SETTING must be true or false");
  });
});

describe("callerRules", () => {
  it("are those of the contract by default", () => {
    expect(callerRules()).toEqual(contractRules);

    process.env["DOMAIN_CLAIM"] = "custom:domain";
    process.env["PROJECTS_CLAIM_REQUIRED"] = "true";
    process.env["SCOPE_CLAIM"] = "roles";
    process.env["TRUST_CLAIMS"] = "false";
    const grant = { id: "ci", claims: { sub: "a" }, domain_id: "d", scopes: ["secret:read"] };
    process.env["GRANTS"] = JSON.stringify([grant]);
    expect(callerRules()).toEqual({
      domainClaim: "custom:domain",
      projectsClaimRequired: true,
      scopeClaim: "roles",
      trustClaims: false,
      grants: { byClaims: [grant], byAlias: new Map() },
    });
  });

  it("keep the function from starting if they are invalid", () => {
    process.env["PROJECTS_CLAIM_REQUIRED"] = "yes";

    expect(callerRules).toThrow("PROJECTS_CLAIM_REQUIRED must be true or false");
  });
});

describe("dataVersionsKept", () => {
  it("is 5 by default", () => {
    expect(dataVersionsKept()).toBe(5);

    process.env["DATA_VERSIONS_KEPT"] = "90";
    expect(dataVersionsKept()).toBe(90);
  });

  it.each(["0", "91"])("throws for %s", (text) => {
    process.env["DATA_VERSIONS_KEPT"] = text;

    expect(() => dataVersionsKept()).toThrow("DATA_VERSIONS_KEPT must be a whole number from 1 to 90");
  });
});

describe("providerBySchema", () => {
  const builtIn = {
    aws_access_key: "aws",
    aws_assume_role: "aws",
    google_oauth2_credentials: "google_cloud",
    azure_client_secret: "azure",
    azure_client_secret_for_cost_management: "azure",
    azure_credentials: "azure",
    azure_subscription_id: "azure",
    google_cloud_project_id: "google_cloud",
  };

  it("is the built-in map, overridden by the deployment's entries", () => {
    expect(providerBySchema()).toEqual(builtIn);

    process.env["PROVIDER_BY_SCHEMA"] = '{"aws_access_key":"aws_cn","oci_key":"oci"}';
    expect(providerBySchema()).toEqual({ ...builtIn, aws_access_key: "aws_cn", oci_key: "oci" });
  });

  it.each(["aws", "{", "[]", "null", '"a"', '{"a":1}', '{"a":null}', '{"a":{"b":"c"}}'])("throws for %s", (text) => {
    process.env["PROVIDER_BY_SCHEMA"] = text;

    expect(() => providerBySchema()).toThrow(
      "the environment variable PROVIDER_BY_SCHEMA must be a JSON object of strings",
    );
  });
});
