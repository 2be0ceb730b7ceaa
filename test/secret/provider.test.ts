/** Which provider follows from a schema. */

import { expect, it } from "vitest";
import { builtInProviders, providerOf } from "../../lib/secret/provider.ts";

it.each([
  { schema: "aws_access_key", provider: "aws" },
  { schema: "aws_assume_role", provider: "aws" },
  { schema: "google_oauth2_credentials", provider: "google_cloud" },
  { schema: "azure_client_secret", provider: "azure" },
  { schema: "AWS_ACCESS_KEY", provider: null },
  { schema: "toString", provider: null },
  { schema: "__proto__", provider: null },
  { schema: "constructor", provider: null },
  { schema: null, provider: null },
])("$schema belongs to $provider", ({ schema, provider }) => {
  expect(providerOf(schema, builtInProviders)).toBe(provider);
});

it("a deployment may take a provider away", () => {
  expect(providerOf("aws_access_key", { ...builtInProviders, aws_access_key: "" })).toBeNull();
});
