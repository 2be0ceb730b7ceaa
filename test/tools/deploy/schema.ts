/** Checks a template against AWS's description of CloudFormation's resources, and its internal references. */

import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { isObject } from "../../../lib/base/json.ts";
import type { Template } from "./template.ts";

const database = loadAwsServiceSpecSync();

type Property = ReturnType<typeof findType>["properties"][string];
type Type = Property["type"];

function findType(type: string) {
  return database.lookup("resource", "cloudFormationType", "equals", type).only();
}

/** Allowed values that the description leaves out, by type and path. */
const values: { readonly [path: string]: readonly unknown[] } = {
  "AWS::ApiGatewayV2::Api ProtocolType": ["HTTP", "WEBSOCKET"],
  "AWS::ApiGatewayV2::Authorizer AuthorizerType": ["JWT", "REQUEST"],
  "AWS::ApiGatewayV2::Integration IntegrationType": ["AWS_PROXY", "HTTP_PROXY"],
  "AWS::ApiGatewayV2::Integration PayloadFormatVersion": ["1.0", "2.0"],
  "AWS::ApiGatewayV2::Route AuthorizationType": ["NONE", "JWT", "AWS_IAM", "CUSTOM"],
  "AWS::CloudWatch::Alarm ComparisonOperator": [
    ...["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"],
  ],
  "AWS::CloudWatch::Alarm Period": [10, 20, 30, 60, 300, 900, 3600],
  "AWS::CloudWatch::Alarm Statistic": ["Average", "Maximum", "Minimum", "SampleCount", "Sum"],
  "AWS::CloudWatch::Alarm TreatMissingData": ["breaching", "notBreaching", "ignore", "missing"],
  "AWS::DynamoDB::Table AttributeDefinitions AttributeType": ["S", "N", "B"],
  "AWS::DynamoDB::Table BillingMode": ["PAY_PER_REQUEST", "PROVISIONED"],
  "AWS::DynamoDB::Table GlobalSecondaryIndexes KeySchema KeyType": ["HASH", "RANGE"],
  "AWS::DynamoDB::Table GlobalSecondaryIndexes Projection ProjectionType": ["ALL", "KEYS_ONLY", "INCLUDE"],
  "AWS::DynamoDB::Table KeySchema KeyType": ["HASH", "RANGE"],
  "AWS::DynamoDB::Table SSESpecification SSEType": ["KMS"],
  "AWS::KMS::Key PendingWindowInDays": Array.from({ length: 24 }, (_, index) => index + 7),
  "AWS::Lambda::Function Architectures": ["arm64", "x86_64"],
  "AWS::Lambda::Function Runtime": ["nodejs22.x", "nodejs24.x"],
  "AWS::Lambda::Function TracingConfig Mode": ["Active", "PassThrough"],
  "AWS::Logs::LogGroup RetentionInDays": [
    ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
  ],
};

const attributes = [
  "Type",
  "Properties",
  "DependsOn",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "Condition",
  "Metadata",
];
const policies = ["Retain", "Delete", "Snapshot", "RetainExceptOnCreate"];

/** What CloudFormation would refuse, as sentences; empty for a valid template. */
export function schemaFaults(template: Template): readonly string[] {
  const resources = Object.entries(template.Resources).flatMap(([id, resource]) =>
    resourceFaults(resource).map((fault) => `${id}: ${fault}`),
  );
  return [...resources, ...referenceFaults(template), ...cycles(template)];
}

function resourceFaults(resource: object): readonly string[] {
  const {
    Type: type,
    Properties = {},
    DeletionPolicy = "Retain",
    UpdateReplacePolicy = "Retain",
  } = resource as Record<string, unknown>;
  const known = database.lookup("resource", "cloudFormationType", "equals", String(type));
  if (known.length === 0) return [`no type ${type}`];
  const more = Object.keys(resource).filter((name) => !attributes.includes(name));
  return [
    ...more.map((name) => `no attribute ${name}`),
    ...(policies.includes(String(DeletionPolicy)) && policies.includes(String(UpdateReplacePolicy))
      ? []
      : ["a policy of no such name"]),
    ...objectFaults(Properties, known.only().properties, String(type)),
  ];
}

function objectFaults(
  value: unknown,
  properties: { readonly [name: string]: Property },
  path: string,
): readonly string[] {
  if (!isObject(value)) return [`${path} is no object`];
  const missing = Object.entries(properties).flatMap(([name, { required }]) =>
    required && value[name] === undefined ? [`${path} lacks ${name}`] : [],
  );
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, inner]) => {
      const property = properties[name];
      return property === undefined ? [`${path} has no ${name}`] : valueFaults(inner, property.type, `${path} ${name}`);
    }),
  ];
}

function valueFaults(value: unknown, type: Type, path: string): readonly string[] {
  if (isFunction(value)) return [];
  const allowed = values[path];
  if (allowed !== undefined && !Array.isArray(value) && !allowed.includes(value))
    return [`${path} cannot be ${JSON.stringify(value)}`];
  switch (type.type) {
    case "array":
      return Array.isArray(value)
        ? value.flatMap((item) => valueFaults(item, type.element, path))
        : [`${path} is no list`];
    case "map":
      return isObject(value)
        ? Object.values(value).flatMap((item) => valueFaults(item, type.element, path))
        : [`${path} is no map`];
    case "ref":
      return objectFaults(value, database.get("typeDefinition", type.reference.$ref).properties, path);
    case "union": {
      const faults = type.types.map((one) => valueFaults(value, one, path));
      return faults.find((one) => one.length === 0) ?? faults[0] ?? [];
    }
    case "tag":
      return isObject(value) && Object.keys(value).sort().join() === "Key,Value" ? [] : [`${path} is no tag`];
    default:
      return scalars[type.type]?.(value) === false ? [`${path} is no ${type.type}: ${JSON.stringify(value)}`] : [];
  }
}

/** CloudFormation converts between strings, numbers and booleans. */
const scalars: { readonly [type: string]: (value: unknown) => boolean } = {
  string: (value) => ["string", "number", "boolean"].includes(typeof value),
  integer: (value) => /^-?\d+$/.test(String(value)),
  number: (value) => typeof value !== "object" && String(value) !== "" && Number.isFinite(Number(value)),
  boolean: (value) => ["true", "false"].includes(String(value)),
  json: (value) => typeof value === "object" || typeof value === "string",
};

function isFunction(value: unknown): boolean {
  const [name = "", ...more] = isObject(value) ? Object.keys(value) : [];
  return more.length === 0 && (name === "Ref" || name.startsWith("Fn::"));
}

const pseudoParameters = [
  "AWS::Partition",
  "AWS::Region",
  "AWS::AccountId",
  "AWS::StackName",
  "AWS::URLSuffix",
  "AWS::NoValue",
];

interface Reference {
  readonly id: string;
  /** The attribute of a GetAtt. */
  readonly attribute?: string;
}

/** The references in a value: `Ref`, `Fn::GetAtt`, and placeholders of `Fn::Sub`. */
function referencesOf(value: unknown): readonly Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isObject(value)) return [];
  const own = isFunction(value) ? named(value) : [];
  return [...own, ...Object.values(value).flatMap(referencesOf)];
}

function named(call: { readonly [name: string]: unknown }): readonly Reference[] {
  if (call["Ref"] !== undefined) return [{ id: String(call["Ref"]) }];
  const attribute = call["Fn::GetAtt"];
  if (Array.isArray(attribute)) return [{ id: String(attribute[0]), attribute: attribute.slice(1).join(".") }];
  const text = call["Fn::Sub"];
  if (typeof text !== "string") return [];
  return [...text.matchAll(/\$\{([^}!]+)\}/g)].map(([, name = ""]) => {
    const [id = "", ...path] = name.split(".");
    return path.length === 0 ? { id } : { id, attribute: path.join(".") };
  });
}

function referenceFaults(template: Template): readonly string[] {
  const { Resources, Outputs, Conditions = {} } = template as Template & { readonly Conditions?: object };
  const inside = referencesOf([Resources, Outputs]).flatMap(({ id, attribute }) => {
    if (pseudoParameters.includes(id) && attribute === undefined) return [];
    const resource = Resources[id];
    if (resource === undefined) return [`no resource ${id}`];
    return attribute === undefined || attribute in findType(resource.Type).attributes
      ? []
      : [`${id} has no ${attribute}`];
  });
  const waited = Object.entries(Resources).flatMap(([id, resource]) =>
    dependenciesOf(resource).flatMap((other) => (Resources[other] === undefined ? [`${id} waits for ${other}`] : [])),
  );
  const conditions = Object.entries(Resources).flatMap(([id, { Condition }]) =>
    Condition === undefined || Condition in Conditions ? [] : [`${id} has the condition ${Condition}`],
  );
  return [...inside, ...waited, ...conditions];
}

function dependenciesOf(resource: object): readonly string[] {
  return [Reflect.get(resource, "DependsOn") ?? []].flat().map(String);
}

/** Cycles of dependencies. */
function cycles({ Resources }: Template): readonly string[] {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): readonly string[] => {
    if (path.includes(id)) return [`a cycle: ${[...path.slice(path.indexOf(id)), id].join(" -> ")}`];
    const resource = Resources[id];
    if (resource === undefined || done.has(id)) return [];
    const next = new Set([...dependenciesOf(resource), ...referencesOf(resource.Properties).map((one) => one.id)]);
    const found = [...next].flatMap((other) => visit(other, [...path, id]));
    done.add(id);
    return found;
  };
  return Object.keys(Resources).flatMap((id) => visit(id, []));
}
