/** The tables as this deployment uses them, for the methods that only read one secret. */

import { dynamodbSecretReads } from "../store/dynamodb-secret-reads.ts";
import type { SecretReads } from "../store/secret-store.ts";
import { database } from "./database.ts";

export function secretReads(): SecretReads {
  return dynamodbSecretReads(database());
}
