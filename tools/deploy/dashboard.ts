/** The CloudWatch dashboard of a stage. It has at most 50 metrics, which is what an account gets for free. */

import { routeNames } from "../../lib/http/routes.ts";
import { alarmNames } from "./alarms.ts";
import {
  apiMetric,
  functionMetric,
  logMetric,
  logMetricNames,
  type Metric,
  type Resources,
  type WatchedStage,
} from "./metrics.ts";
import { tableRoles } from "./tables.ts";

/** A metric, and how it is drawn. */
interface Line extends Metric {
  readonly label?: string;
  readonly stat?: string;
}

interface Chart {
  readonly title: string;
  readonly stat: string;
  readonly periodSeconds?: number;
  readonly lines: readonly Line[];
}

const columns = 24;
const chartHeight = 6;
const alarmsHeight = 3;

function chartsOf(stage: WatchedStage): readonly Chart[] {
  const byMethod = (name: string) =>
    routeNames.map((route) => ({ ...functionMetric(stage, name, route), label: route }));
  const byTable = (...names: readonly string[]) =>
    names.flatMap((name) =>
      tableRoles.map((role) => ({ namespace: "AWS/DynamoDB", name, dimensions: { TableName: stage.tables[role] } })),
    );
  const ofHttpApi: readonly Chart[] = [
    { title: "HTTP responses", stat: "Sum", lines: ["Count", "4xx", "5xx"].map(apiMetric) },
    {
      title: "HTTP latency (ms)",
      stat: "p50",
      lines: ["p50", "p99"].map((stat) => ({ ...apiMetric("Latency"), label: stat, stat })),
    },
  ];
  return [
    { title: "Calls by method", stat: "Sum", lines: byMethod("Invocations") },
    ...(stage.hasHttpApi ? ofHttpApi : []),
    { title: "Failed invocations by method", stat: "Sum", lines: byMethod("Errors") },
    { title: "Duration of functions, p99 (ms)", stat: "p99", lines: byMethod("Duration") },
    {
      title: "Concurrent and throttled invocations in the whole account",
      stat: "Maximum",
      lines: [
        { ...accountMetric("ConcurrentExecutions"), label: "concurrent" },
        { ...accountMetric("Throttles"), label: "throttled", stat: "Sum" },
      ],
    },
    { title: "Throttled by DynamoDB", stat: "Sum", lines: byTable("ReadThrottleEvents", "WriteThrottleEvents") },
    {
      title: "Events in the functions' logs",
      stat: "Sum",
      periodSeconds: 60,
      lines: logMetricNames.map((name) => logMetric(stage, name)),
    },
  ];
}

/** All functions of an account in a region share Lambda's concurrency, so the account's metrics are shown. */
function accountMetric(name: string): Metric {
  return { namespace: "AWS/Lambda", name, dimensions: {} };
}

export function dashboardResources(stage: WatchedStage): Resources {
  const charts = chartsOf(stage);
  const chartsBegin = alarmsHeight;
  const failuresBegin = chartsBegin + Math.ceil(charts.length / 2) * chartHeight;
  const widgets = [
    { type: "alarm", x: 0, y: 0, width: columns, height: alarmsHeight, properties: alarmsWidget(stage) },
    ...charts.map((chart, index) => ({
      type: "metric",
      x: (index % 2) * (columns / 2),
      y: chartsBegin + Math.floor(index / 2) * chartHeight,
      width: columns / 2,
      height: chartHeight,
      properties: chartWidget(chart),
    })),
    { type: "log", x: 0, y: failuresBegin, width: columns, height: chartHeight, properties: failuresWidget(stage) },
  ];
  return {
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: stage.name, DashboardBody: { "Fn::Sub": JSON.stringify({ widgets }) } },
    },
  };
}

/** A placeholder of `Fn::Sub`. */
function sub(name: string): string {
  return `\${${name}}`;
}

const region = sub("AWS::Region");

function alarmsWidget(stage: WatchedStage): object {
  const prefix = `arn:${sub("AWS::Partition")}:cloudwatch:${region}:${sub("AWS::AccountId")}:alarm:`;
  return { title: "Alarms", alarms: alarmNames(stage).map((name) => prefix + name) };
}

function chartWidget({ title, stat, periodSeconds = 300, lines }: Chart): object {
  const metrics = lines.map(({ namespace, name, dimensions, ...drawing }) => [
    namespace,
    name,
    ...Object.entries(dimensions).flatMap(([dimension, value]) => [dimension, toText(value)]),
    ...(Object.keys(drawing).length > 0 ? [drawing] : []),
  ]);
  return { region, title, stat, period: periodSeconds, metrics };
}

/** A dimension's value inside `Fn::Sub`. */
function toText(value: unknown): string {
  return typeof value === "string" ? value : sub(String(Reflect.get(Object(value), "Ref")));
}

function failuresWidget(stage: WatchedStage): object {
  const sources = routeNames.map((route) => `SOURCE '/aws/lambda/${stage.name}-${route}' | `).join("");
  const query = "fields @timestamp, method, code, service, errors.1, request_id | filter message = 'failure'";
  return { region, title: "Failures", view: "table", query: `${sources}${query} | sort @timestamp desc | limit 50` };
}
