/** Reduces a template to what decides who may do what, and what is kept, as plain values. */

import { at, listAt, type Resource, resourcesOf, type Template, textOf } from "./template.ts";

export type Section =
  | "types"
  | "rights"
  | "environments"
  | "roles"
  | "routes"
  | "authorizers"
  | "invokers"
  | "gateways"
  | "origins"
  | "tables"
  | "keys"
  | "logs"
  | "buckets"
  | "outputs";

/** The content of each section. */
const sections: { readonly [Name in Section]: (template: Template) => unknown } = {
  types: ({ Resources }) =>
    mapValues(
      Object.groupBy(Object.values(Resources), ({ Type }) => Type),
      (resources) => listAt({ resources }, "resources").length,
    ),
  rights: (template) => byFunction(template, (it) => rightsOf(template.Resources[idOf(at(it, "Role"))])),
  environments: (template) => byFunction(template, (it) => mapValues(at(it, "Environment", "Variables"), textOf)),
  roles: (template) =>
    byId(template, "AWS::IAM::Role", ({ Properties: it, Condition: condition = null }, id) => ({
      users: Object.entries(byFunction(template, (one) => idOf(at(one, "Role")))).flatMap(([name, role]) =>
        role === id ? [name] : [],
      ),
      trusts: listAt(it, "AssumeRolePolicyDocument", "Statement").flatMap(readStatement),
      managed: listAt(it, "ManagedPolicyArns"),
      condition,
    })),
  routes: (template) =>
    byText(template, "AWS::ApiGatewayV2::Route", "RouteKey", (it) => ({
      authorization: at(it, "AuthorizationType"),
      authorizer: textOf(at(it, "AuthorizerId")),
      scopes: at(it, "AuthorizationScopes"),
      function: functionBehind(template, textOf(at(it, "Target"))),
    })),
  authorizers: (template) =>
    byId(template, "AWS::ApiGatewayV2::Authorizer", ({ Properties: it }) => ({
      type: at(it, "AuthorizerType"),
      token: at(it, "IdentitySource"),
      issuer: at(it, "JwtConfiguration", "Issuer"),
      audience: at(it, "JwtConfiguration", "Audience"),
    })),
  invokers: (template) =>
    resourcesOf(template, "AWS::Lambda::Permission").map(([, { Properties: it }]) =>
      ["Principal", "Action", "FunctionName", "SourceArn"].map((name) => textOf(at(it, name))).join(" "),
    ),
  gateways: (template) =>
    byId(template, "AWS::ApiGatewayV2::Stage", ({ Properties: it }) => ({
      throttling: at(it, "DefaultRouteSettings"),
      routes: at(it, "RouteSettings"),
      log: textOf(at(it, "AccessLogSettings", "DestinationArn")),
      logged: Object.values(JSON.parse(textOf(at(it, "AccessLogSettings", "Format")))),
    })),
  origins: (template) =>
    resourcesOf(template, "AWS::ApiGatewayV2::Api").map(
      ([, { Properties: it }]) => at(it, "CorsConfiguration") ?? null,
    ),
  tables: (template) => byId(template, "AWS::DynamoDB::Table", describeTable),
  keys: (template) =>
    byId(template, "AWS::KMS::Key", (key) => ({
      isKept: isKept(key),
      rotates: at(key.Properties, "EnableKeyRotation"),
      pendingDays: at(key.Properties, "PendingWindowInDays"),
      policy: listAt(key.Properties, "KeyPolicy", "Statement").flatMap(readStatement),
    })),
  logs: (template) =>
    Object.fromEntries(
      resourcesOf(template, "AWS::Logs::LogGroup").map(([, group]) => [
        textOf(at(group.Properties, "LogGroupName")),
        { days: at(group.Properties, "RetentionInDays"), isKept: isKept(group) },
      ]),
    ),
  buckets: (template) =>
    byId(template, "AWS::S3::Bucket", ({ Properties: it }) => at(it, "PublicAccessBlockConfiguration")),
  outputs: ({ Outputs }) => Object.keys(Outputs).sort(),
};

export function securityOf(template: Template): { readonly [Name in Section]: unknown } {
  return mapValues(sections, (read) => (read as (template: Template) => unknown)(template)) as Record<Section, unknown>;
}

type Values<Value> = { readonly [name: string]: Value };

function byId<Value>(template: Template, type: string, read: (it: Resource, id: string) => Value): Values<Value> {
  return Object.fromEntries(resourcesOf(template, type).map(([id, resource]) => [id, read(resource, id)]));
}

/** Resources of a type, by the string of a property. */
function byText<Value>(
  template: Template,
  type: string,
  name: string,
  read: (properties: unknown) => Value,
): Values<Value> {
  const resources = resourcesOf(template, type);
  return Object.fromEntries(resources.map(([, { Properties: it }]) => [textOf(at(it, name)), read(it)]));
}

function byFunction<Value>(template: Template, read: (properties: unknown) => Value): Values<Value> {
  return byText(template, "AWS::Lambda::Function", "FunctionName", read);
}

/** The resource that a GetAtt or a Ref names. */
function idOf(value: unknown): string {
  return textOf(value).replace(/\.Arn$/, "");
}

/** The rights of a role, sorted, because their order means nothing. */
function rightsOf(role: Resource | undefined): readonly string[] {
  return listAt(role?.Properties, "Policies")
    .flatMap((policy) => listAt(policy, "PolicyDocument", "Statement"))
    .flatMap(readStatement)
    .sort();
}

const readMembers = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

/** A line for each action on each resource. Statements with other members become JSON. */
function readStatement(statement: unknown): readonly string[] {
  if (!Object.keys(Object(statement)).every((name) => readMembers.has(name))) return [JSON.stringify(statement)];
  const { Effect, Principal, Condition } = Object(statement);
  const who = [Effect === "Allow" ? [] : Effect, Principal === undefined ? [] : JSON.stringify(Principal)].flat();
  const when = Condition === undefined ? [] : [`if ${JSON.stringify(Condition)}`];
  const resources = listAt(statement, "Resource").map(textOf);
  const actions = listAt(statement, "Action").map(String);
  const what = resources.length === 0 ? actions : actions.flatMap((action) => resources.map((on) => `${action} ${on}`));
  return what.map((right) => [...who, right, ...when].join(" "));
}

/** The name of the function behind a route's target, which is an integration. */
function functionBehind(template: Template, target: string): unknown {
  const integration = template.Resources[target.replace(/^integrations\//, "")];
  return at(template.Resources[idOf(at(integration?.Properties, "IntegrationUri"))]?.Properties, "FunctionName");
}

/** Properties of a table that would expose its rows. */
const exits = ["StreamSpecification", "KinesisStreamSpecification", "ResourcePolicy", "Replicas"];

function describeTable(table: Resource): object {
  const { Properties: it } = table;
  const keysOf = (of: unknown) => listAt(of, "KeySchema").map((key) => at(key, "AttributeName"));
  return {
    name: at(it, "TableName"),
    keys: [it, ...listAt(it, "GlobalSecondaryIndexes")].map(keysOf),
    isKept: isKept(table),
    isProtected: at(it, "DeletionProtectionEnabled"),
    recovers: at(it, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
    encryption: at(it, "SSESpecification"),
    expires: at(it, "TimeToLiveSpecification") ?? null,
    exits: exits.filter((name) => at(it, name) !== undefined),
  };
}

/** Whether it is kept when its stack is deleted, or when it is replaced. */
function isKept({ DeletionPolicy, UpdateReplacePolicy }: Resource): boolean {
  return DeletionPolicy === "Retain" && UpdateReplacePolicy === "Retain";
}

function mapValues<Value>(object: unknown, convert: (value: unknown) => Value): Values<Value> {
  return Object.fromEntries(Object.entries(Object(object)).map(([name, value]) => [name, convert(value)]));
}
