/** The alarms of a stage, and the metrics that it makes of its logs. Each alarm has its page in docs/operations.md. */

import { type Route, routeNames } from "../../lib/http/routes.ts";
import type { TableNames } from "../../lib/store/client.ts";
import { tableRoles, tables } from "./tables.ts";

/** What is watched, and who is told. */
export interface WatchedStage {
  /** `<service>-<stage>`: functions, alarms and the dashboard are named after it. */
  readonly name: string;
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

interface Alarm {
  readonly name: string;
  readonly description: string;
  /** Several are added up. */
  readonly metrics: readonly Metric[];
  readonly statistic: "Sum" | "p99";
  readonly periodSeconds: number;
  readonly periods: number;
  readonly threshold: number;
  readonly comparison: "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold";
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

/** Names of the metrics that a stage makes of its logs, in the namespace of the stage. */
export const logMetricNames: readonly string[] = logMetrics.map(({ name }) => name);

export function functionMetric(stage: WatchedStage, name: string, route: Route): Metric {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: `${stage.name}-${route}` } };
}

export function apiMetric(name: string): Metric {
  return { namespace: "AWS/ApiGateway", name, dimensions: { ApiId: { Ref: "HttpApi" } } };
}

function alarmsOf(stage: WatchedStage): readonly Alarm[] {
  const { errors, latencyMs } = stage.alarms;
  const often = {
    statistic: "Sum",
    periodSeconds: 300,
    periods: 1,
    comparison: "GreaterThanOrEqualToThreshold",
  } as const;
  const atOnce = { ...often, periodSeconds: 60, threshold: 1 } as const;
  const ofFunctions = (name: string) => routeNames.map((route) => functionMetric(stage, name, route));
  const ofLogs = (name: string) => [{ namespace: stage.name, name, dimensions: {} }];
  return [
    // HTTP: what the caller saw as a failure of ours, whatever its cause.
    {
      name: "server-errors",
      description: "The API answers with 5xx",
      metrics: [apiMetric("5xx")],
      ...often,
      threshold: errors,
    },
    {
      name: "latency",
      description: "One in a hundred requests takes too long",
      metrics: [apiMetric("Latency")],
      statistic: "p99",
      periodSeconds: 300,
      periods: 3,
      threshold: latencyMs,
      comparison: "GreaterThanThreshold",
    },
    // Direct invocations too; there a caller's own mistakes count as well.
    {
      name: "function-errors",
      description: "Functions fail, crash or time out",
      metrics: ofFunctions("Errors"),
      ...often,
      threshold: errors,
    },
    {
      name: "throttles",
      description: "Lambda has no room for the functions",
      metrics: ofFunctions("Throttles"),
      ...often,
      threshold: 1,
    },
    {
      name: "kms-denials",
      description: "KMS refuses to wrap or unwrap data keys",
      metrics: ofLogs("KmsDenials"),
      ...atOnce,
    },
    {
      name: "table-denials",
      description: "DynamoDB refuses to read or write a table or an index",
      metrics: ofLogs("TableDenials"),
      ...atOnce,
    },
    {
      name: "corrupt-data",
      description: "Data does not open; its row was changed, moved or damaged",
      metrics: ofLogs("CorruptData"),
      ...atOnce,
    },
    // A table on demand throttles where one partition is asked for too much, or all suddenly. Callers see little of it:
    // requests are repeated.
    {
      name: "table-throttles",
      description: "DynamoDB gives less than is asked for",
      metrics: tableRoles.flatMap((role) =>
        ["ReadThrottleEvents", "WriteThrottleEvents"].map((name) => ({
          namespace: "AWS/DynamoDB",
          name,
          dimensions: { TableName: stage.tables[role] },
        })),
      ),
      ...often,
      threshold: errors,
    },
    {
      name: "table-errors",
      description: "DynamoDB fails by itself",
      metrics: tableOperations(stage, "SystemErrors"),
      ...often,
      threshold: errors,
    },
  ];
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

/** Names of the alarms as CloudWatch has them. */
export function alarmNames(stage: WatchedStage): readonly string[] {
  return alarmsOf(stage).map(({ name }) => `${stage.name}-${name}`);
}

export function alarmResources(stage: WatchedStage): Resources {
  const alarms = alarmsOf(stage).map((alarm) => [`${toPascalCase(alarm.name)}Alarm`, toAlarm(stage, alarm)] as const);
  const filters = logMetrics.flatMap((metric) =>
    metric.routes.map(
      (route) => [`${toPascalCase(route)}${metric.name}Filter`, toFilter(stage, metric, route)] as const,
    ),
  );
  return { ...Object.fromEntries([...alarms, ...filters]), ...keyChanges(stage) };
}

/**
 * Tells the topic itself when a key is disabled or is to be deleted: before somebody notices that data does not open, and
 * while it can be undone. CloudTrail has the events where a trail logs management events.
 */
function keyChanges({ name, keys, alarms: { topic } }: WatchedStage): Resources {
  if (topic === "") return {};
  const arns = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  const detail = {
    eventSource: ["kms.amazonaws.com"],
    eventName: ["DisableKey", "ScheduleKeyDeletion"],
    resources: { ARN: arns },
  };
  const InputTransformer = {
    InputPathsMap: { event: "$.detail.eventName", who: "$.detail.userIdentity.arn", time: "$.time" },
    InputTemplate: `"<event> on a key of ${name}, by <who>, at <time>. ${describe("Data will not open", "key-changes")}"`,
  };
  return {
    KeyChangesRule: {
      Type: "AWS::Events::Rule",
      Properties: {
        Name: `${name}-key-changes`,
        Description: "A key that wraps data keys is disabled, or is to be deleted",
        EventPattern: { source: ["aws.kms"], "detail-type": ["AWS API Call via CloudTrail"], detail },
        Targets: [{ Id: "topic", Arn: topic, InputTransformer }],
      },
    },
  };
}

/** What an alarm says: what is the matter, and where to read on. */
function describe(text: string, page: string): string {
  return `${text}. What to do: docs/operations.md#${page}`;
}

function toAlarm(stage: WatchedStage, alarm: Alarm): Resources[string] {
  const { topic } = stage.alarms;
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: `${stage.name}-${alarm.name}`,
      AlarmDescription: describe(alarm.description, alarm.name),
      ...toMetrics(alarm),
      EvaluationPeriods: alarm.periods,
      Threshold: alarm.threshold,
      ComparisonOperator: alarm.comparison,
      TreatMissingData: "notBreaching",
      ...(topic !== "" && { AlarmActions: [topic] }),
    },
  };
}

function toMetrics({ metrics, statistic, periodSeconds }: Alarm): object {
  const [first, ...more] = metrics.map(({ namespace, name, dimensions }) => ({
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  }));
  if (more.length === 0) {
    return {
      ...first,
      ...(statistic === "p99" ? { ExtendedStatistic: statistic } : { Statistic: statistic }),
      Period: periodSeconds,
    };
  }
  const added = [first, ...more].map((Metric, index) => ({
    Id: `m${index}`,
    ReturnData: false,
    MetricStat: { Stat: statistic, Period: periodSeconds, Metric },
  }));
  return { Metrics: [{ Id: "total", Expression: "SUM(METRICS())", Label: metrics[0]?.name }, ...added] };
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

function toPascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
