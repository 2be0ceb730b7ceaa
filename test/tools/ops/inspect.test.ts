/**
 * The inspection of a deployed stage, on stubs that answer as AWS's documentation says. No real account is used.
 */

import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { beforeAll, describe, expect, it } from "vitest";
import { promiseOf } from "../../../tools/ops/inspection/promise.ts";
import { inspectStage, type StageClients, type StagePromise } from "../../../tools/ops/inspection/stage.ts";

let promise: StagePromise;

beforeAll(async () => {
  promise = await promiseOf({ stage: "prod" });
});

const keyArn = "arn:aws:kms:us-east-1:000000000000:key/own";
const topic = "arn:aws:sns:us-east-1:000000000000:alarms";

type Input = { readonly [name: string]: unknown };
type Answers = { readonly [command: string]: (input: Input) => object };

/** A stage without differences. */
const asPromised: Answers = {
  DescribeTable: ({ TableName }) => ({
    Table: {
      TableName,
      TableStatus: "ACTIVE",
      DeletionProtectionEnabled: true,
      SSEDescription: {
        Status: "ENABLED",
        SSEType: "KMS",
        KMSMasterKeyArn: "arn:aws:kms:us-east-1:000000000000:key/aws",
      },
      GlobalSecondaryIndexes: tableOf(TableName)?.indexes.map((IndexName) => ({ IndexName, IndexStatus: "ACTIVE" })),
    },
  }),
  DescribeContinuousBackups: () => ({
    ContinuousBackupsDescription: { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "ENABLED" } },
  }),
  DescribeTimeToLive: ({ TableName }) => {
    const AttributeName = tableOf(TableName)?.expiresBy;
    const TimeToLiveStatus = AttributeName === undefined ? "DISABLED" : "ENABLED";
    return { TimeToLiveDescription: { TimeToLiveStatus, AttributeName } };
  },
  DescribeKey: () => ({ KeyMetadata: { KeyId: "own", Arn: keyArn, KeyState: "Enabled" } }),
  GetKeyRotationStatus: () => ({ KeyRotationEnabled: true }),
  DescribeLogGroups: ({ logGroupNamePrefix }) => ({
    logGroups: [
      { logGroupName: `${logGroupNamePrefix}-data`, retentionInDays: 1 },
      { logGroupName: logGroupNamePrefix, retentionInDays: 365 },
    ],
  }),
  DescribeAlarms: () => ({
    MetricAlarms: promise.alarms.map((AlarmName) => ({ AlarmName, ActionsEnabled: true, AlarmActions: [topic] })),
  }),
};

function tableOf(name: unknown) {
  return promise.tables.find((table) => table.name === name);
}

/** Clients with these answers. They record the requests. */
function clientsOf(answers: Answers) {
  const asked: string[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: Input }) => {
    const name = command.constructor.name.replace(/Command$/, "");
    asked.push(name);
    const answer = answers[name];
    if (answer === undefined) throw new Error(`Nobody knows ${name}.`);
    return answer(command.input);
  };
  // The SDK's functions that read all pages accept only clients of its own class.
  const cloudwatch = Object.assign(new CloudWatchClient({ region: "us-east-1" }), { send });
  const clients = { dynamodb: { send }, kms: { send }, logs: { send }, cloudwatch } as unknown as StageClients;
  return { clients, asked };
}

async function differencesWith(changed: Answers): Promise<readonly string[]> {
  return await inspectStage(clientsOf({ ...asPromised, ...changed }).clients, promise);
}

/** The answer for a table with these members instead. */
const tableWith = (members: object): Answers => ({
  DescribeTable: (input) => {
    const Table: unknown = Reflect.get(Object(asPromised["DescribeTable"]?.(input)), "Table");
    return { Table: input["TableName"] === "secret-prod-secrets" ? { ...Object(Table), ...members } : Table };
  },
});

const missing = (name: string) => () => {
  throw Object.assign(new Error(name), { name });
};

describe("a stage as declared", () => {
  it("has no differences", async () => {
    expect(await differencesWith({})).toEqual([]);
  });

  it("is read only by describing its resources", async () => {
    const { clients, asked } = clientsOf(asPromised);

    await inspectStage(clients, promise);

    expect(asked.filter((name) => !/^(Describe|GetKeyRotationStatus$)/.test(name))).toEqual([]);
  });

  it("without an HTTP API has no log and no alarms for it", async () => {
    const direct = await promiseOf({ stage: "prod", "http-api": "false" });

    expect(promise.logGroups.filter((name) => !direct.logGroups.includes(name))).toEqual(["/aws/http-api/secret-prod"]);
    expect(promise.alarms.filter((name) => !direct.alarms.includes(name))).toEqual([
      ...["secret-prod-server-errors", "secret-prod-latency"],
    ]);
    await expect(promiseOf({ stage: "prod", "http-api": "no" })).rejects.toThrow(
      'httpApi must be true or false, not "no"',
    );
  });

  it("is declared by serverless.yml", () => {
    expect(promise).toMatchObject({
      key: "alias/secret-prod",
      logRetentionDays: 365,
      tables: [
        { name: "secret-prod-secrets", indexes: ["by_service_account", "by_project", "by_trusted_secret"] },
        { name: "secret-prod-secret-names", indexes: [] },
        { name: "secret-prod-secret-data", indexes: [] },
        { name: "secret-prod-client-tokens", indexes: [], expiresBy: "expires_at" },
        { name: "secret-prod-deleted-secrets", indexes: [], expiresBy: "expires_at" },
      ],
    });
    expect(promise.logGroups).toHaveLength(9);
    expect(promise.alarms).toContain("secret-prod-audit-gaps");
  });

  it("can use other tables and another key", async () => {
    const other = await promiseOf({
      stage: "prod",
      "deleted-table": "restored",
      key: keyArn,
      "log-retention-days": "30",
    });

    expect(other.tables.at(-1)).toEqual({ name: "restored", indexes: [], expiresBy: "expires_at" });
    expect(other).toMatchObject({ key: keyArn, logRetentionDays: 30 });
  });
});

describe("a difference is reported", () => {
  const table = "table secret-prod-secrets";
  const key = "key alias/secret-prod";
  const group = "/aws/lambda/secret-prod-get";

  it.each([
    [
      "a table that can be deleted",
      tableWith({ DeletionProtectionEnabled: false }),
      `${table}: is not protected against deletion`,
    ],
    [
      "a table under the key that wraps",
      tableWith({ SSEDescription: { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: keyArn } }),
      `${table}: is encrypted with the key that wraps data keys: disabling that key would take away the table`,
    ],
    [
      "a table under the key of nobody",
      tableWith({ SSEDescription: undefined }),
      `${table}: is not encrypted with AWS's key for DynamoDB`,
    ],
    [
      "a table that nobody can read",
      tableWith({ TableStatus: "INACCESSIBLE_ENCRYPTION_CREDENTIALS" }),
      `${table}: is INACCESSIBLE_ENCRYPTION_CREDENTIALS, not ACTIVE`,
    ],
    [
      "an index that is being built",
      tableWith({ GlobalSecondaryIndexes: [{ IndexName: "by_project", IndexStatus: "CREATING" }] }),
      `${table}: its index by_project is not active`,
    ],
    ["a stream", tableWith({ StreamSpecification: { StreamEnabled: true } }), `${table}: has a stream`],
    ["a table that is gone", { DescribeTable: missing("ResourceNotFoundException") }, `${table}: does not exist`],
    ["no recovery", { DescribeContinuousBackups: () => ({}) }, `${table}: has no point-in-time recovery`],
    [
      "no expiry",
      { DescribeTimeToLive: () => ({}) },
      "table secret-prod-client-tokens: has no expiry of rows by expires_at",
    ],
    [
      "expiry of what must stay",
      { DescribeTimeToLive: () => ({ TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "a" } }) },
      `${table}: has an expiry of rows, by a`,
    ],
    [
      "a key to be deleted",
      { DescribeKey: () => ({ KeyMetadata: { KeyId: "own", Arn: keyArn, KeyState: "PendingDeletion" } }) },
      `${key}: is PendingDeletion, not Enabled`,
    ],
    ["a key that does not rotate", { GetKeyRotationStatus: () => ({}) }, `${key}: has no automatic rotation`],
    ["a key that is gone", { DescribeKey: missing("NotFoundException") }, `${key}: does not exist`],
    [
      "logs kept for ever",
      { DescribeLogGroups: () => ({ logGroups: [{ logGroupName: group }] }) },
      `log group ${group}: keeps logs for ever, not for 365 days`,
    ],
    ["no logs", { DescribeLogGroups: () => ({}) }, `log group ${group}: does not exist`],
    ["no alarms", { DescribeAlarms: () => ({}) }, "alarm secret-prod-latency: does not exist"],
    [
      "an alarm that tells nobody",
      { DescribeAlarms: () => ({ MetricAlarms: [{ AlarmName: "secret-prod-latency", ActionsEnabled: false }] }) },
      "alarm secret-prod-latency: notifies nobody: set alarmTopicArn",
    ],
  ] as const satisfies readonly (readonly [string, Answers, string])[])("%s", async (_, changed, told) => {
    expect(await differencesWith(changed)).toContain(told);
  });

  it("except for a denial by AWS, which leaves the state unknown", async () => {
    await expect(differencesWith({ DescribeTable: missing("AccessDeniedException") })).rejects.toThrow("AccessDenied");
  });
});
