/** The tables as this deployment uses them, for the methods that work on one secret. */

import { dynamodbSecretStore } from "../store/dynamodb-secret-store.ts";
import type { SecretStore } from "../store/secret-store.ts";
import { database } from "./database.ts";

export function secretStore(): SecretStore {
  return dynamodbSecretStore(database());
}
