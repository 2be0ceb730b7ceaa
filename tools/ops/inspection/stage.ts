/** Compares a deployed stage with what serverless.yml promises. Reads AWS's descriptions, but no rows. */

import { type CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { type CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { DescribeKeyCommand, GetKeyRotationStatusCommand, type KMSClient } from "@aws-sdk/client-kms";

export interface StagePromise {
  /** The stage's name: `<service>-<stage>`. */
  readonly name: string;
  readonly tables: readonly TablePromise[];
  /** Id, ARN or alias of the key that wraps data keys. */
  readonly key: string;
  readonly logGroups: readonly string[];
  readonly logRetentionDays: number;
  readonly alarms: readonly string[];
}

export interface TablePromise {
  readonly name: string;
  readonly indexes: readonly string[];
  /** The attribute with the time at which rows expire. */
  readonly expiresBy: string | undefined;
}

export interface StageClients {
  readonly dynamodb: Pick<DynamoDBClient, "send">;
  readonly kms: Pick<KMSClient, "send">;
  readonly logs: Pick<CloudWatchLogsClient, "send">;
  readonly cloudwatch: CloudWatchClient;
}

/** Differences from the promise, as `subject: what`. */
type Differences = readonly string[];

/** All differences; empty if the stage is as promised. @throws AWS's error, if a description cannot be read */
export async function inspectStage(clients: StageClients, stage: StagePromise): Promise<Differences> {
  const keyArn = await findKeyArn(clients.kms, stage.key);
  const differences = await Promise.all([
    inspectKey(clients.kms, stage.key),
    ...stage.tables.map(async (table) => await inspectTable(clients.dynamodb, table, keyArn)),
    ...stage.logGroups.map(async (group) => await inspectLogGroup(clients.logs, group, stage.logRetentionDays)),
    inspectAlarms(clients.cloudwatch, stage),
  ]);
  return differences.flat();
}

/** The sentences that are true, each after its subject. */
function tell(subject: string, facts: readonly (readonly [isWrong: boolean, sentence: string])[]): Differences {
  return facts.flatMap(([isWrong, sentence]) => (isWrong ? [`${subject}: ${sentence}`] : []));
}

async function orMissing<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && ["ResourceNotFoundException", "NotFoundException"].includes(error.name))
      return undefined;
    throw error;
  }
}

async function findKeyArn(kms: StageClients["kms"], KeyId: string): Promise<string | undefined> {
  return (await orMissing(kms.send(new DescribeKeyCommand({ KeyId }))))?.KeyMetadata?.Arn;
}

async function inspectKey(kms: StageClients["kms"], id: string): Promise<Differences> {
  const metadata = (await orMissing(kms.send(new DescribeKeyCommand({ KeyId: id }))))?.KeyMetadata;
  if (metadata?.KeyId === undefined) return [`key ${id}: does not exist`];
  const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId: metadata.KeyId }));
  return tell(`key ${id}`, [
    [metadata.KeyState !== "Enabled", `is ${metadata.KeyState}, not Enabled`],
    [KeyRotationEnabled !== true, "has no automatic rotation"],
  ]);
}

async function inspectTable(
  dynamodb: StageClients["dynamodb"],
  { name: TableName, indexes, expiresBy }: TablePromise,
  keyArn: string | undefined,
): Promise<Differences> {
  const table = (await orMissing(dynamodb.send(new DescribeTableCommand({ TableName }))))?.Table;
  if (table === undefined) return [`table ${TableName}: does not exist`];
  const { ContinuousBackupsDescription: backups } = await dynamodb.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  const { TimeToLiveDescription: expiry } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
  const encryption = table.SSEDescription;
  const active = (table.GlobalSecondaryIndexes ?? []).flatMap((index) =>
    index.IndexStatus === "ACTIVE" ? [index.IndexName] : [],
  );
  const isExpiring = expiry?.TimeToLiveStatus === "ENABLED";
  return tell(`table ${TableName}`, [
    [table.TableStatus !== "ACTIVE", `is ${table.TableStatus}, not ACTIVE`],
    [table.DeletionProtectionEnabled !== true, "is not protected against deletion"],
    [backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus !== "ENABLED", "has no point-in-time recovery"],
    [encryption?.Status !== "ENABLED" || encryption.SSEType !== "KMS", "is not encrypted with AWS's key for DynamoDB"],
    [
      keyArn !== undefined && encryption?.KMSMasterKeyArn === keyArn,
      "is encrypted with the key that wraps data keys: disabling that key would take away the table",
    ],
    ...indexes.map((index) => [!active.includes(index), `its index ${index} is not active`] as const),
    [
      expiresBy !== undefined && !(isExpiring && expiry.AttributeName === expiresBy),
      `has no expiry of rows by ${expiresBy}`,
    ],
    [expiresBy === undefined && isExpiring, `has an expiry of rows, by ${expiry?.AttributeName}`],
    [table.StreamSpecification?.StreamEnabled === true, "has a stream"],
  ]);
}

async function inspectLogGroup(logs: StageClients["logs"], name: string, days: number): Promise<Differences> {
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
  const group = logGroups.find(({ logGroupName }) => logGroupName === name);
  if (group === undefined) return [`log group ${name}: does not exist`];
  const { retentionInDays } = group;
  return tell(`log group ${name}`, [
    [
      retentionInDays !== days,
      `keeps logs ${retentionInDays === undefined ? "for ever" : `for ${retentionInDays} days`}, not for ${days} days`,
    ],
  ]);
}

async function inspectAlarms(client: CloudWatchClient, { name, alarms }: StagePromise): Promise<Differences> {
  const found = new Map<string | undefined, MetricAlarm>();
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix: `${name}-` })) {
    for (const alarm of MetricAlarms) found.set(alarm.AlarmName, alarm);
  }
  return alarms.flatMap((promised) => {
    const alarm = found.get(promised);
    if (alarm === undefined) return [`alarm ${promised}: does not exist`];
    return tell(`alarm ${promised}`, [
      [alarm.ActionsEnabled === false, "has its actions disabled"],
      [(alarm.AlarmActions ?? []).length === 0, "notifies nobody: set alarmTopicArn"],
    ]);
  });
}
