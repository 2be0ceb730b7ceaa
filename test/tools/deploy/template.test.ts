/** A deployment's template grants exactly the listed rights, and protects stored data. */

import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { isThorough, someOf } from "../../support/thorough.ts";
import { expectedSecurity } from "./expected.ts";
import { adopted, adoptedKey, packageTemplate, packagingMs, stageParameters } from "./package-template.ts";
import { type Section, securityOf } from "./security.ts";
import type { Template } from "./template.ts";

const stages = {
  /** A stack with the tables and the key of another stack, or with restored ones. */
  dev: { logDays: 7, rate: 100, burst: 200, used: adopted, key: adoptedKey },
  prod: { logDays: 365, rate: 1000, burst: 2000 },
  /** Of no stage in serverless.yml: the defaults. */
  sealed: { logDays: 30, rate: 100, burst: 200, sealedOnly: true, deletedKeptDays: 0 },
  direct: { logDays: 30, rate: 100, burst: 200, hasHttpApi: false },
} as const;

/** A shell's exit code for a missing program. */
const notFound = 127;

type Stage = keyof typeof stages;
const stageNames = someOf(Object.keys(stages) as Stage[], 2);

const templates = new Map<string, Template>();

beforeAll(async () => {
  const packaged = stageNames.map(
    async (stage) => [stage, await packageTemplate(stage, stageParameters[stage])] as const,
  );
  for (const [stage, template] of await Promise.all(packaged)) templates.set(stage, template);
}, packagingMs);

function templateOf(stage: Stage): Template {
  const template = templates.get(stage);
  if (template === undefined) throw new Error(`${stage} was not packaged`);
  return template;
}

describe.each(stageNames)("the stage %s", (stage) => {
  it("matches the written expectation", () => {
    expect(securityOf(templateOf(stage))).toEqual(expectedSecurity(stage, stages[stage]));
  });

  it("has wildcards only for a table's indexes, a function's own log, and tracing", () => {
    const { rights } = securityOf(templateOf(stage));
    const unconditional = Object.values(Object(rights))
      .flat()
      .map((right) => String(right).replace(/ if .*/, ""));

    const wild = unconditional.filter((right) => right.includes("*"));

    const allowed = /^(dynamodb:Query \S+\/index\/\*|logs:\w+ \S+:\/aws\/lambda\/[\w-]+:\*:\*|xray:\w+ \*)$/;
    expect(wild.filter((right) => !allowed.test(right))).toEqual([]);
    expect(wild.length).toBe(8 * 5 + 2);
  });
});

it("a stage on other tables leaves the stack's own tables unchanged", () => {
  const own = securityOf(templateOf("dev")).tables;

  expect(own).toEqual(expectedSecurity("dev", stages.prod).tables);
});

it("alarms and dashboard watch the tables and the key in use", () => {
  const text = JSON.stringify(
    Object.values(templateOf("dev").Resources).filter(({ Type }) => /Alarm|Dashboard|Events/.test(Type)),
  );

  expect([...Object.values(adopted), adoptedKey].filter((name) => !text.includes(name))).toEqual([]);
  expect(text).not.toContain("secret-dev-secrets");
});

/** AWS's own tool, which is not an npm package. It is used where it is installed. */
it.runIf(isThorough)("AWS's linter finds no error", ({ skip }) => {
  const input = JSON.stringify(templateOf("prod"));

  const { error, status, stdout } = spawnSync("cfn-lint", ["--ignore-checks", "W"], { input, encoding: "utf8" });

  skip(error !== undefined || status === notFound, "cfn-lint is not installed");
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});

/** A way to weaken a template, and the section that notices it. Paths lead through the resources. */
interface Fault {
  readonly what: string;
  readonly section: Section;
  readonly path: readonly (string | number)[];
  /** The new value; `undefined` removes the old one. */
  readonly value: unknown;
}

const statements = (role: string) => [role, "Properties", "Policies", 0, "PolicyDocument", "Statement"];
const getRole = statements("GetIamRoleLambdaExecution");
const table = (id: string, ...path: string[]) => [id, "Properties", ...path];
const route = (...path: string[]) => ["HttpApiRoutePostSecretV1SecretGetDashdata", "Properties", ...path];

const faults: readonly Fault[] = [
  {
    what: "a right is added",
    section: "rights",
    path: [...getRole, 9],
    value: { Effect: "Allow", Action: "kms:Decrypt", Resource: { "Fn::GetAtt": ["SecretKey", "Arn"] } },
  },
  { what: "an action is added", section: "rights", path: [...getRole, 2, "Action", 1], value: "dynamodb:Scan" },
  { what: "an action is a wildcard", section: "rights", path: [...getRole, 2, "Action", 0], value: "dynamodb:*" },
  { what: "a resource is a wildcard", section: "rights", path: [...getRole, 2, "Resource"], value: "*" },
  { what: "a right is taken away", section: "rights", path: [...getRole, 2, "Action"], value: [] },
  { what: "a right is denied", section: "rights", path: [...getRole, 2, "Effect"], value: "Deny" },
  { what: "all but something is allowed", section: "rights", path: [...getRole, 2, "NotAction"], value: "iam:*" },
  {
    what: "a data key is no longer bound to its row",
    section: "rights",
    path: [...statements("GetDashdataIamRoleLambdaExecution"), 5, "Condition"],
    value: undefined,
  },
  {
    what: "delete may read what it deletes",
    section: "rights",
    path: [...statements("DeleteIamRoleLambdaExecution"), 4, "Condition"],
    value: undefined,
  },
  {
    what: "a function has another's role",
    section: "rights",
    path: ["GetLambdaFunction", "Properties", "Role", "Fn::GetAtt", 0],
    value: "GetDashdataIamRoleLambdaExecution",
  },
  {
    what: "a function has another's role",
    section: "roles",
    path: ["GetLambdaFunction", "Properties", "Role", "Fn::GetAtt", 0],
    value: "GetDashdataIamRoleLambdaExecution",
  },
  {
    what: "a role has a managed policy",
    section: "roles",
    path: ["GetIamRoleLambdaExecution", "Properties", "ManagedPolicyArns", 0],
    value: "arn:aws:iam::aws:policy/AdministratorAccess",
  },
  {
    what: "a role may be taken by others",
    section: "roles",
    path: ["GetIamRoleLambdaExecution", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Principal"],
    value: { AWS: "*" },
  },
  { what: "a role is added", section: "types", path: ["Extra"], value: { Type: "AWS::IAM::Role", Properties: {} } },
  {
    what: "a function is put on the internet",
    section: "types",
    path: ["Extra"],
    value: { Type: "AWS::Lambda::Url", Properties: { AuthType: "NONE" } },
  },
  {
    what: "somebody else may invoke a function",
    section: "invokers",
    path: ["GetLambdaPermissionHttpApi", "Properties", "Principal"],
    value: "*",
  },
  {
    what: "any API may invoke a function",
    section: "invokers",
    path: ["GetLambdaPermissionHttpApi", "Properties", "SourceArn"],
    value: undefined,
  },
  { what: "a route is open", section: "routes", path: route("AuthorizationType"), value: "NONE" },
  { what: "a route has lost its authorizer", section: "routes", path: route("AuthorizerId"), value: undefined },
  { what: "a route asks for no scope", section: "routes", path: route("AuthorizationScopes"), value: undefined },
  {
    what: "a route takes a smaller scope",
    section: "routes",
    path: route("AuthorizationScopes", "0"),
    value: "secret:read",
  },
  {
    what: "a route leads to another function",
    section: "routes",
    path: ["HttpApiIntegrationGet", "Properties", "IntegrationUri", "Fn::GetAtt", 0],
    value: "GetDashdataLambdaFunction",
  },
  {
    what: "tokens for any audience are taken",
    section: "authorizers",
    path: ["HttpApiAuthorizerJwt", "Properties", "JwtConfiguration", "Audience"],
    value: undefined,
  },
  {
    what: "tokens in the query are taken, which is logged on the way",
    section: "authorizers",
    path: ["HttpApiAuthorizerJwt", "Properties", "IdentitySource", 0],
    value: "$request.querystring.token",
  },
  {
    what: "the token is logged",
    section: "gateways",
    path: ["HttpApiStage", "Properties", "AccessLogSettings", "Format"],
    value: '{"token":"$request.header.Authorization"}',
  },
  {
    what: "any page may call from a browser",
    section: "origins",
    path: ["HttpApi", "Properties", "CorsConfiguration"],
    value: { AllowOrigins: ["*"] },
  },
  {
    what: "list may take all",
    section: "gateways",
    path: ["HttpApiStage", "Properties", "RouteSettings", "POST /secret/v1/secret/list"],
    value: undefined,
  },
  {
    what: "nothing throttles",
    section: "gateways",
    path: ["HttpApiStage", "Properties", "DefaultRouteSettings"],
    value: undefined,
  },
  ...["SecretsTable", "SecretNamesTable", "SecretDataTable", "ClientTokensTable", "DeletedSecretsTable"].flatMap(
    (id): readonly Fault[] => [
      { what: `${id} can be deleted`, section: "tables", path: table(id, "DeletionProtectionEnabled"), value: false },
      { what: `${id} goes with the stack`, section: "tables", path: [id, "DeletionPolicy"], value: "Delete" },
      { what: `${id} goes when replaced`, section: "tables", path: [id, "UpdateReplacePolicy"], value: undefined },
      {
        what: `${id} cannot be recovered`,
        section: "tables",
        path: table(id, "PointInTimeRecoverySpecification"),
        value: undefined,
      },
      {
        what: `${id} is under the key that wraps data keys, so that who disables it takes away the table`,
        section: "tables",
        path: table(id, "SSESpecification", "KMSMasterKeyId"),
        value: { Ref: "SecretKey" },
      },
      {
        what: `${id} is streamed`,
        section: "tables",
        path: table(id, "StreamSpecification"),
        value: { StreamViewType: "NEW_IMAGE" },
      },
    ],
  ),
  {
    what: "tokens are kept for ever",
    section: "tables",
    path: table("ClientTokensTable", "TimeToLiveSpecification"),
    value: undefined,
  },
  {
    what: "deleted secrets are kept for ever",
    section: "tables",
    path: table("DeletedSecretsTable", "TimeToLiveSpecification"),
    value: undefined,
  },
  { what: "the key goes with the stack", section: "keys", path: ["SecretKey", "DeletionPolicy"], value: "Delete" },
  { what: "the key does not rotate", section: "keys", path: table("SecretKey", "EnableKeyRotation"), value: false },
  { what: "the key dies soon", section: "keys", path: table("SecretKey", "PendingWindowInDays"), value: 7 },
  {
    what: "the key is another account's too",
    section: "keys",
    path: ["SecretKey", "Properties", "KeyPolicy", "Statement", 0, "Principal"],
    value: { AWS: "*" },
  },
  {
    what: "a log is kept for ever",
    section: "logs",
    path: table("GetDashdataLogGroup", "RetentionInDays"),
    value: undefined,
  },
  {
    what: "audit lines go with the stack",
    section: "logs",
    path: ["GetDashdataLogGroup", "DeletionPolicy"],
    value: undefined,
  },
  { what: "a function's log is AWS's to make", section: "logs", path: ["GetDashdataLogGroup"], value: undefined },
  {
    what: "a secret is in the environment",
    section: "environments",
    path: ["GetLambdaFunction", "Properties", "Environment", "Variables", "IDENTITY_TOKEN"],
    value: "token",
  },
  {
    what: "the bucket is public",
    section: "buckets",
    path: ["ServerlessDeploymentBucket", "Properties", "PublicAccessBlockConfiguration"],
    value: undefined,
  },
];

/** The template with the fault in it. */
function plant({ path, value }: Fault): Template {
  const template = structuredClone(templateOf("prod"));
  const owner = path
    .slice(0, -1)
    .reduce((inner: unknown, name) => Reflect.get(Object(inner), name), template.Resources);
  const name = path.at(-1) ?? "";
  // A fault needs an existing place.
  expect(owner).toBeTypeOf("object");
  if (value === undefined) Reflect.deleteProperty(Object(owner), name);
  else Reflect.set(Object(owner), name, value);
  return template;
}

describe("a template is refused if", () => {
  it.each(faults)("$what ($section)", (fault) => {
    const expected = expectedSecurity("prod", stages.prod);

    const found = securityOf(plant(fault));

    expect(found[fault.section]).not.toEqual(expected[fault.section]);
  });
});
