/** The tables as this deployment uses them, for the methods that read many rows. */

import { dynamodbSecretRows } from "../store/dynamodb-secret-rows.ts";
import type { SecretRows } from "../store/secret-store.ts";
import { database } from "./database.ts";

export function secretRows(): SecretRows {
  return dynamodbSecretRows(database());
}
