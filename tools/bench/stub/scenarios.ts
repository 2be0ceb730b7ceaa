/** For each function a successful call, as an event of both ways in, and the endpoint's answers for it. */

import { createSecretKey } from "node:crypto";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { JsonObject } from "../../../lib/base/json.ts";
import { seal } from "../../../lib/crypto/envelope.ts";
import type { Route } from "../../../lib/http/routes.ts";
import { contextOf } from "../../../lib/method/data-version.ts";
import type { StoredSecret } from "../../../lib/secret/secret.ts";
import { briefAttributes, toDataItem, toSecretItem } from "../../../lib/store/items.ts";
import { sampleSecret, secretData } from "../sample.ts";
import { type Attributes, toAttributes } from "./attribute-values.ts";
import type { Answers } from "./endpoint.ts";

export interface Scenario {
  readonly message: { readonly [field: string]: unknown };
  readonly answers: Answers;
}

/** The tables' names. Real names are longer, by service and stage. */
const tables = {
  SECRETS_TABLE: "secrets",
  SECRET_NAMES_TABLE: "secret-names",
  SECRET_DATA_TABLE: "secret-data",
  CLIENT_TOKENS_TABLE: "client-tokens",
  DELETED_SECRETS_TABLE: "deleted-secrets",
} as const;

/** The environment of a function, with the endpoint instead of AWS. */
export function environmentAt(dynamodbUrl: string, kmsUrl: string): { readonly [name: string]: string } {
  return {
    ...tables,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    AWS_ENDPOINT_URL_KMS: kmsUrl,
    KMS_KEY_ID: "alias/secret",
  };
}

const rowsPerPage = 20;
const secret = sampleSecret();
const id = { secret_id: secret.secret_id, domain_id: secret.domain_id };
const dataKey = Buffer.alloc(32, "data key");
/** As long as KMS's. */
const wrappedKey = Buffer.alloc(184, "wrapped key");
const keyId = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000";

/** The rows of one secret: its data, sealed as by `create`, and its metadata. */
export const dataRow: Attributes = toDataRow(secret, secretData);
export const secretRow: Attributes = toAttributes(toSecretItem(secret));

const secretRead: Answers = { [`GetItem ${tables.SECRETS_TABLE}`]: { Item: secretRow } };
const dataRead: Answers = { [`Query ${tables.SECRET_DATA_TABLE}`]: { Count: 1, ScannedCount: 1, Items: [dataRow] } };
/** The read of the data that `delete` keeps. */
const keptRead: Answers = { [`GetItem ${tables.SECRET_DATA_TABLE}`]: { Item: dataRow } };
const page: Answers = {
  [`Query ${tables.SECRETS_TABLE}`]: {
    Count: rowsPerPage,
    ScannedCount: rowsPerPage,
    Items: Array.from({ length: rowsPerPage }, (_, index) => toAttributes(toSecretItem(sampleSecret(index)))),
  },
};
const written: Answers = { TransactWriteItems: {} };
const generated: Answers = {
  GenerateDataKey: { KeyId: keyId, CiphertextBlob: toBase64(wrappedKey), Plaintext: toBase64(dataKey) },
};
const unwrapped: Answers = {
  Decrypt: { KeyId: keyId, Plaintext: toBase64(dataKey), EncryptionAlgorithm: "SYMMETRIC_DEFAULT" },
};
const group = { keys: [{ k: "provider", n: "provider" }], fields: [{ n: "secrets", o: "count" }] };

export const scenarios: { readonly [Name in Route]: Scenario } = {
  create: {
    message: {
      ...{ name: secret.name, data: secretData, secret_type: "CREDENTIALS", tags: secret.tags },
      ...{ schema: secret.schema, service_account_id: secret.service_account_id, domain_id: secret.domain_id },
    },
    answers: { ...generated, ...written },
  },
  update: { message: { ...id, tags: { environment: "staging" } }, answers: { ...secretRead, ...written } },
  delete: { message: id, answers: { ...secretRead, ...dataRead, ...keptRead, ...written } },
  "update-data": { message: { ...id, data: secretData }, answers: { ...secretRead, ...generated, ...written } },
  "get-data": { message: id, answers: { ...dataRead, ...unwrapped } },
  get: { message: id, answers: secretRead },
  list: { message: { domain_id: secret.domain_id, query: { page: { limit: rowsPerPage } } }, answers: page },
  stat: { message: { domain_id: secret.domain_id, query: { aggregate: [{ group }] } }, answers: page },
};

const small = { user: "collector", password: "je7MtGbClwBF/2Zp9Utk" };
const smallSecrets = Array.from({ length: 50 }, (_, index) => sampleSecret(index));
const smallRows = smallSecrets.map((one) => toDataRow(one, small));

/** `get_data` of one small secret, and of fifty in one call. */
export const smallReads: { readonly one: Scenario; readonly fifty: Scenario } = {
  one: {
    message: id,
    answers: {
      [`Query ${tables.SECRET_DATA_TABLE}`]: { Count: 1, ScannedCount: 1, Items: smallRows.slice(0, 1) },
      ...unwrapped,
    },
  },
  fifty: {
    message: { domain_id: secret.domain_id, items: smallSecrets.map(({ secret_id }) => ({ secret_id })) },
    answers: {
      ...batch(
        tables.SECRETS_TABLE,
        smallSecrets.map((one) => pick(toAttributes(toSecretItem(one)), briefAttributes)),
      ),
      ...batch(tables.SECRET_DATA_TABLE, smallRows),
      ...unwrapped,
    },
  },
};

function pick(row: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

function batch(table: string, rows: readonly Attributes[]): Answers {
  return { [`BatchGetItem ${table}`]: { Responses: { [table]: rows }, UnprocessedKeys: {} } };
}

/** The row of a secret's data. */
function toDataRow(
  { domain_id: domainId, secret_id: secretId, created_at: createdAt }: StoredSecret,
  data: JsonObject,
): Attributes {
  const version = { domainId, secretId, version: 1, trustedSecretId: null };
  const key = { key: createSecretKey(dataKey), wrappedKey, keyId };
  const sealed = seal(Buffer.from(JSON.stringify(data)), key, contextOf(version));
  return toAttributes(toDataItem({ ...version, ...sealed, createdAt }));
}

function toBase64(bytes: Buffer): string {
  return bytes.toString("base64");
}

export interface Caller {
  readonly domainId: string;
  /** Absent: all projects. */
  readonly projects?: readonly string[];
}

type Message = { readonly [field: string]: unknown };

/** An event of API Gateway (payload format 2.0) for a caller with all scopes. */
export function httpEvent(route: Route, message: Message, { domainId, projects }: Caller): APIGatewayProxyEventV2 {
  const path = `/secret/v1/secret/${route}`;
  const body = JSON.stringify(message);
  const claims = {
    ...{ iss: "https://issuer.example.com", sub: "user-1", aud: "secret", exp: "1893456000", iat: "1893452400" },
    ...{ scope: "secret:read secret:write secret:data", domain_id: domainId },
    ...(projects !== undefined && { projects: `[${projects.join(" ")}]` }),
  };
  const requestContext = {
    ...{ accountId: "000000000000", apiId: "api", domainName: "api.example.com", domainPrefix: "api" },
    ...{ requestId: "JKJaXmPLvHcESHA=", routeKey: `POST ${path}`, stage: "$default" },
    ...{ time: "02/Jan/2026:03:04:05 +0000", timeEpoch: 1_767_323_045_678 },
    authorizer: { jwt: { claims, scopes: null } },
    http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "bench" },
  };
  const headers = {
    ...{ accept: "*/*", "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) },
    ...{ authorization: "Bearer …", host: "api.example.com", "user-agent": "bench", "x-forwarded-proto": "https" },
  };
  // The type has no authorizer.
  const event = {
    version: "2.0",
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext,
  };
  return { ...event, body, isBase64Encoded: false } as APIGatewayProxyEventV2;
}

export const context = {
  awsRequestId: "8f5e0f4c-4f3c-4a52-9f3c-0d4a5f5b6c7d",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:secret-bench",
  getRemainingTimeInMillis: () => 29_000,
} as Context;
