/** The alarms of a stage. Each alarm has its page in docs/operations.md. */

import { routeNames } from "../../lib/http/routes.ts";
import {
  apiMetric,
  functionMetric,
  logMetric,
  type Metric,
  type Resources,
  tableOperations,
  toPascalCase,
  type WatchedStage,
} from "./metrics.ts";
import { type TableRole, tableRoles, tables } from "./tables.ts";

interface Alarm {
  readonly name: string;
  readonly description: string;
  /** Several metrics are added up. */
  readonly metrics: readonly Metric[];
  /** Metric math over their `sum` and a metric counted from the logs (`counted`). */
  readonly against?: { readonly counted: string; readonly expression: string };
  readonly statistic: "Sum" | "p99";
  readonly periodSeconds: number;
  readonly periods: number;
  readonly threshold: number;
  readonly comparison: "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold";
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
  const ofLogs = (name: string) => [logMetric(stage, name)];
  // What callers saw as failures of the service, whatever the cause.
  const ofHttpApi: readonly Alarm[] = [
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
  ];
  return [
    ...(stage.hasHttpApi ? ofHttpApi : []),
    // Without the mistakes of direct callers: crashes, timeouts, and failures of direct calls.
    {
      name: "function-errors",
      description: "Functions fail, crash or time out",
      metrics: ofFunctions("Errors"),
      against: { counted: "DirectRefusals", expression: "sum - counted" },
      ...often,
      threshold: errors,
    },
    // A share of an hour's invocations, because an invocation and its line may be counted in different hours.
    {
      name: "audit-gaps",
      description: "More than one in a hundred invocations left no audit line",
      metrics: ofFunctions("Invocations"),
      against: { counted: "AuditLines", expression: "100 * (sum - counted) / sum" },
      statistic: "Sum",
      periodSeconds: 3600,
      periods: 1,
      threshold: 1,
      comparison: "GreaterThanThreshold",
    },
    {
      name: "throttles",
      description: "Lambda throttles the functions",
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
      description: "Secret data cannot be decrypted: a row was changed, moved or damaged",
      metrics: ofLogs("CorruptData"),
      ...atOnce,
    },
    // An on-demand table throttles if one partition gets too many requests, or if traffic rises suddenly. Callers
    // notice little, because requests are repeated.
    {
      name: "table-throttles",
      description: "DynamoDB throttles requests",
      metrics: tableRoles.flatMap((role) =>
        throttleMetrics(role).map((name) => ({
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
      description: "DynamoDB answers with errors of its own",
      metrics: tableOperations(stage, "SystemErrors"),
      ...often,
      threshold: errors,
    },
  ];
}

/** The full names of the alarms in CloudWatch. */
export function alarmNames(stage: WatchedStage): readonly string[] {
  return alarmsOf(stage).map(({ name }) => `${stage.name}-${name}`);
}

export function alarmResources(stage: WatchedStage): Resources {
  const alarms = alarmsOf(stage).map((alarm) => [`${toPascalCase(alarm.name)}Alarm`, toAlarm(stage, alarm)] as const);
  return { ...Object.fromEntries(alarms), ...keyChanges(stage) };
}

/**
 * Notifies the topic directly if a key is disabled or scheduled for deletion: before data fails to open, and while it
 * can be undone. The events need a CloudTrail trail that logs management events.
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
    InputTemplate: `"<event> on a key of ${name}, by <who>, at <time>. ${describe("Data can no longer be decrypted", "key-changes")}"`,
  };
  return {
    KeyChangesRule: {
      Type: "AWS::Events::Rule",
      Properties: {
        Name: `${name}-key-changes`,
        Description: "A KMS key that wraps data keys was disabled, or is scheduled for deletion",
        EventPattern: { source: ["aws.kms"], "detail-type": ["AWS API Call via CloudTrail"], detail },
        Targets: [{ Id: "topic", Arn: topic, InputTransformer }],
      },
    },
  };
}

/** An alarm can have ten metrics, so a table that no function reads has no read metric. */
function throttleMetrics(role: TableRole): readonly string[] {
  const isRead = tables[role].operations.some((operation) => operation !== "TransactWriteItems");
  return isRead ? ["ReadThrottleEvents", "WriteThrottleEvents"] : ["WriteThrottleEvents"];
}

/** The text of an alarm: what is wrong, and where its runbook is. */
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
      ...toMetrics(stage, alarm),
      EvaluationPeriods: alarm.periods,
      Threshold: alarm.threshold,
      ComparisonOperator: alarm.comparison,
      TreatMissingData: "notBreaching",
      ...(topic !== "" && { AlarmActions: [topic] }),
    },
  };
}

function toMetrics(stage: WatchedStage, { metrics, against, statistic, periodSeconds }: Alarm): object {
  const [first] = metrics;
  if (metrics.length === 1 && first !== undefined) {
    const how = statistic === "p99" ? { ExtendedStatistic: statistic } : { Statistic: statistic };
    return { ...toMetric(first), ...how, Period: periodSeconds };
  }
  const read = (Id: string, metric: Metric) => ({
    Id,
    ReturnData: false,
    MetricStat: { Stat: statistic, Period: periodSeconds, Metric: toMetric(metric) },
  });
  const sum = 'SUM(METRICS("m"))';
  const expression = against?.expression.replaceAll("sum", sum).replaceAll("counted", "FILL(counted, 0)") ?? sum;
  const counted = against === undefined ? [] : [read("counted", logMetric(stage, against.counted))];
  return {
    Metrics: [
      { Id: "result", Expression: expression, Label: first?.name },
      ...metrics.map((metric, index) => read(`m${index}`, metric)),
      ...counted,
    ],
  };
}

function toMetric({ namespace, name, dimensions }: Metric): object {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}
