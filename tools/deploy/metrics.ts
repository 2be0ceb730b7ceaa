/** What is measured of a stage: AWS's own metrics, and those that the stage makes of its logs. */

import { errors } from "../../lib/base/errors.ts";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import type { TableNames } from "../../lib/store/client.ts";
import { tableRoles, tables } from "./tables.ts";

/** What is watched, and who is told. */
export interface WatchedStage {
  /** `<service>-<stage>`: functions, alarms and the dashboard are named after it. */
  readonly name: string;
  /** `false`: nobody calls over HTTP, and there is no gateway to watch. */
  readonly hasHttpApi: boolean;
  /** What the tables that the functions use are called. */
  readonly tables: TableNames;
  /** ARNs of the keys that wrap data keys, or CloudFormation's expressions of them; one may be there twice. */
  readonly keys: readonly unknown[];
  readonly alarms: {
    /** An SNS topic's ARN, or CloudFormation's expression of one; empty: nobody is told. */
    readonly topic: unknown;
    readonly errors: number;
    readonly latencyMs: number;
  };
}

/** CloudFormation resources by logical id. */
export interface Resources {
  readonly [id: string]: { readonly Type: string; readonly Properties: object };
}

/** A metric of CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: unknown };
}

/** A metric that is counted in log lines. */
interface LogMetric {
  readonly name: string;
  readonly routes: readonly Route[];
  /** A filter pattern of CloudWatch Logs. */
  readonly pattern: string;
}

/**
 * What the failure lines (docs/operations.md) say of somebody who changed a key, a policy, a role, a table or a row:
 * `service` names who turned the function away, `errors[1]` is the cause behind the contract's error.
 */
const logMetrics: readonly LogMetric[] = [
  // A call about several secrets has a line for each of them, too: those have an `item`.
  { name: "AuditLines", routes: routeNames, pattern: '{ $.message = "audit" && $.item NOT EXISTS }' },
  // What Lambda counts as an error of a function, though it is its caller's: over HTTP a refusal is an answer.
  { name: "DirectRefusals", routes: routeNames, pattern: refusalPattern() },
  {
    name: "KmsDenials",
    routes: ["create", "update-data", "get-data"],
    pattern: failurePattern("kms", [
      ...["AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException"],
    ]),
  },
  {
    name: "TableDenials",
    routes: routeNames,
    pattern: failurePattern("dynamodb", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]),
  },
  {
    name: "CorruptData",
    routes: ["get-data"],
    pattern: '{ $.message = "failure" && $.errors[1] = "CorruptDataError" }',
  },
];

function failurePattern(service: string, causes: readonly string[]): string {
  const any = causes.map((cause) => `$.errors[1] = "${cause}"`).join(" || ");
  return `{ $.message = "failure" && $.service = "${service}" && (${any}) }`;
}

function refusalPattern(): string {
  const ours = Object.entries(errors).flatMap(([code, { status }]) => (status >= 500 ? [code] : []));
  const others = ["OK", ...ours].map((outcome) => `$.outcome != "${outcome}"`).join(" && ");
  return `{ $.message = "audit" && $.item NOT EXISTS && $.via != "http" && ${others} }`;
}

/** Names of the metrics that a stage makes of its logs, in the namespace of the stage. */
export const logMetricNames: readonly string[] = logMetrics.map(({ name }) => name);

export function functionMetric(stage: WatchedStage, name: string, route: Route): Metric {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: `${stage.name}-${route}` } };
}

/** One of `logMetricNames`. */
export function logMetric(stage: WatchedStage, name: string): Metric {
  return { namespace: stage.name, name, dimensions: {} };
}

export function apiMetric(name: string): Metric {
  return { namespace: "AWS/ApiGateway", name, dimensions: { ApiId: { Ref: "HttpApi" } } };
}

/** A metric of each operation that the functions ask of each table. */
export function tableOperations(stage: WatchedStage, name: string): readonly Metric[] {
  return tableRoles.flatMap((role) =>
    tables[role].operations.map((Operation) => ({
      namespace: "AWS/DynamoDB",
      name,
      dimensions: { TableName: stage.tables[role], Operation },
    })),
  );
}

/** The filters that make metrics of the functions' log lines. */
export function filterResources(stage: WatchedStage): Resources {
  const filters = logMetrics.flatMap((metric) =>
    metric.routes.map(
      (route) => [`${toPascalCase(route)}${metric.name}Filter`, toFilter(stage, metric, route)] as const,
    ),
  );
  return Object.fromEntries(filters);
}

function toFilter(stage: WatchedStage, { name, pattern }: LogMetric, route: Route): Resources[string] {
  return {
    Type: "AWS::Logs::MetricFilter",
    Properties: {
      LogGroupName: { Ref: `${logicalId(route)}LogGroup` },
      FilterPattern: pattern,
      MetricTransformations: [{ MetricNamespace: stage.name, MetricName: name, MetricValue: "1", DefaultValue: 0 }],
    },
  };
}

/** The framework's id of a function: `get-data` is `GetDashdata`. */
export function logicalId(route: Route): string {
  return toPascalCase(route.replaceAll("-", "Dash"));
}

/** `get-data` is `GetData`. */
export function toPascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
