/** What a call costs, from the requests that it makes. Pure. */

import { prices } from "./prices.ts";

/** What was counted of a call. */
export interface CallWork {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly kmsRequests: number;
  readonly databaseReads: number;
  readonly transactions: number;
}

/** A call's parts in dollars. */
export interface CallCost {
  readonly dynamodb: number;
  readonly kms: number;
  readonly lambdaRequest: number;
  readonly lambdaTime: number;
  /** Only of a call that comes by HTTP. */
  readonly gateway: number;
  /** Audit line, Lambda's own lines, and the share of calls that X-Ray samples. */
  readonly logsAndTraces: number;
}

/**
 * Assumed, for there is no cloud here: how long a request to each service takes from a function in its region (one after
 * the other), and the function's own work at its share of a CPU: 1.2 ms of CPU at 512 of the 1769 MB that are a whole one.
 */
export const assumed = { databaseReadMs: 5, transactionMs: 10, kmsMs: 10, ownMs: 4, memoryGigabytes: 0.5 } as const;

/** What Lambda itself writes of a call: START, END and REPORT. */
const platformLogBytes = 330;

/** X-Ray's default rule samples the first request of each second, and 5 % of the others. */
const tracedShare = 0.05;

export function durationMs({ databaseReads, transactions, kmsRequests }: CallWork): number {
  const { databaseReadMs, transactionMs, kmsMs, ownMs } = assumed;
  return databaseReads * databaseReadMs + transactions * transactionMs + kmsRequests * kmsMs + ownMs;
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

/** Without logs and traces, which are what a deployment makes of them. */
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

/** Two kinds of calls in one: `share` of them the first. */
export function mixed(share: number, one: CallWork, other: CallWork): CallWork {
  const mix = (name: keyof CallWork) => share * one[name] + (1 - share) * other[name];
  return {
    readUnits: mix("readUnits"),
    writeUnits: mix("writeUnits"),
    kmsRequests: mix("kmsRequests"),
    databaseReads: mix("databaseReads"),
    transactions: mix("transactions"),
  };
}
