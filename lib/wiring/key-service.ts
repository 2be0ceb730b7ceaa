/** KMS as this deployment uses it. */

import { KMSClient } from "@aws-sdk/client-kms";
import { DataKeyCache } from "../crypto/data-key-cache.ts";
import type { KeyService } from "../crypto/key-service.ts";
import { KmsKeyService } from "../crypto/kms-key-service.ts";
import { requiredText, wholeNumber } from "./environment.ts";

/** Memory for a cached key is some hundred bytes: this many are far less than one answer. */
const maxCachedKeys = 1000;

/** Of one try, until its answer begins and between its parts; the SDK tries three times, with jitter. */
const timeouts = {
  connectionTimeout: 1000,
  requestTimeout: 2000,
  throwOnRequestTimeout: true,
  socketTimeout: 2000,
} as const;

/** Wraps new data keys under the deployment's key. */
export function keyService(): KeyService {
  return new KmsKeyService(client(), requiredText("KMS_KEY_ID"));
}

/** Unwraps data keys; keeps them in memory for DATA_KEY_CACHE_SECONDS, not at all for 0. */
export function cachedKeyService(): Pick<KeyService, "unwrapDataKey"> {
  const seconds = wholeNumber("DATA_KEY_CACHE_SECONDS", { min: 0, max: 3600, unset: 300 });
  // Names no key: it wraps nothing.
  const keys = new KmsKeyService(client(), "");
  if (seconds === 0) return keys;
  return new DataKeyCache(keys, { maxAgeMs: seconds * 1000, maxKeys: maxCachedKeys, now: Date.now });
}

function client(): KMSClient {
  return new KMSClient({ requestHandler: timeouts });
}
