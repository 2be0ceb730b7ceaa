/** DynamoDB as this deployment uses it. */

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Database, documentClient, type TableNames } from "../store/client.ts";
import { optionalText } from "./environment.ts";

/** Of one try, until its answer begins and between its parts: the SDK's four, with jitter, fit into an invocation. */
const timeouts = {
  connectionTimeout: 1000,
  requestTimeout: 2000,
  throwOnRequestTimeout: true,
  socketTimeout: 2000,
} as const;

/** A function is told the tables that its method uses; the others' names stay empty, and its role could not use them. */
export function database(): Database<keyof TableNames> {
  return {
    client: documentClient(new DynamoDBClient({ requestHandler: timeouts })),
    tables: {
      secrets: optionalText("SECRETS_TABLE") ?? "",
      names: optionalText("SECRET_NAMES_TABLE") ?? "",
      data: optionalText("SECRET_DATA_TABLE") ?? "",
      tokens: optionalText("CLIENT_TOKENS_TABLE") ?? "",
    },
  };
}
