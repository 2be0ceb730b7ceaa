/**
 * The monitoring of a stage: the dashboard shows only existing metrics, and every alarm has its page in the runbook.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SecretError } from "../../../lib/base/errors.ts";
import { endpoint } from "../../../lib/http/endpoint.ts";
import { parseGet } from "../../../lib/request/messages.ts";
import { alarmResources } from "../../../tools/deploy/alarms.ts";
import { dashboardResources } from "../../../tools/deploy/dashboard.ts";
import { filterResources, type WatchedStage } from "../../../tools/deploy/metrics.ts";
import { type Deployment, readDeployment } from "../../../tools/local/deployment.ts";
import { callerRules, capture, httpEvent, lambdaContext } from "../../http/events.ts";
import { packageTemplate, packagingMs, stageParameters, topic } from "./package-template.ts";
import { at, listAt, resourcesOf, type Template, textOf } from "./template.ts";

const stage = "secret-prod";

const ownKey = { "Fn::GetAtt": ["SecretKey", "Arn"] };
const keys = [ownKey, ownKey];

let deployment: Deployment;
let watched: WatchedStage;
/** The resources that the plugin adds. */
let template: Template;

beforeAll(async () => {
  deployment = await readDeployment("prod");
  watched = {
    name: stage,
    hasHttpApi: true,
    tables: deployment.tables,
    keys,
    alarms: { topic, errors: 1, latencyMs: 1000 },
  };
  template = {
    Resources: { ...alarmResources(watched), ...filterResources(watched), ...dashboardResources(watched) },
    Outputs: {},
  };
});

it(
  "the packaged template has exactly these alarms, metrics and dashboard",
  async () => {
    const packaged = await packageTemplate("prod", stageParameters.prod);

    const types = [
      "AWS::CloudWatch::Alarm",
      "AWS::Logs::MetricFilter",
      "AWS::CloudWatch::Dashboard",
      "AWS::Events::Rule",
    ];
    const watching = types.flatMap((type) => resourcesOf(packaged, type));
    expect(Object.fromEntries(watching)).toEqual(template.Resources);
  },
  packagingMs,
);

it("without a topic, alarms notify nobody", () => {
  const resources = alarmResources({ ...watched, alarms: { ...watched.alarms, topic: "" } });

  expect(Object.values(resources).filter(({ Properties: it }) => at(it, "AlarmActions") !== undefined)).toEqual([]);
  expect(Object.keys(resources)).not.toContain("KeyChangesRule");
});

it("without an HTTP API, nothing of it is watched", () => {
  const direct = { ...watched, hasHttpApi: false };
  const resources = JSON.stringify({ ...alarmResources(direct), ...dashboardResources(direct) });

  expect(resources).not.toMatch(/HttpApi|ApiGateway|server-errors|latency/i);
  expect(resources).toContain("function-errors");
});

/** AWS's own metrics of the stage's resources. The operations are those that the functions use. */
const measured: { readonly [namespace: string]: readonly string[] } = {
  "AWS/ApiGateway": ["Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"],
  "AWS/Lambda": ["Invocations", "Errors", "Duration", "Throttles", "ConcurrentExecutions"],
  "AWS/DynamoDB": [
    ...["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
    ...["SuccessfulRequestLatency", "SystemErrors"],
  ],
};
const operations = ["GetItem", "Query", "BatchGetItem", "TransactWriteItems"];

/** Metrics that the stage counts from its logs. */
function ownMetrics(): readonly string[] {
  return resourcesOf(template, "AWS::Logs::MetricFilter").flatMap(([, { Properties: it }]) =>
    listAt(it, "MetricTransformations").map((one) => `${at(one, "MetricNamespace")} ${at(one, "MetricName")}`),
  );
}

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: string };
}

/** The parts of a metric that do not exist, as text. */
function faultsOf({ namespace, name, dimensions }: Metric): readonly string[] {
  const known: { readonly [dimension: string]: readonly string[] } = {
    ApiId: ["HttpApi"],
    FunctionName: Object.values(deployment.functions),
    TableName: Object.values(deployment.tables),
    Operation: operations,
  };
  const isMeasured = measured[namespace]?.includes(name) ?? ownMetrics().includes(`${namespace} ${name}`);
  const unknown = Object.entries(dimensions).filter(([dimension, value]) => !known[dimension]?.includes(value));
  return [...(isMeasured ? [] : [`${namespace} ${name}`]), ...unknown.map((pair) => pair.join(" "))];
}

/** A row of a widget: namespace, name, names and values of dimensions; a last object says how to draw. */
function readMetrics(rows: readonly (readonly unknown[])[]): readonly Metric[] {
  return rows.map((row) => {
    const texts = row.filter((cell) => typeof cell === "string");
    const [namespace = "", name = "", ...pairs] = texts.map((text) => text.replace(/^\$\{(\w+)\}$/, "$1"));
    const dimensions = Object.fromEntries(
      pairs.flatMap((value, index) => (index % 2 === 1 ? [[pairs[index - 1], value]] : [])),
    );
    return { namespace, name, dimensions };
  });
}

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
    readonly query?: string;
  };
}

function widgets(): readonly Widget[] {
  const [[, dashboard] = []] = resourcesOf(template, "AWS::CloudWatch::Dashboard");
  return JSON.parse(textOf(at(dashboard?.Properties, "DashboardBody"))).widgets;
}

function alarms(): readonly (readonly [name: string, properties: unknown])[] {
  return resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, { Properties: it }]) => [
    textOf(at(it, "AlarmName")),
    it,
  ]);
}

function runbook(): string {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/operations.md"), "utf8");
  return /^## Alarms\n(.*?)^## /ms.exec(page)?.[1] ?? "";
}

describe("the dashboard", () => {
  it("shows metrics of exactly the existing functions, tables and gateway", () => {
    const metrics = widgets().flatMap(({ properties }) => readMetrics(properties.metrics ?? []));

    expect(metrics.flatMap(faultsOf)).toEqual([]);
    const shown = new Set(metrics.flatMap(({ dimensions }) => Object.values(dimensions)));
    const there = [...Object.values(deployment.functions), ...Object.values(deployment.tables)];
    expect(there.filter((name) => !shown.has(name))).toEqual([]);
    expect(
      [...new Set(ownMetrics())].filter((own) => !metrics.some((it) => `${it.namespace} ${it.name}` === own)),
    ).toEqual([]);
  });

  it("has at most 50 metrics, which are free", () => {
    expect(widgets().flatMap(({ properties }) => properties.metrics ?? []).length).toBeLessThanOrEqual(50);
  });

  it("shows every alarm", () => {
    const shown = widgets().flatMap(({ properties }) => properties.alarms ?? []);

    expect(shown.map((arn) => arn.replace(/^.*:alarm:/, "")).sort()).toEqual(
      alarms()
        .map(([name]) => name)
        .sort(),
    );
  });

  it("searches the logs of all functions for failures", () => {
    const queries = widgets().flatMap(({ properties }) => properties.query ?? []);
    const sources = queries.flatMap((query) => [...query.matchAll(/SOURCE '([^']+)'/g)].map(([, name]) => name));

    expect(sources.sort()).toEqual(
      Object.values(deployment.functions)
        .map((name) => `/aws/lambda/${name}`)
        .sort(),
    );
  });

  it("has no overlapping widgets, and none beyond the 24 columns", () => {
    const cells = widgets().flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, index) => `${x + (index % width)},${y + Math.floor(index / width)}`),
    );

    expect(new Set(cells).size).toBe(cells.length);
    expect(widgets().filter(({ x, width }) => x + width > 24)).toEqual([]);
  });
});

describe("the alarms", () => {
  const single = (it: unknown) => ({ Metric: it });

  it("watch only metrics of existing functions, tables and the gateway", () => {
    const metrics = alarms().flatMap(([, it]) =>
      (at(it, "MetricName") === undefined ? listAt(it, "Metrics").map((one) => at(one, "MetricStat")) : [single(it)])
        .filter((stat) => stat !== undefined)
        .map((stat): Metric => {
          const metric = at(stat, "Metric");
          const dimensions = listAt(metric, "Dimensions").map((one) => {
            return [at(one, "Name"), textOf(at(one, "Value"))];
          });
          return {
            namespace: String(at(metric, "Namespace")),
            name: String(at(metric, "MetricName")),
            dimensions: Object.fromEntries(dimensions),
          };
        }),
    );

    expect(metrics.length).toBeGreaterThan(30);
    expect(metrics.flatMap(faultsOf)).toEqual([]);
  });

  it("of functions count only the service's failures, not a direct caller's mistakes", () => {
    const { Metrics } = Object(template.Resources["FunctionErrorsAlarm"]?.Properties);
    const { FilterPattern } = Object(template.Resources["GetDataDirectRefusalsFilter"]?.Properties);

    expect(Metrics[0].Expression).toBe('SUM(METRICS("m")) - FILL(counted, 0)');
    expect(Metrics.at(-1)).toMatchObject({ Id: "counted", MetricStat: { Metric: { MetricName: "DirectRefusals" } } });
    expect(FilterPattern).toBe(
      '{ $.message = "audit" && $.item NOT EXISTS && $.via != "http" && $.outcome != "OK" && $.outcome != "ERROR_UNAVAILABLE"' +
        ' && $.outcome != "ERROR_REQUEST_TIMEOUT" && $.outcome != "ERROR_UNKNOWN" }',
    );
  });

  it("fire if invocations and audit lines differ in number", () => {
    const { Metrics, Threshold } = Object(template.Resources["AuditGapsAlarm"]?.Properties);

    expect(Metrics[0].Expression).toBe('100 * (SUM(METRICS("m")) - FILL(counted, 0)) / SUM(METRICS("m"))');
    expect(Metrics.at(-1)).toMatchObject({ Id: "counted", MetricStat: { Metric: { MetricName: "AuditLines" } } });
    expect(Metrics.slice(1, -1)).toHaveLength(Object.keys(deployment.functions).length);
    expect(Threshold).toBe(1);
  });

  it("cost what the deploy guide says", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/deploy.md"), "utf8");
    const [, watchedCount, own] = /\((\d+) alarm metrics, (\d+) of our\s+own\)/.exec(page) ?? [];

    const metrics = alarms().map(([, it]) => listAt(it, "Metrics").filter((one) => at(one, "MetricStat")).length || 1);
    expect(Number(watchedCount)).toBe(metrics.reduce((sum, count) => sum + count, 0));
    expect(Number(own)).toBe(new Set(ownMetrics()).size);
  });

  it("stay within ten metrics per expression", () => {
    expect(alarms().filter(([, it]) => listAt(it, "Metrics").length > 11)).toEqual([]);
  });

  it("notify the topic, and do not fire without data", () => {
    const told = alarms().map(([, it]) => [at(it, "AlarmActions"), at(it, "TreatMissingData")]);

    expect(told).toEqual(told.map(() => [[topic], "notBreaching"]));
  });

  it("each have a section in the runbook, and a link to it", () => {
    const headings = [...runbook().matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);

    expect(headings.sort()).toEqual([...alarms().map(([name]) => name.replace(`${stage}-`, "")), "key-changes"].sort());
    for (const [name, it] of alarms()) {
      expect(at(it, "AlarmDescription")).toContain(`docs/operations.md#${name.replace(`${stage}-`, "")}`);
    }
  });

  it("notify the topic once when somebody disables or deletes a key", () => {
    const rule = template.Resources["KeyChangesRule"]?.Properties;

    expect(at(rule, "EventPattern")).toEqual({
      source: ["aws.kms"],
      "detail-type": ["AWS API Call via CloudTrail"],
      detail: {
        eventSource: ["kms.amazonaws.com"],
        eventName: ["DisableKey", "ScheduleKeyDeletion"],
        resources: { ARN: [ownKey] },
      },
    });
    expect(at(listAt(rule, "Targets")[0], "Arn")).toBe(topic);
    const { InputPathsMap, InputTemplate } = Object(at(listAt(rule, "Targets")[0], "InputTransformer"));
    const told = String(InputTemplate).replace(/<(\w+)>/g, (_, name: string) => {
      expect(Object.keys(InputPathsMap)).toContain(name);
      return name;
    });
    expect(JSON.parse(told)).toContain("docs/operations.md#key-changes");
  });

  it("count refusals of KMS, refusals of DynamoDB and corrupt data separately", () => {
    const patterns = resourcesOf(template, "AWS::Logs::MetricFilter").map(([, { Properties: it }]) => {
      const metric = listAt(it, "MetricTransformations").map((one) => at(one, "MetricName"));
      return `${metric} ${/\$\.service = "(\w+)"/.exec(textOf(at(it, "FilterPattern")))?.[1] ?? ""}`;
    });

    expect([...new Set(patterns)].sort()).toEqual([
      ...["AuditLines ", "CorruptData ", "DirectRefusals ", "KmsDenials kms", "TableDenials dynamodb"],
    ]);
  });
});

describe("the queries of the runbook and the dashboard", () => {
  /** Fields of Lambda's own log lines, and of the gateway's access log. */
  const foreign = ["@timestamp", "@message", "@log", "@type", "@duration", "@initDuration", "@requestId"];
  const language =
    /^(filter|fields|stats|sort|limit|desc|by|as|and|or|like|count|pct|max|min|bin|SOURCE|[nmp]|p50|p99)$/;
  const ownNames = ["calls", "cold"];

  /** Names of fields in a query: what is no text, pattern or word of the language. */
  function fieldsOf(query: string): readonly string[] {
    const words = query.replaceAll(/"[^"]*"|'[^']*'|\/[^/]*\//g, " ").match(/@?[a-zA-Z_][\w.]*/g) ?? [];
    return words.filter((word) => !language.test(word) && !ownNames.includes(word) && !foreign.includes(word));
  }

  it(
    "use only fields that log lines have",
    async () => {
      const handler = endpoint({
        route: "get",
        callers: callerRules,
        parse: parseGet,
        ports: {},
        method: async () => {
          throw new SecretError("ERROR_UNAVAILABLE", { service: "kms" }, { cause: new TypeError("cause") });
        },
      });
      const event = httpEvent({ body: { secret_id: "secret-0123456789ab" } });
      const { lines } = await capture(async () => await handler(event, lambdaContext()));
      const written = lines.flatMap((line) =>
        Object.entries(line).flatMap(([name, value]) =>
          Array.isArray(value) ? value.map((_, index) => `${name}.${index}`) : [name],
        ),
      );
      const packaged = await packageTemplate("prod", stageParameters.prod);
      const [[, stage] = []] = resourcesOf(packaged, "AWS::ApiGatewayV2::Stage");
      const accessLog = Object.keys(JSON.parse(textOf(at(stage?.Properties, "AccessLogSettings", "Format"))));

      const blocks = [...runbook().matchAll(/^```insights\n(.*?)^```/gms)].map(([, query = ""]) => query);
      const fields = [...blocks, ...widgets().flatMap(({ properties }) => properties.query ?? [])].flatMap(fieldsOf);

      expect(blocks.length).toBeGreaterThan(8);
      expect(fields.filter((field) => !written.includes(field) && !accessLog.includes(field))).toEqual([]);
    },
    packagingMs,
  );
});
