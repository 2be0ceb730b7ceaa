/** How values cross between JavaScript and DynamoDB, for every request of this folder. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/**
 * Wraps a client so that a number comes back as the double that went in: by default the SDK refuses to write one above
 * 2^53 and reads it as a bigint or not at all. A double's shortest decimal form has 17 digits, DynamoDB keeps 38.
 */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { allowImpreciseNumbers: true },
    unmarshallOptions: { wrapNumbers: Number },
  });
}
