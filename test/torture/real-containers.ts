/** Containers on DynamoDB Local and the local KMS, each behind its own proxies, which fail at random. */

import { setTimeout } from "node:timers/promises";
import { KMSClient } from "@aws-sdk/client-kms";
import { DataKeyCache } from "../../lib/crypto/data-key-cache.ts";
import type { KeyService } from "../../lib/crypto/key-service.ts";
import { KmsKeyService } from "../../lib/crypto/kms-key-service.ts";
import { documentClient } from "../../lib/store/client.ts";
import { dynamodbSecretRows } from "../../lib/store/dynamodb-secret-rows.ts";
import { dynamodbSecretStore } from "../../lib/store/dynamodb-secret-store.ts";
import { dynamodbClient, type LocalDatabase } from "../../tools/local/database.ts";
import { startParts } from "../../tools/local/parts.ts";
import { undelete } from "../../tools/ops/undeletion/undelete.ts";
import { cancelled, type Fate, FaultProxy, failure, type ProxiedRequest } from "../store/fault-proxy.ts";
import { type Container, endpointsOn } from "./container.ts";
import type { Random } from "./random.ts";

export interface Backends {
  readonly database: LocalDatabase;
  newContainer(): Promise<Container>;
  close(): Promise<void>;
}

/** Limits hanging requests, so that they do not delay a run. */
const requestHandler = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true } as const;

const credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** The fates of a thousand requests. */
const fates = {
  serve: 880,
  delay: 80,
  throttle: 10,
  "server-error": 8,
  "lose-request": 6,
  "lose-answer": 8,
  "cut-answer": 3,
  hang: 1,
  "hang-answer": 2,
  conflict: 2,
} as const;

const longestDelayMs = 15;

function chooseFate(random: Random, request: ProxiedRequest): Fate {
  const fate = random.weighted(fates);
  switch (fate) {
    case "delay":
      return { delayMs: random.below(longestDelayMs) };
    case "throttle":
      return failure("ThrottlingException");
    case "server-error":
      return failure("InternalServerError", { status: 500 });
    case "conflict": {
      const items = request.body["TransactItems"];
      return Array.isArray(items) ? cancelled(...items.map(() => "TransactionConflict")) : "serve";
    }
    default:
      return fate;
  }
}

export async function startBackends(): Promise<Backends> {
  const parts = await startParts();
  const { database, kms } = parts;
  const closing: (() => Promise<void>)[] = [];

  const newContainer = async (): Promise<Container> => {
    const proxies = [await new FaultProxy(database.url).start(), await new FaultProxy(kms.url).start()] as const;
    closing.push(...proxies.map((proxy) => async () => await proxy.close()));
    const [toDynamoDb, toKms] = proxies;
    const client = documentClient(dynamodbClient(toDynamoDb.url, { requestHandler }));
    const kmsClient = new KMSClient({ endpoint: toKms.url, region: "us-east-1", credentials, requestHandler });
    const ports = { client, tables: database.tables };
    const endpoints = endpointsOn({
      secrets: dynamodbSecretStore(ports),
      rows: dynamodbSecretRows(ports),
      keys: caching(new KmsKeyService(kmsClient, kms.keyId)),
    });
    return {
      endpoints,
      undelete: async (request) => await undelete(ports, request),
      misbehave(random) {
        for (const proxy of proxies) {
          proxy.requests = [];
          const own = random?.fork();
          proxy.otherwise = own === undefined ? "serve" : (request) => chooseFate(own, request);
        }
      },
      async settle() {
        while (proxies.some(({ underWay }) => underWay > 0)) await setTimeout(5);
      },
    };
  };

  const close = async () => {
    await Promise.all(closing.map(async (closeOne) => await closeOne()));
    await parts.close();
  };
  return { database, newContainer, close };
}

/** Caches data keys as get-data's containers do. */
function caching(keys: KeyService): KeyService {
  const cache = new DataKeyCache(keys, { maxAgeMs: 60_000, maxKeys: 100, now: Date.now });
  return {
    generateDataKey: async (context, options) => await keys.generateDataKey(context, options),
    unwrapDataKey: async (wrappedKey, context, options) => await cache.unwrapDataKey(wrappedKey, context, options),
  };
}
