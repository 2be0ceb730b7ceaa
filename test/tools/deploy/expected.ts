/** The expected security of a deployment: what `securityOf` must find in a stage's template. */

import type { Route } from "../../../lib/http/routes.ts";
import { conditions, rights, sealedRights, unkeptRights } from "./rights.ts";
import type { Section } from "./security.ts";

/** The differences between stages. */
export interface StageSettings {
  readonly logDays: number;
  readonly rate: number;
  readonly burst: number;
  readonly sealedOnly?: boolean;
  /** `false`: only functions. */
  readonly hasHttpApi?: boolean;
  readonly deletedKeptDays?: number;
  /** The tables that the functions use, if not the stack's own. */
  readonly used?: { readonly [Name in Table]?: string };
  /** The wrapping key, if not the stack's own. */
  readonly key?: string;
}

const routes = Object.keys(rights) as readonly Route[];

/** The scope of each route, besides `secret:system`. */
const scopes: { readonly [Name in Route]: string } = {
  create: "secret:write",
  update: "secret:write",
  delete: "secret:write",
  "update-data": "secret:write",
  "get-data": "secret:data",
  get: "secret:read",
  list: "secret:read",
  stat: "secret:read",
};

const tables = {
  secrets: { id: "SecretsTable", name: "secrets", variable: "SECRETS_TABLE" },
  names: { id: "SecretNamesTable", name: "secret-names", variable: "SECRET_NAMES_TABLE" },
  data: { id: "SecretDataTable", name: "secret-data", variable: "SECRET_DATA_TABLE" },
  tokens: { id: "ClientTokensTable", name: "client-tokens", variable: "CLIENT_TOKENS_TABLE" },
  deleted: { id: "DeletedSecretsTable", name: "deleted-secrets", variable: "DELETED_SECRETS_TABLE" },
} as const;

type Table = keyof typeof tables;

const keys: { readonly [Name in Table]: readonly (readonly string[])[] } = {
  secrets: [
    ["domain_id", "secret_id"],
    ["domain_id", "service_account_id", "name"],
    ["domain_id", "project_id", "name"],
    ["domain_id", "trusted_secret_id", "name"],
  ],
  names: [["domain_id", "name"]],
  data: [["secret", "version"]],
  tokens: [["domain_id", "token"]],
  deleted: [["secret", "part"]],
};

/** Tables whose rows expire. */
const expiring: ReadonlySet<Table> = new Set(["tokens", "deleted"]);

const identity = { IDENTITY_URL: "", IDENTITY_TOKEN: "" };
const encrypting = { ...identity, KMS_KEY_ID: "SecretKey.Arn", PROVIDER_BY_SCHEMA: "" };

/** The tables in each function's environment, and its other settings. */
const environments: { readonly [Name in Route]: readonly [tables: readonly Table[], settings: object] } = {
  create: [["secrets", "names", "data", "tokens"], encrypting],
  update: [["secrets", "names"], identity],
  delete: [["secrets", "names", "data", "deleted"], {}],
  "update-data": [["secrets", "data", "tokens"], { ...encrypting, DATA_VERSIONS_KEPT: "5" }],
  "get-data": [["secrets", "names", "data"], { DATA_KEY_CACHE_SECONDS: "300" }],
  get: [["secrets", "names"], {}],
  list: [["secrets", "names"], {}],
  stat: [["secrets"], {}],
};

/** A placeholder of `Fn::Sub`. */
function sub(name: string): string {
  return `\${${name}}`;
}

const account = `${sub("AWS::Region")}:${sub("AWS::AccountId")}`;
const logsArn = `arn:${sub("AWS::Partition")}:logs:${account}:log-group`;
const tablesArn = `arn:${sub("AWS::Partition")}:dynamodb:${account}:table`;
const gatewayArn = "arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:HttpApi";
const onlyLambda = '{"Service":["lambda.amazonaws.com"]} sts:AssumeRole';

/** The rights that every function needs to log and to be traced. Tracing has no resources. */
function commonRights(functionName: string): readonly string[] {
  return [
    ...["CreateLogGroup", "CreateLogStream", "PutLogEvents"].map(
      (action) => `logs:${action} ${logsArn}:/aws/lambda/${functionName}:*:*`,
    ),
    "xray:PutTelemetryRecords *",
    "xray:PutTraceSegments *",
  ];
}

/** A right of `rights.ts` in the template's form. */
function inTemplate(
  right: string,
  nameOf: (table: Table) => string,
  keysOf: (action: string) => readonly string[],
): readonly string[] {
  const [, action, resource, index = "", condition] = /^(\S+) (\w+)(\/index\/\*)?(?:, (.*))?$/.exec(right) ?? [];
  const when = condition === undefined ? "" : ` if ${JSON.stringify(conditions[condition as keyof typeof conditions])}`;
  const arns = resource === "key" ? keysOf(String(action)) : [`${tablesArn}/${nameOf(resource as Table)}${index}`];
  return arns.map((arn) => `${action} ${arn}${when}`);
}

export function expectedSecurity(stage: string, settings: StageSettings): { readonly [Name in Section]: unknown } {
  const nameOf = (route: Route) => `secret-${stage}-${route}`;
  const byFunction = (read: (route: Route) => unknown) =>
    Object.fromEntries(routes.map((route) => [nameOf(route), read(route)]));
  const { sealedOnly = false, deletedKeptDays = 7, hasHttpApi = true } = settings;
  /** Leaves these out for a stage without an HTTP API. */
  const ofHttpApi = <Value extends object>(value: Value): Partial<Value> => (hasHttpApi ? value : {});
  const granted = {
    ...rights,
    ...(sealedOnly && { "get-data": sealedRights["get-data"] }),
    ...(deletedKeptDays === 0 && { delete: unkeptRights.delete }),
  };
  const tableName = (table: Table) => `secret-${stage}-${tables[table].name}`;
  const usedTable = (table: Table) => settings.used?.[table] ?? tableName(table);
  const ownKey = "SecretKey.Arn";
  const key = settings.key ?? ownKey;
  // Data keys that the stack's own key has wrapped must still open under another wrapping key.
  const keysFor = (action: string) => (action === "kms:Decrypt" ? [ownKey, key] : [key]);
  return {
    types: {
      ...ofHttpApi({
        "AWS::ApiGatewayV2::Api": 1,
        "AWS::ApiGatewayV2::Authorizer": 1,
        "AWS::ApiGatewayV2::Integration": 8,
        "AWS::ApiGatewayV2::Route": 8,
        "AWS::ApiGatewayV2::Stage": 1,
        "AWS::Lambda::Permission": 8,
      }),
      "AWS::CloudWatch::Alarm": hasHttpApi ? 10 : 8,
      "AWS::CloudWatch::Dashboard": 1,
      "AWS::DynamoDB::Table": 5,
      "AWS::Events::Rule": 1,
      "AWS::IAM::Role": 9,
      "AWS::KMS::Alias": 1,
      "AWS::KMS::Key": 1,
      "AWS::Lambda::Function": 8,
      "AWS::Logs::LogGroup": hasHttpApi ? 9 : 8,
      "AWS::Logs::MetricFilter": 28,
      "AWS::S3::Bucket": 1,
      "AWS::S3::BucketPolicy": 1,
    },
    rights: byFunction((route) =>
      [
        ...commonRights(nameOf(route)),
        ...granted[route].flatMap((right) => inTemplate(right, usedTable, keysFor)),
      ].sort(),
    ),
    environments: byFunction((route) => {
      const [told, more] = environments[route];
      const names = told.map((table) => [tables[table].variable, usedTable(table)]);
      const wrapping = "KMS_KEY_ID" in more ? { KMS_KEY_ID: key } : {};
      const keeping = route === "delete" ? { DELETED_KEPT_DAYS: String(deletedKeptDays) } : {};
      const sealed = route === "get-data" ? { SEALED_ONLY: String(sealedOnly) } : {};
      return {
        DOMAIN_CLAIM: "domain_id",
        PROJECTS_CLAIM_REQUIRED: "false",
        SCOPE_CLAIM: "",
        TRUST_CLAIMS: "true",
        ...Object.fromEntries(names),
        ...more,
        ...wrapping,
        ...keeping,
        ...sealed,
      };
    }),
    roles: {
      // The framework's own role, which no function has, so it is not created.
      IamRoleLambdaExecution: { users: [], trusts: [onlyLambda], managed: [], condition: "Never" },
      ...Object.fromEntries(
        routes.map((route) => [
          `${logicalId(route)}IamRoleLambdaExecution`,
          { users: [nameOf(route)], trusts: [onlyLambda], managed: [], condition: null },
        ]),
      ),
    },
    routes: ofHttpApi(
      Object.fromEntries(
        routes.map((route) => [
          `POST /secret/v1/secret/${route}`,
          {
            authorization: "JWT",
            authorizer: "HttpApiAuthorizerJwt",
            scopes: [scopes[route], scopes[route].replace(":", "/"), "secret:system", "secret/system"],
            function: nameOf(route),
          },
        ]),
      ),
    ),
    authorizers: ofHttpApi({
      HttpApiAuthorizerJwt: {
        type: "JWT",
        token: ["$request.header.Authorization"],
        issuer: "https://issuer.example.com",
        audience: { "Fn::Split": [",", "secret"] },
      },
    }),
    invokers: (hasHttpApi ? routes : []).map(
      (route) => `apigateway.amazonaws.com lambda:InvokeFunction ${logicalId(route)}LambdaFunction.Arn ${gatewayArn}/*`,
    ),
    gateways: ofHttpApi({
      HttpApiStage: {
        throttling: {
          DetailedMetricsEnabled: false,
          ThrottlingRateLimit: settings.rate,
          ThrottlingBurstLimit: settings.burst,
        },
        routes: {
          "POST /secret/v1/secret/list": { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
          "POST /secret/v1/secret/stat": { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
        },
        log: "HttpApiLogGroup.Arn",
        // No header, no body, no query.
        logged: [
          "$context.requestTime",
          "$context.requestId",
          "$context.identity.sourceIp",
          "$context.routeKey",
          "$context.status",
          "$context.responseLatency",
          "$context.responseLength",
          "$context.authorizer.claims.sub",
          "$context.authorizer.error",
          "$context.integrationErrorMessage",
        ],
      },
    }),
    // Web pages of other origins may not call.
    origins: hasHttpApi ? [null] : [],
    tables: Object.fromEntries(
      (Object.keys(tables) as Table[]).map((table) => [
        tables[table].id,
        {
          name: tableName(table),
          keys: keys[table],
          isKept: true,
          isProtected: true,
          recovers: true,
          encryption: { SSEEnabled: true, SSEType: "KMS" },
          expires: expiring.has(table) ? { AttributeName: "expires_at", Enabled: true } : null,
          exits: [],
        },
      ]),
    ),
    keys: { SecretKey: { isKept: true, rotates: true, pendingDays: 30, policy: keyPolicy() } },
    logs: {
      ...Object.fromEntries(
        routes.map((route) => [`/aws/lambda/${nameOf(route)}`, { days: settings.logDays, isKept: true }]),
      ),
      ...ofHttpApi({ [`/aws/http-api/secret-${stage}`]: { days: settings.logDays, isKept: true } }),
    },
    buckets: {
      ServerlessDeploymentBucket: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    },
    outputs: [
      ...(hasHttpApi ? ["ApiUrl", "HttpApiId", "HttpApiUrl"] : []),
      ...["ClientTokensTableName", "DeletedSecretsTableName", "SecretDataTableName", "SecretKeyArn"],
      ...["SecretNamesTableName", "SecretsTableName", "ServerlessDeploymentBucketName"],
    ].sort(),
  };
}

/** The account's IAM decides about the key. */
function keyPolicy(): readonly string[] {
  const root = { AWS: { "Fn::Sub": `arn:${sub("AWS::Partition")}:iam::${sub("AWS::AccountId")}:root` } };
  return [`${JSON.stringify(root)} kms:* *`];
}

/** The framework's id of a function: `get-data` is `GetDashdata`. */
function logicalId(route: Route): string {
  const id = route.replaceAll("-", "Dash");
  return id.charAt(0).toUpperCase() + id.slice(1);
}
