/** A database and a KMS for tests and measurements, and the environment variables that name them. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableVariables } from "../deploy/tables.ts";
import { type LocalDatabase, startDatabase } from "./database.ts";
import { type LocalKms, startKms } from "./kms/server.ts";

export interface LocalParts {
  readonly database: LocalDatabase;
  readonly kms: LocalKms;
  /** Environment variables for a function that uses these parts. */
  readonly environment: { readonly [variable: string]: string };
  close(): Promise<void>;
}

/** Creates tables and a key, on free ports. */
export async function startParts(): Promise<LocalParts> {
  const dir = mkdtempSync(join(tmpdir(), "kms-"));
  const [database, kms] = await Promise.all([startDatabase(), startKms({ dir })]);
  return {
    database,
    kms,
    environment: {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_DYNAMODB: database.url,
      AWS_ENDPOINT_URL_KMS: kms.url,
      KMS_KEY_ID: kms.keyId,
      ...tableVariables(database.tables),
    },
    async close() {
      await Promise.all([database.close(), kms.close()]);
      rmSync(dir, { recursive: true });
    },
  };
}
