/** Default quotas of an account in us-east-1, and what reads take of them. Sources: AWS's quota pages, read 2026-11-23. */

/** What reads take at a rate. */
export interface Demand {
  readonly readsPerSecond: number;
  readonly concurrency: number;
  readonly kmsPerSecond: number;
  readonly readUnitsPerSecond: number;
}

export interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly isAdjustable: boolean;
  readonly taken: (demand: Demand) => number;
}

export const quotas: readonly Quota[] = [
  {
    name: "Lambda: concurrent executions",
    limit: 1000,
    isAdjustable: true,
    taken: ({ concurrency }) => concurrency,
  },
  {
    // Ten times the concurrency, whatever the duration.
    name: "Lambda: invocations a second",
    limit: 10_000,
    isAdjustable: true,
    taken: ({ readsPerSecond }) => readsPerSecond,
  },
  {
    name: "API Gateway: requests a second",
    limit: 10_000,
    isAdjustable: true,
    taken: ({ readsPerSecond }) => readsPerSecond,
  },
  {
    name: "KMS: cryptographic requests a second",
    limit: 100_000,
    isAdjustable: true,
    taken: ({ kmsPerSecond }) => kmsPerSecond,
  },
  {
    name: "DynamoDB: read units a second of a table",
    limit: 40_000,
    isAdjustable: true,
    taken: ({ readUnitsPerSecond }) => readUnitsPerSecond,
  },
];

/** Of one partition key, which in `secret-data` is one secret and in `secrets` one domain. Nobody can raise them. */
export const partition = { readUnitsPerSecond: 3000, writeUnitsPerSecond: 1000 } as const;

/** Containers that Lambda adds to a function in 10 seconds. */
export const scalingPer10s = 1000;
