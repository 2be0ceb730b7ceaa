/** The metrics of a stage: AWS's own, and those that are counted from its logs. */

import { errors } from "../../lib/base/errors.ts";
import { type Route, routeNames } from "../../lib/http/routes.ts";
import type { TableNames } from "../../lib/store/client.ts";
import { tableRoles, tables } from "./tables.ts";

/** A stage to watch, and whom to notify. */
export interface WatchedStage {
  /** `<service>-<stage>`, which begins the names of functions, alarms and the dashboard. */
  readonly name: string;
  /** `false`: there is no gateway to watch. */
  readonly hasHttpApi: boolean;
  /** The names of the tables that the functions use. */
  readonly tables: TableNames;
  /** ARNs of the keys that wrap data keys, or CloudFormation expressions of them. May have duplicates. */
  readonly keys: readonly unknown[];
  readonly alarms: {
    /** ARN of an SNS topic, or a CloudFormation expression of it; empty: nobody is notified. */
    readonly topic: unknown;
    readonly errors: number;
    readonly latencyMs: number;
  };
}

/** CloudFormation resources by logical id. */
export interface Resources {
  readonly [id: string]: { readonly Type: string; readonly Properties: object };
}

/** A CloudWatch metric. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: unknown };
}

/** A metric that is counted from log lines. */
interface LogMetric {
  readonly name: string;
  readonly routes: readonly Route[];
  /** A filter pattern for CloudWatch Logs. */
  readonly pattern: string;
}

/**
 * Counts audit lines, and failure lines (docs/operations.md) that show a changed key, policy, role, table or row. In a
 * failure line, `service` names the service that refused, and `errors[1]` is the cause behind the API's error.
 */
const logMetrics: readonly LogMetric[] = [
  // A call about several secrets also has a line for each secret. Those have an `item`.
  { name: "AuditLines", routes: routeNames, pattern: '{ $.message = "audit" && $.item NOT EXISTS }' },
  // Refusals of direct callers. Lambda counts them as errors of the function, although the caller is at fault.
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

/** The names of the metrics that are counted from logs, in the namespace of the stage. */
export const logMetricNames: readonly string[] = logMetrics.map(({ name }) => name);

export function functionMetric(stage: WatchedStage, name: string, route: Route): Metric {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: `${stage.name}-${route}` } };
}

/** @param name one of `logMetricNames` */
export function logMetric(stage: WatchedStage, name: string): Metric {
  return { namespace: stage.name, name, dimensions: {} };
}

export function apiMetric(name: string): Metric {
  return { namespace: "AWS/ApiGateway", name, dimensions: { ApiId: { Ref: "HttpApi" } } };
}

/** A metric for each operation that the functions use on each table. */
export function tableOperations(stage: WatchedStage, name: string): readonly Metric[] {
  return tableRoles.flatMap((role) =>
    tables[role].operations.map((Operation) => ({
      namespace: "AWS/DynamoDB",
      name,
      dimensions: { TableName: stage.tables[role], Operation },
    })),
  );
}

/** The filters that count the functions' log lines. */
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
