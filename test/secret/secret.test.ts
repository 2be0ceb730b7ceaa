/** Valid ids, and the provider of a schema. */

import { describe, expect, it } from "vitest";
import { builtInProviders, isSecretId, providerOf } from "../../lib/secret/secret.ts";

describe("isSecretId", () => {
  it("accepts ids that the service makes", () => {
    expect(isSecretId("secret-0123456789ab")).toBe(true);
  });

  it.each([
    "",
    "secret-",
    "secret-0123456789a",
    "secret-0123456789abc",
    "secret-0123456789AB",
    "secret-0123456789ag",
    "Secret-0123456789ab",
    " secret-0123456789ab",
    "secret-0123456789ab\n",
    "x/secret-0123456789ab",
    "secret-0123456789ab/x",
  ])("refuses %j", (id) => {
    expect(isSecretId(id)).toBe(false);
  });
});

/** The provider of a schema. */

it.each([
  { schema: "aws_access_key", provider: "aws" },
  { schema: "aws_assume_role", provider: "aws" },
  { schema: "google_oauth2_credentials", provider: "google_cloud" },
  { schema: "google_cloud_project_id", provider: "google_cloud" },
  { schema: "azure_client_secret", provider: "azure" },
  { schema: "azure_client_secret_for_cost_management", provider: "azure" },
  { schema: "azure_credentials", provider: "azure" },
  { schema: "azure_subscription_id", provider: "azure" },
  { schema: "AWS_ACCESS_KEY", provider: null },
  { schema: "toString", provider: null },
  { schema: "__proto__", provider: null },
  { schema: "constructor", provider: null },
  { schema: null, provider: null },
])("$schema belongs to $provider", ({ schema, provider }) => {
  expect(providerOf(schema, builtInProviders)).toBe(provider);
});

it("a deployment can remove a provider", () => {
  expect(providerOf("aws_access_key", { ...builtInProviders, aws_access_key: "" })).toBeNull();
});
