/** List prices in US dollars, us-east-1, beyond free tiers, and where they were read. */

/** When they were read. A price changes here and nowhere else. */
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
export const prices: { readonly [Name in PriceName]: number } = {
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

/** What others take to read a secret, and to hold one for a month. */
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
