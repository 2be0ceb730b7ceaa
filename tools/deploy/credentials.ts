/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles. A function has its role's credentials in its
 * environment. The SDK's search in files, the metadata service and SSO would be most of a client's size.
 */

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The provider that an SDK client uses by default.
 * @throws Error on the first request, if the environment has no credentials
 */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = process.env;
    if (!(accessKeyId && secretAccessKey)) {
      throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: a function has no other credentials.");
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  };
}
