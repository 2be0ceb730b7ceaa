/**
 * Builds the ports from the environment. Each has a function of its own, so that a bundle holds only the ports and AWS
 * clients that its handler uses (test/tools/bundle).
 */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { DataKeyCache } from "../crypto/data-key-cache.ts";
import type { KeyService } from "../crypto/key-service.ts";
import { KmsKeyService } from "../crypto/kms-key-service.ts";
import { HttpIdentityService, type IdentityService } from "../identity/identity.ts";
import { type Database, documentClient } from "../store/client.ts";
import { dynamodbBatchReads } from "../store/dynamodb-batch-reads.ts";
import { dynamodbDeletes } from "../store/dynamodb-deletes.ts";
import { dynamodbSecretReads } from "../store/dynamodb-secret-reads.ts";
import { dynamodbSecretRows } from "../store/dynamodb-secret-rows.ts";
import { dynamodbAdditions, dynamodbChanges, dynamodbCreates } from "../store/dynamodb-secret-store.ts";
import type { BatchReads, SecretReads, SecretRows, SecretStore } from "../store/secret-store.ts";
import { optionalText, optionalUrl, requiredText, wholeNumber } from "./environment.ts";

/**
 * For each attempt of an AWS client, until its answer begins and between parts of it. The SDK's three or four attempts
 * fit into an invocation.
 */
const timeouts = {
  connectionTimeout: 1000,
  requestTimeout: 2000,
  throwOnRequestTimeout: true,
  socketTimeout: 2000,
} as const;

/** A cached key takes a few hundred bytes, so this many take far less memory than one answer. */
const maxCachedKeys = 1000;

/** The timeout of one request to the identity service. */
const identityTimeoutMs = 1500;

/** Wraps new data keys under the deployment's key. */
export function keyService(): KeyService {
  return new KmsKeyService(kmsClient(), requiredText("KMS_KEY_ID"));
}

/** Unwraps data keys, and keeps them in memory for DATA_KEY_CACHE_SECONDS (0: not at all). */
export function cachedKeyService(): Pick<KeyService, "unwrapDataKey"> {
  const seconds = wholeNumber("DATA_KEY_CACHE_SECONDS", { min: 0, max: 3600, unset: 300 });
  // No key id, because it wraps nothing.
  const keys = new KmsKeyService(kmsClient(), "");
  if (seconds === 0) return keys;
  return new DataKeyCache(keys, { maxAgeMs: seconds * 1000, maxKeys: maxCachedKeys, now: Date.now });
}

/** `null` if the deployment names no identity service. */
export function identity(): IdentityService | null {
  const url = optionalUrl("IDENTITY_URL");
  if (url === null) return null;
  const token = optionalText("IDENTITY_TOKEN");
  return new HttpIdentityService({ url, timeoutMs: identityTimeoutMs, ...(token !== null && { token }) });
}

/** For get. */
export function secretReads(): SecretReads {
  return dynamodbSecretReads(database());
}

/** For get_data. */
export function dataReads(): SecretReads & BatchReads {
  const tables = database();
  return { ...dynamodbSecretReads(tables), ...dynamodbBatchReads(tables) };
}

/** For list and stat. */
export function secretRows(): SecretRows {
  return dynamodbSecretRows(database());
}

/** For create. */
export function secretCreates(): Pick<SecretStore, "createSecret" | "findToken"> {
  return dynamodbCreates(database());
}

/** For update. */
export function secretChanges(): Pick<SecretStore, "findSecret" | "changeSecret"> {
  const tables = database();
  return { ...dynamodbSecretReads(tables), ...dynamodbChanges(tables) };
}

/** For update_data. */
export function dataAdditions(): Pick<SecretStore, "findSecret" | "addData" | "findToken"> {
  const tables = database();
  return { ...dynamodbSecretReads(tables), ...dynamodbAdditions(tables) };
}

/** For delete. */
export function secretDeletes(): Pick<SecretStore, "findSecret" | "deleteSecret"> {
  const tables = database();
  return { ...dynamodbSecretReads(tables), ...dynamodbDeletes(tables) };
}

function kmsClient(): KMSClient {
  return new KMSClient({ requestHandler: timeouts });
}

/** A function knows only the tables that its method uses. The other names are empty; its role has no right to them. */
function database(): Database {
  return {
    client: documentClient(new DynamoDBClient({ requestHandler: timeouts })),
    tables: {
      secrets: optionalText("SECRETS_TABLE") ?? "",
      names: optionalText("SECRET_NAMES_TABLE") ?? "",
      data: optionalText("SECRET_DATA_TABLE") ?? "",
      tokens: optionalText("CLIENT_TOKENS_TABLE") ?? "",
      deleted: optionalText("DELETED_SECRETS_TABLE") ?? "",
    },
  };
}
