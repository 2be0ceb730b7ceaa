/** What the AWS clients of the functions find in their environment on the local stack. */

import type { StackDescription } from "./stack-description.ts";

/** Nobody checks them, but an AWS client signs with some. */
export const credentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

export function awsEnvironment({
  region,
  dynamodb,
  kms,
}: Pick<StackDescription, "region" | "dynamodb" | "kms">): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_KMS: kms,
  };
}
