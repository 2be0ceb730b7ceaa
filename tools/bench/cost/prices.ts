/** The cost of calls and stored secrets at list prices in US dollars, in us-east-1, beyond free tiers. */

import { itemBytes } from "../counting/counting-proxy.ts";
import { type Attributes, toAttributes } from "../stub/attribute-values.ts";
import { dataRow, secretRow } from "../stub/scenarios.ts";

/** When the prices were read. */
export const pricesReadOn = "2026-11-23";

const perMillion = 1e-6;
const perTenThousand = 1e-4;

export type PriceName =
  | "dynamodbReadUnit"
  | "dynamodbWriteUnit"
  | "dynamodbGigabyteMonth"
  | "dynamodbBackupGigabyteMonth"
  | "kmsRequest"
  | "kmsKeyMonth"
  | "lambdaRequest"
  | "lambdaGigabyteSecond"
  | "httpApiRequest"
  | "logGigabyte"
  | "trace";

/**
 * aws.amazon.com/{dynamodb,kms,lambda,api-gateway,cloudwatch,xray}/pricing: DynamoDB on demand since November 2024,
 * Lambda on arm64, an HTTP API's first 300 million requests, CloudWatch Logs' standard class.
 */
const prices: { readonly [Name in PriceName]: number } = {
  dynamodbReadUnit: 0.125 * perMillion,
  dynamodbWriteUnit: 0.625 * perMillion,
  dynamodbGigabyteMonth: 0.25,
  dynamodbBackupGigabyteMonth: 0.2,
  kmsRequest: 0.03 * perTenThousand,
  kmsKeyMonth: 1,
  lambdaRequest: 0.2 * perMillion,
  lambdaGigabyteSecond: 0.000_013_333_4,
  httpApiRequest: 1 * perMillion,
  logGigabyte: 0.5,
  trace: 5 * perMillion,
};

/** Another store's prices to read a secret, and to store one for a month. */
export interface Peer {
  readonly name: string;
  readonly read: number;
  readonly month: number;
  readonly note: string;
}

export const peers: readonly Peer[] = [
  {
    name: "AWS Secrets Manager",
    read: 0.05 * perTenThousand,
    month: 0.4,
    note: "aws.amazon.com/secrets-manager/pricing",
  },
  {
    name: "Parameter Store, standard",
    read: prices.kmsRequest,
    month: 0,
    note: "free up to 10,000 parameters of 4 KB and 40 reads a second; a SecureString costs the KMS request that opens it",
  },
  {
    name: "Parameter Store, advanced",
    read: 0.05 * perTenThousand + prices.kmsRequest,
    month: 0.05,
    note: "aws.amazon.com/systems-manager/pricing; up to 8 KB",
  },
  {
    name: "Google Secret Manager",
    read: 0.03 * perTenThousand,
    month: 0.06,
    note: "cloud.google.com/secret-manager/pricing; for each version and location",
  },
];

/** The counted work of a call. */
export interface CallWork {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly kmsRequests: number;
  readonly databaseReads: number;
  readonly transactions: number;
  /** The function's own work, in ordinary calls. */
  readonly own: number;
}

/** The parts of a call's cost, in dollars. */
export interface CallCost {
  readonly dynamodb: number;
  readonly kms: number;
  readonly lambdaRequest: number;
  readonly lambdaTime: number;
  /** Only for calls over HTTP. */
  readonly gateway: number;
  /** For the audit line, Lambda's own lines, and the share of calls that X-Ray samples. */
  readonly logsAndTraces: number;
}

/**
 * Assumptions, because nothing here runs in the cloud: the time of a request to each service in the region (requests
 * run one after the other), and the function's own work: 1.2 ms of CPU, with 512 of the 1769 MB that give a whole CPU.
 */
export const assumed = { databaseReadMs: 5, transactionMs: 10, kmsMs: 10, ownMs: 4, memoryGigabytes: 0.5 } as const;

/** The lines that Lambda itself logs for a call: START, END and REPORT. */
const platformLogBytes = 330;

/** X-Ray's default rule samples the first request of each second, and 5 % of the others. */
const tracedShare = 0.05;

export function durationMs({ databaseReads, transactions, kmsRequests, own }: CallWork): number {
  const { databaseReadMs, transactionMs, kmsMs, ownMs } = assumed;
  return databaseReads * databaseReadMs + transactions * transactionMs + kmsRequests * kmsMs + own * ownMs;
}

export function costOf(work: CallWork, auditLineBytes: number): CallCost {
  return {
    dynamodb: work.readUnits * prices.dynamodbReadUnit + work.writeUnits * prices.dynamodbWriteUnit,
    kms: work.kmsRequests * prices.kmsRequest,
    lambdaRequest: prices.lambdaRequest,
    lambdaTime: (durationMs(work) / 1000) * assumed.memoryGigabytes * prices.lambdaGigabyteSecond,
    gateway: prices.httpApiRequest,
    logsAndTraces: ((auditLineBytes + platformLogBytes) / 1e9) * prices.logGigabyte + tracedShare * prices.trace,
  };
}

/** Without logs and traces, which depend on the deployment. */
export function directCost({ dynamodb, kms, lambdaRequest, lambdaTime }: CallCost): number {
  return dynamodb + kms + lambdaRequest + lambdaTime;
}

export function multiply(calls: number, cost: CallCost): CallCost {
  return {
    dynamodb: calls * cost.dynamodb,
    kms: calls * cost.kms,
    lambdaRequest: calls * cost.lambdaRequest,
    lambdaTime: calls * cost.lambdaTime,
    gateway: calls * cost.gateway,
    logsAndTraces: calls * cost.logsAndTraces,
  };
}

/** An average of two kinds of calls: `share` of them are the first. */
export function mixed(share: number, one: CallWork, other: CallWork): CallWork {
  const mix = (name: keyof CallWork) => share * one[name] + (1 - share) * other[name];
  return {
    readUnits: mix("readUnits"),
    writeUnits: mix("writeUnits"),
    kmsRequests: mix("kmsRequests"),
    databaseReads: mix("databaseReads"),
    transactions: mix("transactions"),
    own: mix("own"),
  };
}

/** DynamoDB adds this to every item, in a table and in an index. */
const itemOverheadBytes = 100;

/** For a secret of the sample's size, with one version of data, a project and a service account. */
export function bytesStored(): { readonly table: number; readonly indexes: number } {
  const { domain_id: domainId = {}, secret_id: secretId = {} } = secretRow;
  const nameRow: Attributes = { ...toAttributes({ name: "collector 0" }), domain_id: domainId, secret_id: secretId };
  const stored = (row: Attributes) => itemBytes(row) + itemOverheadBytes;
  return { table: stored(secretRow) + stored(nameRow) + stored(dataRow), indexes: 2 * stored(secretRow) };
}

export interface MonthlyCost {
  readonly storage: number;
  readonly backups: number;
  readonly key: number;
}

export function monthlyCost(secrets: number): MonthlyCost {
  const { table, indexes } = bytesStored();
  const gigabytes = (bytes: number) => (bytes * secrets) / 1e9;
  return {
    storage: gigabytes(table + indexes) * prices.dynamodbGigabyteMonth,
    backups: gigabytes(table) * prices.dynamodbBackupGigabyteMonth,
    key: prices.kmsKeyMonth,
  };
}
