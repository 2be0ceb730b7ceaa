/** Every stage's template is valid for CloudFormation, by AWS's own schemas of the resources. */

import { beforeAll, describe, expect, it } from "vitest";
import { someOf } from "../../support/thorough.ts";
import { gatewayParameters, packageTemplate, packagingMs, stageParameters } from "./package-template.ts";
import { schemaFaults } from "./schema.ts";
import type { Template } from "./template.ts";

/** Each stage, and the parameters that add or remove resources. */
const stages = someOf([...Object.entries(stageParameters), ["dev", gatewayParameters] as const], 2);

it.each(stages)(
  "%s with %j",
  async (stage, parameters) => {
    expect(schemaFaults(await packageTemplate(stage, parameters))).toEqual([]);
  },
  packagingMs,
);

describe("a template is refused that has", () => {
  let template: Template;

  beforeAll(async () => {
    template = await packageTemplate("prod", stageParameters.prod);
  }, packagingMs);

  const getData = ["GetDashdataLambdaFunction", "Properties"];

  it.each([
    ["a type of no such name", ["SecretsTable", "Type"], "AWS::DynamoDB::Tabel", "no type AWS::DynamoDB::Tabel"],
    [
      "a property of no such name",
      ["SecretsTable", "Properties", "DeletionProtection"],
      true,
      "has no DeletionProtection",
    ],
    ["an inner property of no such name", ["SecretsTable", "Properties", "SSESpecification", "Key"], "a", "has no Key"],
    ["a property too few", ["SecretsTable", "Properties", "KeySchema"], undefined, "lacks KeySchema"],
    ["a string instead of a number", [...getData, "Timeout"], "ten", "Timeout is no integer"],
    [
      "a string instead of a boolean",
      ["SecretsTable", "Properties", "DeletionProtectionEnabled"],
      "yes",
      "is no boolean",
    ],
    ["a string instead of a list", [...getData, "Architectures"], "arm64", "Architectures is no list"],
    [
      "a value that AWS does not know",
      ["SecretsTable", "Properties", "BillingMode"],
      "ON_DEMAND",
      "BillingMode cannot be",
    ],
    [
      "a retention that AWS does not offer",
      ["GetLogGroup", "Properties", "RetentionInDays"],
      10,
      "RetentionInDays cannot be",
    ],
    ["a resource attribute of no such name", ["SecretsTable", "DeletionPolcy"], "Retain", "no attribute DeletionPolcy"],
    ["a policy of no such name", ["SecretsTable", "DeletionPolicy"], "Keep", "a policy of no such name"],
    ["a reference to nothing", [...getData, "Role"], { Ref: "Rolle" }, "no resource Rolle"],
    [
      "an attribute that a resource has not",
      [...getData, "Role"],
      { "Fn::GetAtt": ["SecretKey", "Name"] },
      "SecretKey has no Name",
    ],
    ["a placeholder for nothing", [...getData, "Description"], { "Fn::Sub": `$${"{Nothing}"}` }, "no resource Nothing"],
    ["a wait for nothing", ["SecretKey", "DependsOn"], ["Nothing"], "SecretKey waits for Nothing"],
    [
      "a condition that does not exist",
      ["SecretKey", "Condition"],
      "Sometimes",
      "SecretKey has the condition Sometimes",
    ],
    [
      "a cycle",
      ["SecretsTable", "Properties", "SSESpecification", "KMSMasterKeyId"],
      { Ref: "SecretKey" },
      "a cycle: ",
    ],
  ] as const satisfies readonly (readonly [string, readonly string[], unknown, string])[])(
    "%s",
    (_, path, value, told) => {
      const planted = structuredClone(template);
      const owner = path
        .slice(0, -1)
        .reduce((inner: unknown, name) => Reflect.get(Object(inner), name), planted.Resources);
      if (value === undefined) Reflect.deleteProperty(Object(owner), path.at(-1) ?? "");
      else Reflect.set(Object(owner), path.at(-1) ?? "", value);

      const faults = schemaFaults(planted);

      expect(faults.filter((fault) => fault.includes(told))).not.toEqual([]);
    },
  );
});
